"""How a synthetic person looks: proportions, clothes and colours, drawn from a seed.

Colours are sRGB, 0 … 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import torch

from dynascene.errors import InputError

Colour = tuple[float, float, float]
Choice = TypeVar("Choice")
Pattern = Literal["plain", "stripes", "check", "band"]
HairCut = Literal["short", "long", "bun"]
TopCut = Literal["tee", "sweater", "jacket"]
TrousersCut = Literal["long", "shorts"]

# what is drawn from; what is commoner stands there more than once
HAIR_CUTS: tuple[HairCut, ...] = ("short", "short", "long", "bun")
TOP_CUTS: tuple[TopCut, ...] = ("tee", "sweater", "jacket")
PATTERNS: tuple[Pattern, ...] = ("plain", "plain", "stripes", "check", "band")
TROUSERS_CUTS: tuple[TrousersCut, ...] = ("long", "long", "long", "shorts")

SKINS: tuple[Colour, ...] = (
    (0.94, 0.79, 0.70),
    (0.87, 0.68, 0.56),
    (0.76, 0.56, 0.43),
    (0.60, 0.42, 0.31),
    (0.42, 0.29, 0.22),
)
HAIRS: tuple[Colour, ...] = (
    (0.09, 0.07, 0.06),
    (0.20, 0.13, 0.09),
    (0.36, 0.23, 0.14),
    (0.62, 0.47, 0.28),
    (0.52, 0.50, 0.48),
)
TOPS: tuple[Colour, ...] = (
    (0.16, 0.24, 0.38),
    (0.62, 0.20, 0.17),
    (0.24, 0.38, 0.32),
    (0.80, 0.76, 0.67),
    (0.75, 0.52, 0.20),
    (0.30, 0.30, 0.33),
    (0.46, 0.62, 0.72),
    (0.47, 0.26, 0.36),
)
TROUSERS: tuple[Colour, ...] = (
    (0.19, 0.25, 0.36),
    (0.14, 0.15, 0.18),
    (0.55, 0.48, 0.37),
    (0.33, 0.33, 0.34),
    (0.31, 0.33, 0.24),
)
SHOES: tuple[Colour, ...] = (
    (0.87, 0.86, 0.83),
    (0.10, 0.10, 0.11),
    (0.36, 0.22, 0.13),
    (0.55, 0.16, 0.15),
)


@dataclass(frozen=True)
class PersonLook:
    """How one person looks. Colours are sRGB.

    Args:
        height: metres, 1.2 … 2.2.
        build: girth, 0.85 (slim) … 1.2 (heavy).
        accent: the pattern's second colour, or the shirt under an open jacket.

    Raises:
        InputError: height or build is out of range.
    """

    height: float = 1.75
    build: float = 1.0
    skin: Colour = SKINS[1]
    hair: Colour = HAIRS[1]
    hair_cut: HairCut = "short"
    top: Colour = TOPS[0]
    accent: Colour = (0.86, 0.85, 0.82)
    top_cut: TopCut = "jacket"
    pattern: Pattern = "plain"
    trousers: Colour = TROUSERS[2]
    trousers_cut: TrousersCut = "long"
    shoes: Colour = SHOES[0]

    def __post_init__(self) -> None:
        if not 1.2 <= self.height <= 2.2:
            raise InputError(f"person's look: height {self.height} m is not within 1.2 … 2.2")
        if not 0.85 <= self.build <= 1.2:
            raise InputError(f"person's look: build {self.build} is not within 0.85 … 1.2")


def random_look(generator: torch.Generator) -> PersonLook:
    """A random person.

    Args:
        generator: of the CPU; the same seed gives the same person.

    Returns:
        The look.
    """

    def pick(options: Sequence[Choice]) -> Choice:
        return options[int(torch.randint(len(options), (), generator=generator))]

    def between(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=generator))

    return PersonLook(
        height=between(1.60, 1.90),
        build=between(0.90, 1.12),
        skin=pick(SKINS),
        hair=pick(HAIRS),
        hair_cut=pick(HAIR_CUTS),
        top=pick(TOPS),
        accent=pick(((0.86, 0.85, 0.82), (0.12, 0.12, 0.14), (0.70, 0.30, 0.22))),
        top_cut=pick(TOP_CUTS),
        pattern=pick(PATTERNS),
        trousers=pick(TROUSERS),
        trousers_cut=pick(TROUSERS_CUTS),
        shoes=pick(SHOES),
    )
