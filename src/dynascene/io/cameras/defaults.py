"""Values for what a camera file leaves open, and the notice of what was assumed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_from_fov, intrinsics_matrix
from dynascene.types import Size

Notice = Callable[[str], None]

DEFAULT_SIZE = Size(1280, 720)
NO_SIZE = "stores no frame size"  # how every notice of an assumed size begins, after the path
LONGEST_SIDE = 1_000_000  # pixels of a frame
SQUARE_TOLERANCE = 0.01  # relative; printed intrinsics of five digits stay well below


class Sensor(NamedTuple):
    """Width and height of a film back in millimetres."""

    width: float
    height: float


@dataclass(frozen=True)
class CameraDefaults:
    """Values for what a file does not store. They never override what it stores.

    Attributes:
        size: frame size in pixels.
        fov: horizontal field of view in degrees, between 0 and 180.
        rotation_order: order of a .chan file's rotations, such as "ZXY"; None: unknown.
        sensor: film back of a .chan file's vertical field of view; None: unknown.
        frame_rate: of the clip; places the lines of a TUM file by their seconds. None: its lines
            are frames.

    Raises:
        InputError: a value is out of range.
    """

    size: Size = DEFAULT_SIZE
    fov: float = 60.0
    rotation_order: str | None = None
    sensor: Sensor | None = None
    frame_rate: float | None = None

    def __post_init__(self) -> None:
        if not 1 <= min(self.size) <= max(self.size) <= LONGEST_SIDE:
            raise InputError(f"frame size {self.size}: give pixels such as 1280x720")
        if not 1 <= self.fov <= 170:
            raise InputError(f"field of view {self.fov:g}: give degrees between 1 and 170")
        if self.frame_rate is not None and not 0.01 <= self.frame_rate <= 100_000:
            raise InputError(f"`frame_rate` {self.frame_rate:g}: give frames a second, such as 24")
        if self.rotation_order is not None and sorted(self.rotation_order) != ["X", "Y", "Z"]:
            raise InputError(
                f"rotation order {self.rotation_order!r}: give the letters X, Y and Z once each, "
                "such as ZXY"
            )
        if self.sensor is not None and not 0.01 <= min(self.sensor) <= max(self.sensor) <= 1e4:
            raise InputError(f"sensor {self.sensor}: give millimetres, such as 36x24")


def assume_view(path: Path, frames: int, defaults: CameraDefaults, notice: Notice) -> Tensor:
    """Intrinsics [F, 3, 3] from the defaults, for a file with poses only; with a notice."""
    notice(
        f"{path}: {NO_SIZE} and no intrinsics; assuming {defaults.size} "
        f"and a horizontal field of view of {defaults.fov:g} degrees"
    )
    return intrinsics_from_fov(defaults.fov, defaults.size).expand(frames, 3, 3)


def assume_size(path: Path, defaults: CameraDefaults, notice: Notice) -> None:
    """Notice that the frame size is assumed, for intrinsics that hold for any size."""
    notice(f"{path}: {NO_SIZE}; assuming {defaults.size}")


def pixels_from_normalised(
    normalised: Tensor, path: Path, defaults: CameraDefaults, notice: Notice
) -> Tensor:
    """Intrinsics in pixels from shares of width and height.

    A wrong frame shape makes pixels that are not square; the notice then names the shape that the
    file was made for.

    Args:
        normalised: [F, 4], fx, fy, cx, cy as shares of width and height.
        path: of the file, for the notice.
        defaults: the frame size.
        notice: called with one line.

    Returns:
        [F, 3, 3].
    """
    width, height = defaults.size
    aspect = (normalised[0, 1] / normalised[0, 0]).item()  # width : height for square pixels
    line = f"{path}: {NO_SIZE}; assuming {defaults.size}"
    if abs(aspect * height / width - 1) > SQUARE_TOLERANCE:
        shape = Fraction(aspect).limit_denominator(32)
        line += (
            ", which makes the pixels non-square: the intrinsics fit a frame of "
            f"{shape.numerator}:{shape.denominator}"
        )
    notice(line)
    scale = torch.tensor([width, height, width, height], dtype=torch.float64)
    return torch.stack([intrinsics_matrix(*row) for row in (normalised * scale).tolist()])
