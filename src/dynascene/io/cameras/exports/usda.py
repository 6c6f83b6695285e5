"""OpenUSD as text: a Camera prim whose transform and lens have one time sample a frame."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from torch import Tensor

from dynascene.io.atomic import write_text
from dynascene.io.cameras.checks import opengl_poses
from dynascene.io.cameras.defaults import CameraDefaults
from dynascene.io.cameras.exports.lens import FIRST_FRAME, frame_rate_of, lens_of
from dynascene.types import CameraTrack

STILL = 1e-9  # millimetres
# A unit of the file is a centimetre, since USD counts lenses in tenths of a unit; a track unit is a
# metre, as in glTF.
UNITS = 100.0
LAYER = """#usda 1.0
(
    defaultPrim = "camera"
    upAxis = "Y"
    metersPerUnit = 0.01
    startTimeCode = {first}
    endTimeCode = {last}
    timeCodesPerSecond = {rate}
    framesPerSecond = {rate}
)

def Camera "camera"
{{
    token projection = "perspective"
    float2 clippingRange = (1, 100000000)
    float horizontalAperture = {film_back}
    float verticalAperture{height}
    float horizontalApertureOffset{right}
    float verticalApertureOffset{up}
    float focalLength{focal}
    matrix4d xformOp:transform.timeSamples = {{{transform}}}
    uniform token[] xformOpOrder = ["xformOp:transform"]
}}

def RenderSettings "frame"
{{
    rel camera = </camera>
    uniform int2 resolution = ({width}, {height_in_pixels})
}}
"""


def write_usda(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    """Write a track; the camera looks along −z in a world with y up."""
    lens = lens_of(track, defaults)
    text = LAYER.format(
        first=FIRST_FRAME,
        last=FIRST_FRAME + len(track) - 1,
        rate=repr(frame_rate_of(defaults)),
        film_back=repr(lens.film_back),
        height=_values(lens.height),
        right=_values(lens.right),
        up=_values(lens.up),
        focal=_values(lens.focal),
        transform=_samples(map(_matrix, _in_centimetres(opengl_poses(track)))),
        width=track.size.width,
        height_in_pixels=track.size.height,
    )
    write_text(path, text)


def _in_centimetres(poses: Tensor) -> Tensor:
    """Poses [F, 4, 4] of track units as those of the file."""
    scaled = poses.clone()
    scaled[:, :3, 3] *= UNITS
    return scaled


def _values(numbers: Tensor) -> str:
    """What follows the name of an attribute, [F]: one value where it never changes."""
    if (numbers - numbers[0]).abs().max() < STILL:
        return f" = {numbers[0].item()!r}"
    return f".timeSamples = {{{_samples(map(repr, numbers.tolist()))}}}"


def _samples(values: Iterable[str]) -> str:
    return ", ".join(f"{frame}: {value}" for frame, value in enumerate(values, FIRST_FRAME))


def _matrix(pose: Tensor) -> str:
    """A pose [4, 4] as USD has it: it multiplies row vectors, so the matrix is transposed."""
    rows = (", ".join(map(repr, row)) for row in pose.mT.tolist())
    return "(" + ", ".join(f"({row})" for row in rows) + ")"
