"""What is said of colour spaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from dynascene.interfaces.cli.arguments import OptionalName, optional, parse_spaces

if TYPE_CHECKING:  # imported where it is made: --help must not wait for torch
    from dynascene.io.colour_space import ColourSpace


@dataclass(frozen=True, kw_only=True)
class ColourOptions:
    """Colour spaces of a config, by name.

    Args:
        ocio: a config of OpenColorIO, a file or ocio://default, for the colour spaces below.
        ocio_person: the colour space of PERSON (default: what the file says).
        ocio_scene: the colour space of the picture (default: what the file says).
        ocio_layers: the colour space of the OpenEXR layers (default: linear Rec. 709).
    """

    ocio: Annotated[str | None, optional("CONFIG")] = None
    ocio_person: OptionalName = None
    ocio_scene: OptionalName = None
    ocio_layers: OptionalName = None

    def spaces(self) -> dict[str, ColourSpace | None]:
        """The spaces by option. Raises InputError for a name without a config."""
        names = ("ocio_person", "ocio_scene", "ocio_layers")
        return parse_spaces(self.ocio, {name: getattr(self, name) for name in names})
