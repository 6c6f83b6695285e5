"""What tasks take out of a clip: one frame of the piece, another frame, the cameras as told.

F frames of the piece, S other frames, H W pixels.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.synthetic.camera_paths import jitter_scale
from dynascene.errors import InputError
from dynascene.geometry.tracks import (
    EXTENT_WHERE_UNKNOWN,
    extent,
    path_length,
    relative_track,
    scale_track,
    turning_only,
)
from dynascene.types import CameraTrack

# A camera that goes somewhere gets at least so far for the length of its path (synthetic tracks
# and RealEstate10K: 0.26 and more); the scattered estimates of a standing one do not (under 0.25
# from 12 frames on). geometry.tracks.travels judges whole clips and takes short pieces for scatter.
LEAST_REACH = 0.25


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
    )


def other_frame(clip: FilmedClip, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """A random one of ``others`` with its matte: [3, H, W], [1, H, W].

    Frames that the piece holds too are left out as long as there are different ones: short clips
    repeat themselves, and the scene picture must not be the answer.
    """
    new = [j for j, other in enumerate(clip.others) if not _holds(clip.video, other)]
    j = int(rng.choice(new or np.arange(len(clip.others))))
    return clip.others[j], clip.others_matte[j]


def _holds(video: Tensor, frame: Tensor) -> bool:
    return any(torch.equal(own, frame) for own in video)


def frames_with_person(clip: FilmedClip) -> list[int]:
    """The frames of the piece in which somebody is seen. Raises InputError when there are none."""
    found = torch.any(clip.matte.flatten(1) > 0, dim=1).nonzero()[:, 0].tolist()
    if not found:
        raise InputError(
            f"clip {clip.name}: nobody is in these frames, and this task needs a person; "
            "give the clip a matte, or train outpainting and scene variation on it"
        )
    return found


def told_cameras(cameras: CameraTrack, rng: np.random.Generator) -> CameraTrack:
    """Cameras as the network is told them: from the first frame, in track units.

    The unit is known no better in training than in sampling: the farthest camera is
    EXTENT_WHERE_UNKNOWN from the first, times a random factor. A camera whose position only
    scatters about one point turns in place.
    """
    track = relative_track(cameras)
    if extent(track) <= LEAST_REACH * path_length(track):
        return turning_only(track)
    return jitter_scale(scale_track(track, EXTENT_WHERE_UNKNOWN / extent(track)), rng)
