"""Scene variation (SV): another view of a place, from a picture of it and nobody's frames.

The image task belongs to stage I, the video task to stage II.
"""

from dataclasses import replace

import numpy as np

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.tasks.people import DILATION, person_region, without_person
from dynascene.datasets.tasks.pieces import one_frame, other_frame, training_cameras
from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.imaging.pixels import mask_like, unit_values


def video_variation(
    clip: FilmedClip, rng: np.random.Generator, *, dilation: float = DILATION
) -> TrainingSample:
    """The piece is the target, another frame of the clip the scene; everything is generated.

    Matte and foreground are 0. People are taken out of the scene picture, and their surroundings
    in the target out of the loss: the paper's clips for this task have none.
    """
    other = other_frame(clip, rng)
    scene, visibility = without_person(other.picture, other.matte, dilation)
    cameras, scene_camera = training_cameras(clip, other.camera)
    return TrainingSample(
        task="video_variation",
        video=clip.video,
        matte=clip.matte.new_zeros(clip.matte.shape),
        has_foreground=False,
        scene_image=scene,
        scene_visibility=visibility,
        cam_from_world=cameras.cam_from_world,
        intrinsics=cameras.intrinsics,
        loss_mask=mask_like(~person_region(unit_values(clip.matte), dilation), clip.matte),
        scene_camera=scene_camera,
        has_camera=clip.has_camera,
        inputs=clip.inputs,
    )


def image_variation(
    clip: FilmedClip, rng: np.random.Generator, *, dilation: float = DILATION
) -> TrainingSample:
    """``video_variation`` of one random frame of the piece."""
    sample = video_variation(one_frame(clip, rng), rng, dilation=dilation)
    return replace(sample, task="image_variation")
