"""Background generation (BG): the person's frames in the place that another picture shows.

The image task belongs to stage I, the video task to stage II, and so does ABIA, the same with
another light in the scene picture. ActAnywhere trains the video task with a condition frame.
"""

from dataclasses import replace

import numpy as np
import torch

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.tasks.illumination import LightRanges, adjust_illumination
from dynascene.datasets.tasks.people import DILATION, without_person
from dynascene.datasets.tasks.pieces import (
    OtherFrame,
    camera_of,
    frames_with_person,
    one_frame,
    other_frame,
    training_cameras,
)
from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.imaging.pixels import mask_like, signed_values, unit_values


def video_background(
    clip: FilmedClip, rng: np.random.Generator, *, dilation: float = DILATION
) -> TrainingSample:
    """The piece is the target, its person the foreground, another frame of the clip the scene.

    The person is taken out of the scene picture.

    Raises:
        InputError: nobody is in the piece.
    """
    frames_with_person(clip)
    return _in_scene("video_background", clip, other_frame(clip, rng), rng, dilation)


def image_background(
    clip: FilmedClip, rng: np.random.Generator, *, dilation: float = DILATION
) -> TrainingSample:
    """``video_background`` of one random frame of the piece, of those with a person in it."""
    piece = one_frame(clip, rng, frames_with_person(clip))
    sample = video_background(piece, rng, dilation=dilation)
    return replace(sample, task="image_background")


def illumination(
    clip: FilmedClip,
    rng: np.random.Generator,
    *,
    dilation: float = DILATION,
    ranges: LightRanges | None = None,
) -> TrainingSample:
    """Adaptive background illumination adjustment (ABIA): ``video_background`` with another light
    in the scene picture, so that the network learns to take the light from the person."""
    sample = adjust_illumination(video_background(clip, rng, dilation=dilation), rng, ranges)
    return replace(sample, task="illumination")


def condition_frame(
    clip: FilmedClip,
    rng: np.random.Generator,
    *,
    composite_share: float = 0.5,
    dilation: float = DILATION,
) -> TrainingSample:
    """ActAnywhere's task: a random frame of the clip, one of the piece included, is the condition.

    Args:
        composite_share: how often the condition is a full frame, with the person; else it is the
            place alone, the person taken out.

    Raises:
        InputError: nobody is in the piece.
    """
    frames_with_person(clip)
    frames = len(clip.video)
    i = int(rng.integers(frames + len(clip.others)))
    own = i < frames
    picture = signed_values(clip.video[i] if own else clip.others[i - frames])
    matte = unit_values(clip.matte[i] if own else clip.others_matte[i - frames])
    if rng.random() < composite_share:
        matte = torch.zeros_like(matte)
    # ActAnywhere reads no camera; another system that trains on this task is told the frame's own
    scene = OtherFrame(picture, matte, camera_of(clip, i))
    return _in_scene("condition_frame", clip, scene, rng, dilation)


def _in_scene(
    task: str, clip: FilmedClip, scene: OtherFrame, rng: np.random.Generator, dilation: float
) -> TrainingSample:
    """The whole piece with its person; the scene picture without them."""
    cameras, scene_camera = training_cameras(clip, scene.camera)
    picture, visibility = without_person(scene.picture, scene.matte, dilation)
    return TrainingSample(
        task=task,
        video=clip.video,
        matte=clip.matte,
        has_foreground=True,
        scene_image=picture,
        scene_visibility=visibility,
        cam_from_world=cameras.cam_from_world,
        intrinsics=cameras.intrinsics,
        loss_mask=mask_like(torch.ones_like(clip.matte, dtype=torch.bool), clip.matte),
        scene_camera=scene_camera,
        has_camera=clip.has_camera,
        inputs=clip.inputs,
    )
