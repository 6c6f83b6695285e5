"""A picture continued beyond its borders: one frame of a camera that stands where it was taken.

The picture is the scene; a still camera of the same focal length and a larger frame looks at it, a
generator makes that frame, and the picture's own pixels are put back bit by bit.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch

from dynascene.errors import InputError
from dynascene.estimators.horizon import estimate_horizon
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.generate import generate
from dynascene.geometry.framing import Framing
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.lifting import lift_to_stage
from dynascene.geometry.picture import PictureCamera
from dynascene.imaging.pixels import tensor_from_bytes
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.types import CameraTrack, Shot, Size

WIDEST = 150.0  # degrees of the finished picture: a pinhole shows no more without tearing


class Offset(NamedTuple):
    """Where the given pixels lie in the finished picture: column and row of the first one."""

    left: int
    top: int


def part_to_keep(size: Size, keep: float) -> tuple[Offset, Size]:
    """The middle part of a picture that is ``keep`` of its area, in its own shape.

    Raises InputError unless 0 < keep < 1 and something is left to keep and to paint.
    """
    if not 0 < keep < 1:
        raise InputError(f"`keep` {keep:g}: expected a share of the area between 0 and 1")
    side = keep**0.5
    part = Size(round(size.width * side), round(size.height * side))
    if min(part) < 16:
        raise InputError(f"`keep` {keep:g}: leaves {part} of {size}, too small to continue")
    if part == size:
        raise InputError(f"`keep` {keep:g}: leaves nothing of {size} to paint")
    return centred(part, size), part


def centred(part: Size, whole: Size) -> Offset:
    """Where a part lies in the middle of a whole."""
    return Offset((whole.width - part.width) // 2, (whole.height - part.height) // 2)


def outpaint(
    picture: np.ndarray,
    size: Size,
    focal: float,
    options: GenerationOptions | None = None,
    horizon: float | None = None,
) -> np.ndarray:
    """Continue a picture, uint8 [h, w, 3], to ``size`` around its middle: uint8 [H, W, 3].

    focal: of the picture, pixels. horizon: its row in the picture from the top, pixels; None =
    estimated.

    Raises InputError when the size is smaller than the picture, or so large that no camera sees it.
    """
    own = Size(picture.shape[1], picture.shape[0])
    if size.width < own.width or size.height < own.height or size == own:
        raise InputError(f"`size` {size}: the picture is {own}; give a larger size to paint around")
    _check_view(size, focal)
    if horizon is None:
        horizon = estimate_horizon(picture, focal).row
    camera = PictureCamera(focal, own, horizon)
    scene = lift_to_stage(tensor_from_bytes(picture), camera)
    place = centred(own, size)
    # the picture's middle, so that its pixels fall on pixels of the finished one
    middle = place.left + own.width / 2, place.top + own.height / 2
    still = CameraTrack(
        torch.eye(4, dtype=torch.float64)[None],
        intrinsics_matrix(focal, focal, *middle)[None],
        size,
    )
    shot = Shot(None, None, still, DEFAULT_FRAME_RATE)
    looking = replace(options or GenerationOptions(), size=None, framing=Framing(0.0, camera.pitch))
    painted = next(iter(generate(shot, scene, looking).frames())).background.copy()
    painted[place.top : place.top + own.height, place.left : place.left + own.width] = picture
    return painted


def _check_view(size: Size, focal: float) -> None:
    widest = np.degrees(2 * np.arctan(max(size) / 2 / focal))
    if widest > WIDEST:
        raise InputError(
            f"`size` {size}: would see {widest:.0f} degrees, at most {WIDEST:.0f} are possible; "
            "make it smaller, or give the picture's true field of view with `scene_fov`"
        )
