"""The look of one clip, applied frame by frame."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dynascene.generation.compositing import shade
from dynascene.generation.look.focus import Focus
from dynascene.generation.look.harmony import UNCHANGED, Harmony
from dynascene.generation.look.shadow import ShadowCaster
from dynascene.generation.look.texture import TextureMatch
from dynascene.imaging.pixels import stored_bytes


class LookFrame(NamedTuple):
    """background: [H, W, 3], to lay the person [H, W, 3] over; uint8, or float32 in 0 … 1.

    shadow: float32 [H, W, 1], the share of the light that the ground lacks; None: none is cast.
    """

    background: np.ndarray
    person: np.ndarray
    shadow: np.ndarray | None


@dataclass(frozen=True)
class ClipLook:
    """Applies the look; what is None is left out.

    Attributes:
        caster: of the shadow.
        harmony: changes of light.
        texture: sharpness and grain of the background.
        focus: depth of field of the background.
        has_person: whether there is somebody whose pixels the report can tell of.
    """

    caster: ShadowCaster | None = None
    harmony: Harmony = UNCHANGED
    texture: TextureMatch | None = None
    focus: Focus | None = None
    has_person: bool = False

    def apply(
        self, index: int, background: np.ndarray, person: np.ndarray, matte: np.ndarray
    ) -> LookFrame:
        """One frame: background and person [H, W, 3], matte [H, W, 1], of one size.

        Each is uint8, or float32 in 0 … 1; background and person come back as they are given.

        Grain comes last, as on a sensor. Shadows come after the lens: they are soft already.
        """
        shadow = None
        if self.focus is not None:
            background = self.focus.apply(index, background)
        if self.texture is not None:
            background = self.texture.soften(background)
        if self.harmony.place is not None:
            background = self.harmony.place.apply(background)
        if self.harmony.person is not None:
            person = self.harmony.person.apply(person)
        if self.caster is not None:
            shadow = self.caster.missing_light(index, stored_bytes(matte))
            is_stored = background.dtype == np.uint8
            background = shade(background, stored_bytes(shadow) if is_stored else shadow)
        if self.texture is not None:
            background = self.texture.add_grain(background, index)
        return LookFrame(background, person, shadow)

    @property
    def report(self) -> dict[str, Any]:
        """For report.json, after the frames."""
        tones = self.harmony._asdict().items()
        report: dict[str, Any] = {
            "harmony": {name: None if tone is None else tone.report() for name, tone in tones}
        }
        if self.has_person:
            report |= {"person_pixels_exact": self.harmony.person is None}
        if self.caster is not None:
            presence = round(float(self.caster.footing.presence.mean()), 3)
            report |= {"light": self.caster.light.report()}
            report |= {"shadow": {"feet_seen_share": presence}}
        if self.texture is not None:
            report |= {"texture": self.texture.report()}
        return report
