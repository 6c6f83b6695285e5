"""What is written of a clip, besides the clip itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from dynascene.errors import InputError
from dynascene.io.colour_space import ColourSpace
from dynascene.io.names import BitDepth, CameraFileName, LayerKind


@dataclass(frozen=True, kw_only=True)
class DeliveryInput:
    """What is written of a clip, besides the clip itself.

    Args:
        layers: person, background and shadow apart, in these ways: png, exr, prores.
        straight: the colours of OpenEXR layers are not multiplied by alpha.
        bit_depth: of the clips: "8", "10", or "auto": 10 where the person's file has more than 8.
        ocio_layers: the colour space of the OpenEXR layers; None = linear light of Rec. 709.
        camera_files: the cameras for programs of artists: names of ``CameraFileName``.

    Raises:
        InputError: an unknown name, or ``straight`` or ``ocio_layers`` without OpenEXR layers.
    """

    layers: tuple[LayerKind, ...] = ()
    straight: bool = False
    bit_depth: BitDepth = "auto"
    camera_files: tuple[CameraFileName, ...] = ()
    ocio_layers: ColourSpace | None = None

    def __post_init__(self) -> None:
        _check_names("layers", self.layers, LayerKind)
        _check_names("bit_depth", (self.bit_depth,), BitDepth)
        _check_names("camera_files", self.camera_files, CameraFileName)
        if self.straight and "exr" not in self.layers:
            raise InputError("`straight`: is for `layers` exr; other layers are always straight")
        if self.ocio_layers is not None and "exr" not in self.layers:
            raise InputError("`ocio_layers`: is for `layers` exr; other layers are always sRGB")


def _check_names(parameter: str, names: Sequence[str], kind: Any) -> None:
    for name in names:
        if name not in get_args(kind):
            raise InputError(f"`{parameter}` {name}: give some of {', '.join(get_args(kind))}")
