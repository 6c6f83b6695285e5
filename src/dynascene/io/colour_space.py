"""A colour space by its name in a config of OpenColorIO."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ColourSpace:
    """A colour space of a config.

    Args:
        config: a file, or a built-in one such as "ocio://default".
        name: of the space, or one of its aliases or roles.
    """

    config: str
    name: str
