"""One light on person and place: the person takes the place's, or the place the person's.

What is compared is the light around the person when they were filmed and the light of the place.
Both are only estimates from colours, which depend on what things are made of as well, so every
change is limited: skin stays skin.
"""

import math
from typing import NamedTuple

import numpy as np

from dynascene.generation.look.illumination import Illumination
from dynascene.generation.look.tone import Tone
from dynascene.imaging.colour import LUMINANCE_709


class Limits(NamedTuple):
    """The most that may change: stops of exposure and of amber, and the logarithm of γ."""

    exposure: float
    amber: float
    contrast: float


PERSON = Limits(exposure=0.9, amber=0.4, contrast=0.12)  # more makes faces grey, blue or orange
PLACE = Limits(exposure=1.5, amber=0.6, contrast=0.25)


class Harmony(NamedTuple):
    """Changes of the person and of the place; None = none."""

    person: Tone | None
    place: Tone | None


UNCHANGED = Harmony(None, None)


def harmony_between(
    filmed: Illumination, place: Illumination, choice: str, strength: float
) -> Harmony:
    """What brings person and place together.

    Args:
        filmed: the light around the person in their clip.
        place: the light of the place.
        choice: who changes: person, place, both (each by half), or none.
        strength: 0 … 1, of the difference that is to vanish.
    """
    share = strength / 2 if choice == "both" else strength
    if not share or choice == "none":
        return UNCHANGED
    return Harmony(
        tone_between(filmed, place, share, PERSON) if choice in ("person", "both") else None,
        tone_between(place, filmed, share, PLACE) if choice in ("place", "both") else None,
    )


def tone_between(source: Illumination, target: Illumination, share: float, limits: Limits) -> Tone:
    """The change that goes a share of the way from one light to another, within limits."""
    exposure = _within(share * (target.exposure - source.exposure), share * limits.exposure)
    amber = _within(share * (target.amber - source.amber), share * limits.amber)
    gains = 2.0 ** (amber * np.array([1, 0, -1]))
    gains /= gains @ np.array(LUMINANCE_709)  # grey keeps its luminance
    ratio = math.log(max(target.contrast, 1e-3) / max(source.contrast, 1e-3))
    contrast = math.exp(_within(share * ratio, share * limits.contrast))
    red, green, blue = (gains * 2.0**exposure).tolist()
    return Tone((red, green, blue), contrast, pivot=2 ** (source.exposure + exposure))


def _within(change: float, limit: float) -> float:
    """Near 0 the change itself; limited smoothly, so that no clip stands out."""
    return limit * math.tanh(change / limit)
