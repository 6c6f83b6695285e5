"""Things made of a few boxes: houses, benches, tables, lamps, crates. Metres."""

import math
from typing import NamedTuple

import numpy as np

from dynascene.synthetic.solid.mesh import Box, Skin

STOREY = 3.0


class HouseStyle(NamedTuple):
    """The skins of a house.

    Attributes:
        below, upper: of the ground floor and the upper floors.
        bare: of walls without windows.
        roof: of a gable.
    """

    below: Skin
    upper: Skin
    bare: Skin
    roof: Skin


def house(
    rng: np.random.Generator, style: HouseStyle, x: float, z: float, width: float, depth: float,
    side: int,
) -> list[Box]:  # fmt: skip
    """A house of one to four storeys with a roof.

    Args:
        rng, style: draw and dress it.
        x, z: its middle.
        width, depth: of the house.
        side: of the street (−1, 1), which its front faces; 0 = its front faces −z.

    Returns:
        Its boxes.
    """
    turn = 0.0 if side == 0 else math.pi / 2
    storeys = int(rng.choice([1, 2, 2, 3, 4]))
    gable = storeys < 4 and rng.random() < 0.65
    top = STOREY * storeys
    parts = [Box(x, z, turn, width, depth, 0.0, STOREY, style.below, style.bare)]
    if storeys > 1:
        parts.append(Box(x, z, turn, width, depth, STOREY, top, style.upper, style.bare))
    ridge = rng.uniform(0.35, 0.7) * depth / 2 if gable else 0.0
    lid = style.roof if gable else style.bare
    bulge = 0.0 if gable else 0.25  # a flat roof has a cornice
    parts.append(
        Box(x, z, turn, width + bulge, depth + bulge, top, top + 0.4, style.bare, lid, ridge)
    )
    return parts


def bench(skin: Skin, x: float, z: float, turn: float) -> list[Box]:
    """A bench, turned by radians about the vertical."""
    return [
        Box(x, z, turn, 1.6, 0.45, 0.38, 0.46, skin, skin),
        *_legs(skin, x, z, turn, 1.3, 0.0, 0.38, 0.4),
    ]


def table(skin: Skin, x: float, z: float) -> list[Box]:
    """A table and two benches."""
    top = Box(x, z, 0.0, 1.7, 0.8, 0.70, 0.76, skin, skin)
    seats = [part for away in (-0.85, 0.85) for part in bench(skin, x, z + away, 0.0)]
    return [top, *_legs(skin, x, z, 0.0, 1.4, 0.0, 0.70, 0.6), *seats]


def _legs(
    skin: Skin, x: float, z: float, turn: float, apart: float, low: float, high: float, deep: float
) -> list[Box]:
    c, s = math.cos(turn), math.sin(turn)
    return [
        Box(x + c * d, z - s * d, turn, 0.07, deep, low, high, skin, skin)
        for d in (-apart / 2, apart / 2)
    ]


def lamp(skin: Skin, x: float, z: float, side: int) -> list[Box]:
    """A street lamp on one side (−1, 1) that reaches over the street."""
    dark = skin._replace(tint=(0.25, 0.25, 0.27))
    pole = Box(x, z, 0.0, 0.11, 0.11, 0.0, 4.6, dark, dark)
    return [pole, Box(x - side * 0.5, z, 0.0, 1.1, 0.09, 4.6, 4.7, dark, dark)]


def planter(skin: Skin, x: float, z: float) -> list[Box]:
    """A box of earth."""
    return [Box(x, z, 0.3, 1.3, 1.0, 0.0, 0.55, skin, skin)]


def crates(rng: np.random.Generator, skin: Skin, x: float, z: float) -> list[Box]:
    """One to three crates, beside or on each other."""
    boxes: list[Box] = []
    for count in range(int(rng.integers(1, 4))):
        side, turn = rng.uniform(0.5, 1.0), rng.uniform(-0.5, 0.5)
        if count == 2 and boxes[0].width > side:
            first = boxes[0]
            boxes.append(
                Box(first.x, first.z, turn, side, side, first.top, first.top + side, skin, skin)
            )
        else:
            away = 1.35 * count
            boxes.append(Box(x + 0.1 * count, z + away, turn, side, side, 0.0, side, skin, skin))
    return boxes
