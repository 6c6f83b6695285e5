"""Checks for formats that store one focal length per frame."""

from pathlib import Path

from torch import Tensor

from dynascene.errors import InputError
from dynascene.io.cameras.defaults import SQUARE_TOLERANCE
from dynascene.types import CameraTrack


def square_focal(track: CameraTrack, path: Path, what: str) -> Tensor:
    """The focal length of each frame in pixels, [F].

    Raises:
        InputError: pixels are not square, mostly because of a wrong frame size.
    """
    fx, fy = track.intrinsics[:, 0, 0], track.intrinsics[:, 1, 1]
    ratio = fx / fy
    if (ratio - 1).abs().max() > SQUARE_TOLERANCE:
        raise InputError(
            f"{path}: {what} stores square pixels only, and here fx / fy is {ratio[0].item():.3g}; "
            "give the video's own size with `size`"
        )
    return fx
