"""What is said of the files that are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynascene.interfaces.cli.arguments import (
    Layers,
    Switch,
    parse_layers,
)
from dynascene.io.names import BitDepth, CameraFileName

if TYPE_CHECKING:  # imported where they are made: --help must not wait for torch
    from dynascene.generation.delivery_input import DeliveryInput
    from dynascene.io.colour_space import ColourSpace


@dataclass(frozen=True, kw_only=True)
class DeliveryOptions:
    """What is written besides the clip.

    Args:
        layers: also write person, background and shadow apart: png (16 bits, which is meant where
            nothing follows), exr (OpenEXR in linear light, with depth and camera), prores (4444).
        straight: colours in the OpenEXR layers are not multiplied by alpha.
        bit_depth: bits of the clips: 8 (H.264), 10 (HEVC), or as PERSON (auto).
        camera_files: also write the cameras for programs of artists, such as usda nuke; glb has the
            place as meshes too.
    """

    layers: Layers = None
    straight: Switch = False
    bit_depth: BitDepth = "auto"
    camera_files: tuple[CameraFileName, ...] = ()

    def request(self, space: ColourSpace | None) -> DeliveryInput:
        """What is written, OpenEXR layers in this colour space. InputError for no such thing."""
        from dynascene.generation.delivery_input import DeliveryInput

        return DeliveryInput(
            layers=parse_layers(self.layers),
            straight=self.straight,
            ocio_layers=space,
            bit_depth=self.bit_depth,
            camera_files=self.camera_files,
        )
