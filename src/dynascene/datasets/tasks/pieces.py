"""What tasks take out of a clip: one frame of the piece, another frame, the cameras of training.

F frames of the piece, S other frames, H W pixels.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.scale_jitter import clip_jitter
from dynascene.errors import InputError
from dynascene.geometry.tracks import assumed_scale, in_track_units
from dynascene.imaging.pixels import signed_values, unit_values
from dynascene.types import CameraTrack


class OtherFrame(NamedTuple):
    """A frame that shows the place to a piece.

    Args:
        picture: [3, H, W] in −1 … 1.
        matte: [1, H, W] in 0 … 1.
        camera: of that one frame, in the world of the piece's cameras; None where it is unknown.
    """

    picture: Tensor
    matte: Tensor
    camera: CameraTrack | None


class TrainingCameras(NamedTuple):
    """Of the piece, and of the scene picture in the same world and unit."""

    track: CameraTrack
    scene: CameraTrack | None


def one_frame(
    clip: FilmedClip, rng: np.random.Generator, among: Sequence[int] | None = None
) -> FilmedClip:
    """A random frame of the piece as a piece of its own; one of ``among`` where that is given."""
    i = int(rng.choice(np.arange(len(clip.video)) if among is None else among))
    return replace(
        clip,
        video=clip.video[i : i + 1],
        matte=clip.matte[i : i + 1],
        cameras=clip.cameras[i : i + 1],
        inputs={name: values[i : i + 1] for name, values in clip.inputs.items()},
    )


def other_frame(clip: FilmedClip, rng: np.random.Generator) -> OtherFrame:
    """A random one of ``others``.

    Frames that the piece holds too are left out as long as there are different ones: short clips
    repeat themselves, and the scene picture must not be the answer.
    """
    new = [j for j, other in enumerate(clip.others) if not _holds(clip.video, other)]
    j = int(rng.choice(new or np.arange(len(clip.others))))
    cameras = clip.others_cameras
    camera = None if cameras is None else cameras[j : j + 1]
    return OtherFrame(signed_values(clip.others[j]), unit_values(clip.others_matte[j]), camera)


def camera_of(clip: FilmedClip, index: int) -> CameraTrack | None:
    """The camera of a frame, counted through the piece and then ``others``; None = unknown."""
    cameras = clip.cameras
    if clip.others_cameras is not None:
        cameras = _join(cameras, clip.others_cameras)
    return cameras[index : index + 1] if index < len(cameras) else None


def _holds(video: Tensor, frame: Tensor) -> bool:
    return any(torch.equal(own, frame) for own in video)


def frames_with_person(clip: FilmedClip) -> list[int]:
    """The frames of the piece in which somebody is seen.

    Raises:
        InputError: there are none.
    """
    frames = clip.person_frames
    if not frames:
        raise InputError(
            f"clip {clip.name}: nobody is in these frames, and this task needs a person; "
            "give the clip a matte, or train outpainting and scene variation on it"
        )
    return frames


def training_cameras(clip: FilmedClip, scene: CameraTrack | None = None) -> TrainingCameras:
    """Cameras as the network gets them: from the first frame, in track units.

    The unit of length of most clips is only roughly known in training, as it is in sampling. It is
    one for all pieces of a clip, and so is the random factor that makes it rough: a piece of which
    more is travelled in as many frames is faster. A camera whose position only scatters about one
    point turns in place, and so does the scene picture's.

    Args:
        scene: the scene picture's camera, in the world of the clip's.
    """
    frames = len(clip.cameras)
    track = clip.cameras if scene is None else _join(clip.cameras, scene)
    scale = 1.0
    if not clip.in_track_units:
        scale = clip.track_scale
        if scale is None:  # one frame alone shows no travel
            scale = assumed_scale(track if frames == 1 else track[:frames])
        scale *= clip_jitter(clip.name)
    track = in_track_units(track, scale)
    return TrainingCameras(track[:frames], None if scene is None else track[frames:])


def _join(a: CameraTrack, b: CameraTrack) -> CameraTrack:
    poses = torch.cat([a.cam_from_world, b.cam_from_world])
    return CameraTrack(poses, torch.cat([a.intrinsics, b.intrinsics]), a.size)
