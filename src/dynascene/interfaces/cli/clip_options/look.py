"""What is said of shadow, light and grain."""

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import arg

from dynascene.generation.look.look_input import (
    GRAIN,
    HARMONISE,
    HARMONISE_STRENGTH,
    SHADOW,
    SOFTEN,
    LookInput,
)
from dynascene.generation.names import HarmonyName
from dynascene.interfaces.cli.arguments import optional, parse_light

Share = Annotated[float, arg(metavar="0..1")]


@dataclass(frozen=True, kw_only=True)
class LookOptions:
    """How person and background become one picture.

    Args:
        shadow: strength of the shadow on the ground, 0 = none.
        light: direction of the light that casts it: degrees to the right of the picture's middle,
            with 180 behind the camera, and degrees above the horizon (default: estimated).
        harmonise: who takes the other's light: person, place, both, or none.
        harmonise_strength: how much of the difference of light goes.
        soften: how much of the difference goes where the background is sharper than the clip.
        grain: how much of the clip's grain that the background lacks is added to it.
        focus: depth of field of the background around the person's distance (0: all is sharp).
    """

    shadow: Share = SHADOW
    light: Annotated[str | None, optional("AZ,EL")] = None
    harmonise: HarmonyName = HARMONISE
    harmonise_strength: Share = HARMONISE_STRENGTH
    soften: Share = SOFTEN
    grain: Share = GRAIN
    focus: Share = 0.0

    def request(self) -> LookInput:
        """The look. Raises InputError for a number out of its range."""
        return LookInput(
            shadow=self.shadow,
            light=parse_light(self.light) if self.light else None,
            harmonise=self.harmonise,
            harmonise_strength=self.harmonise_strength,
            soften=self.soften,
            grain=self.grain,
            focus=self.focus,
        )
