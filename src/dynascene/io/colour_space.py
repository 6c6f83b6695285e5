"""A colour space by its name in a config of OpenColorIO."""

from dataclasses import dataclass
from pathlib import Path

BUILT_IN = "ocio://"


@dataclass(frozen=True)
class ColourSpace:
    """A colour space of a config.

    Args:
        config: a file, or a built-in one such as "ocio://default".
        name: of the space, or one of its aliases or roles.
    """

    config: str
    name: str

    @property
    def file(self) -> Path | None:
        """The file of the config; None of one that is built in."""
        return None if self.config.startswith(BUILT_IN) else Path(self.config)


def config_files(*spaces: ColourSpace | None) -> list[Path]:
    """The files of the configs that spaces are of, each once."""
    files = [space.file for space in spaces if space is not None]
    return [file for file in dict.fromkeys(files) if file is not None]
