"""The contents of COLMAP's cameras and images files, text or binary."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.rigid import rigid
from dynascene.io.cameras.checks import check_view, checked_rotation, intrinsics_at, position_at
from dynascene.io.cameras.defaults import LONGEST_SIDE
from dynascene.types import Size


class ColmapModel(NamedTuple):
    """A camera model.

    Attributes:
        number: in binary files.
        parameters: number of parameters: focal lengths, cx, cy, then lens distortion.
        focals: number of focal lengths.
    """

    number: int
    parameters: int
    focals: int


PINHOLE = "PINHOLE"
MODELS = {
    "SIMPLE_PINHOLE": ColmapModel(0, 3, 1),
    PINHOLE: ColmapModel(1, 4, 2),
    "SIMPLE_RADIAL": ColmapModel(2, 4, 1),
    "RADIAL": ColmapModel(3, 5, 1),
    "OPENCV": ColmapModel(4, 8, 2),
    "FULL_OPENCV": ColmapModel(6, 12, 2),
}
# models that always distort, with their parameters: a camera that no image uses may have one
FISHEYE_MODELS = {
    "OPENCV_FISHEYE": ColmapModel(5, 8, 2),
    "FOV": ColmapModel(7, 5, 2),
    "SIMPLE_RADIAL_FISHEYE": ColmapModel(8, 4, 1),
    "RADIAL_FISHEYE": ColmapModel(9, 5, 1),
    "THIN_PRISM_FISHEYE": ColmapModel(10, 12, 2),
    "RAD_TAN_THIN_PRISM_FISHEYE": ColmapModel(11, 16, 2),
}


class ColmapCamera(NamedTuple):
    """A line of the cameras file: model name, frame size, parameters in pixels."""

    place: str
    model: str
    size: Size
    parameters: list[float]


class ColmapImage(NamedTuple):
    """A line of the images file: world → camera as w x y z and translation."""

    place: str
    name: str
    camera: int
    quaternion: list[float]
    translation: list[float]


def check_model(model: str, place: str) -> ColmapModel:
    """The camera model of a name.

    Raises:
        InputError: it is unknown, or has a distortion that cannot be zero.
    """
    if model not in MODELS:
        raise InputError(
            f"{place}: camera model {model[:60]} is not a pinhole; undistort the images first "
            "(colmap image_undistorter)"
        )
    return MODELS[model]


def intrinsics_of(camera: ColmapCamera) -> Tensor:
    """Intrinsics [3, 3] in pixels.

    Raises:
        InputError: the lens distorts.
    """
    model = check_model(camera.model, camera.place)
    if len(camera.parameters) != model.parameters:
        raise InputError(
            f"{camera.place}: {camera.model} has {model.parameters} parameters, "
            f"not {len(camera.parameters)}"
        )
    focals = camera.parameters[: model.focals]
    cx, cy, *distortion = camera.parameters[model.focals :]
    if any(distortion):
        raise InputError(
            f"{camera.place}: {camera.model} camera has lens distortion; undistort the images "
            "first (colmap image_undistorter)"
        )
    if not 1 <= min(camera.size) <= max(camera.size) <= LONGEST_SIDE:
        raise InputError(f"{camera.place}: {camera.size} is not the size of an image")
    intrinsics = intrinsics_at(focals[0], focals[-1], cx, cy, camera.place)
    check_view(intrinsics, camera.size, camera.place)
    return intrinsics


def pose_of(image: ColmapImage) -> Tensor:
    """World → camera, [4, 4]."""
    w, x, y, z = image.quaternion
    rotation = checked_rotation([x, y, z, w], image.place)
    return rigid(rotation, position_at(image.translation, image.place))
