"""How a person and a background are made one picture: the user's part of it."""

from dataclasses import dataclass, fields

from dynascene.errors import InputError
from dynascene.generation.names import HARMONIES

SHADOW = 0.85
SOFTEN, GRAIN = 1.0, 0.5
HARMONISE, HARMONISE_STRENGTH = "person", 0.5


@dataclass(frozen=True, kw_only=True)
class LookInput:
    """What is done to the delivered picture, not to the background itself.

    Args:
        shadow: strength of the shadow that the person casts, 0 … 1; 0 = none.
        light: azimuth and elevation of the light in degrees, see ``estimators.light.PlaceLight``;
            None = estimated from the picture of the place.
        harmonise: who takes the other's light, a name of HARMONIES.
        harmonise_strength: how much of the difference goes, 0 … 1.
        soften: how much of the difference goes where the background is sharper, 0 … 1.
        grain: how much of the clip's grain that the background lacks is added, 0 … 1.
        focus: depth of field of the background, 0 … 1; 0 = all of it is sharp.

    Raises:
        InputError: a name that is none, or a number out of its range.
    """

    shadow: float = SHADOW
    light: tuple[float, float] | None = None
    harmonise: str = HARMONISE
    harmonise_strength: float = HARMONISE_STRENGTH
    soften: float = SOFTEN
    grain: float = GRAIN
    focus: float = 0.0

    def __post_init__(self) -> None:
        for name in ("shadow", "harmonise_strength", "soften", "grain", "focus"):
            _check_share(name, getattr(self, name))
        if self.harmonise not in HARMONIES:
            names = ", ".join(HARMONIES)
            raise InputError(f"`harmonise` {self.harmonise}: is one of {names}")
        if self.light is not None:
            azimuth, elevation = self.light
            if not (abs(azimuth) <= 360 and 5 <= elevation <= 90):
                raise InputError(
                    f"`light` {azimuth:g},{elevation:g}: give its azimuth, within ±360 degrees of "
                    "the picture's middle, and its elevation, 5 to 90 degrees"
                )

    @property
    def choices(self) -> list[str]:
        """Names of what differs from the default."""
        return [f.name for f in fields(self) if getattr(self, f.name) != f.default]


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise InputError(f"`{name}` {value:g}: must be between 0 and 1")
