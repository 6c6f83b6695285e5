"""The lens of a track as programs with a film back describe it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from torch import Tensor

from dynascene.io.cameras.defaults import CameraDefaults
from dynascene.types import CameraTrack

FILM_BACK = 36.0  # millimetres across, where nothing else is asked for
FRAME_RATE = 24.0
FIRST_FRAME = 1  # of every file that is written here


@dataclass(frozen=True)
class FilmedLens:
    """Millimetres, [F] each.

    Attributes:
        film_back: width of the film back, the same in all frames.
        focal: focal length.
        height: of the part of the film back that the frame shows; with square pixels the width in
            the shape of the frame.
        right, up: how far the frame's middle lies right of the optical axis, and above it.
    """

    film_back: float
    focal: Tensor
    height: Tensor
    right: Tensor
    up: Tensor


def lens_of(track: CameraTrack, defaults: CameraDefaults) -> FilmedLens:
    """The lens of a track on a film back as wide as the sensor of the defaults."""
    width, height = track.size
    film_back = defaults.sensor.width if defaults.sensor else FILM_BACK
    fx, fy = track.intrinsics[:, 0, 0], track.intrinsics[:, 1, 1]
    cx, cy = track.intrinsics[:, 0, 2], track.intrinsics[:, 1, 2]
    focal = fx / width * film_back
    return FilmedLens(
        film_back=film_back,
        focal=focal,
        height=height / fy * focal,
        right=(width / 2 - cx) / fx * focal,
        up=(cy - height / 2) / fy * focal,
    )


def frame_rate_of(defaults: CameraDefaults) -> float:
    """Frames a second."""
    return defaults.frame_rate or FRAME_RATE


def exact_frame_rate(defaults: CameraDefaults) -> Fraction:
    """Frames a second as a fraction, such as 30000/1001."""
    return Fraction(frame_rate_of(defaults)).limit_denominator(1001)
