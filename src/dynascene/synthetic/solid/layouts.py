"""Where things stand: a street, a yard, a room, a park.

Metres on the ground; the camera is at (0, 0) and looks along +z.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from dynascene.synthetic.solid.furniture import (
    HouseStyle,
    bench,
    crates,
    house,
    lamp,
    planter,
    table,
)
from dynascene.synthetic.solid.materials import TREES, Materials, Role
from dynascene.synthetic.solid.mesh import Box, Cutout, Skin

FREE = 1.3  # metres around the camera where nothing stands …
OVERHEAD = 2.6  # … up to this height
FLOOR = 0.02  # metres: the thickness of a room's floor, on which one walks


@dataclass
class SolidLayout:
    """What stands in a place.

    Attributes:
        ground: what it is made of.
        boxes, cards: what stands on it.
    """

    ground: Role
    boxes: list[Box] = field(default_factory=list)
    cards: list[Cutout] = field(default_factory=list)

    def rotate(self, angle: float) -> "SolidLayout":
        """The layout turned about the camera, without what would stand too near to it."""
        c, s = math.cos(angle), math.sin(angle)

        def move(body: Box | Cutout) -> dict[str, float]:
            x, z = c * body.x + s * body.z, c * body.z - s * body.x
            return {"x": x, "z": z, "turn": body.turn + angle}

        boxes = [replace(b, **move(b)) for b in self.boxes]
        cards = [replace(k, **move(k)) for k in self.cards]
        return SolidLayout(
            self.ground,
            [b for b in boxes if b.bottom > OVERHEAD or b.top <= FLOOR or _distance(b) > FREE],
            [k for k in cards if math.hypot(k.x, k.z) > FREE + k.width / 2],
        )


def _distance(box: Box) -> float:
    """From the camera to the box's footprint."""
    x, z = (float(v) for v in box.local(np.array(0.0), np.array(0.0)))
    return math.hypot(max(abs(x) - box.width / 2, 0), max(abs(z) - box.depth / 2, 0))


def draw_layout(
    rng: np.random.Generator, materials: Materials, *, indoors: bool, outdoors: str | None = None
) -> SolidLayout:
    """A random layout, randomly turned.

    Args:
        rng: draws it.
        materials: collects its pictures.
        indoors: a room; else one outdoors.
        outdoors: a street, a yard or a park; None draws one of them.

    Returns:
        The layout.
    """
    if indoors:
        return room(rng, materials).rotate(rng.normal(0, math.radians(20)))
    arrangements = {"street": street, "yard": yard, "park": park}
    drawn = list(arrangements)[int(rng.choice(3, p=(0.45, 0.3, 0.25)))]
    arrange = arrangements[outdoors or drawn]
    return arrange(rng, materials).rotate(rng.normal(0, math.radians(12)))


def street(rng: np.random.Generator, materials: Materials) -> SolidLayout:
    """Houses on both sides, pavements, lamps, trees; sometimes closed by a house at the end."""
    layout = SolidLayout("paving")
    half, kerb = rng.uniform(2.5, 4.5), rng.uniform(1.6, 3.2)
    middle = rng.uniform(-0.7, 0.7) * half
    slab = materials.surface("paving", 1.6)
    facades = [_style(materials) for _ in range(3)]
    for side in (-1, 1):
        edge = middle + side * half
        lane = Box(
            edge + side * kerb / 2, 14.0, 0.0, kerb, 70.0, 0.0, 0.13, slab, slab, casts=False
        )
        if _distance(lane) > FREE:
            layout.boxes.append(lane)
        z = rng.uniform(-22, -16)
        while z < 42:
            width, deep = rng.uniform(6, 13), rng.uniform(6, 9)
            kind = facades[int(rng.integers(len(facades)))]
            x = edge + side * (kerb + deep / 2 + rng.uniform(0, 0.6))
            layout.boxes += house(rng, kind, x, z + width / 2, width, deep, side)
            z += width + (rng.uniform(1, 5) if rng.random() < 0.45 else 0.02)
        _along_the_kerb(rng, materials, layout, edge + side * 0.4, side)
    if rng.random() < 0.5:
        layout.boxes += house(rng, _style(materials), middle, rng.uniform(38, 50), 16, 8, 0)
    return layout


def _style(materials: Materials) -> HouseStyle:
    wall = materials.texture("wall")
    upper = materials.facade(wall, 3.0, door=False)
    below = materials.facade(wall, 3.0, door=True)._replace(tint=upper.tint)
    return HouseStyle(
        below, upper, materials.plain(wall, 3.0, upper), materials.surface("roof", 2.5)
    )


def _along_the_kerb(
    rng: np.random.Generator, materials: Materials, layout: SolidLayout, x: float, side: int
) -> None:
    post = materials.surface("crate", 1.0)
    trees = [materials.plant(tree=True)] if rng.random() < 0.6 else []
    z = rng.uniform(-2, 6)
    while z < 34:
        kind = rng.choice(["lamp", "tree", "bench", "crates", "none"])
        if kind == "lamp":
            layout.boxes += lamp(post, x, z, side)
        elif kind == "tree" and trees:
            layout.cards += _tree(rng, trees[0], x + 0.3 * side, z)
        elif kind == "bench":
            layout.boxes += bench(post, x + 0.8 * side, z, math.pi / 2)
        elif kind == "crates":
            layout.boxes += crates(rng, post, x + 0.9 * side, z)
        z += rng.uniform(3, 8)


def _tree(rng: np.random.Generator, layer: int, x: float, z: float) -> list[Cutout]:
    """Two pictures that cross, so that it has a volume."""
    height = 4.5 * math.exp(rng.normal(0, 0.25))
    width, turn = height * rng.uniform(0.65, 0.95), rng.uniform(0, math.pi)
    return [Cutout(layer, x, z, turn + k * math.pi / 2, width, height) for k in (0, 1)]


def _bush(rng: np.random.Generator, layer: int, x: float, z: float) -> list[Cutout]:
    height = 1.1 * math.exp(rng.normal(0, 0.3))
    width, turn = height * rng.uniform(1.0, 1.8), rng.uniform(0, math.pi)
    return [Cutout(layer, x, z, turn + k * math.pi / 2, width, height) for k in (0, 1)]


def yard(rng: np.random.Generator, materials: Materials) -> SolidLayout:
    """A walled yard with a house behind it, sheds, crates, a table, bushes and trees."""
    layout = SolidLayout("paving" if rng.random() < 0.6 else "meadow")
    half, near, far = rng.uniform(5, 10), rng.uniform(-8, -4), rng.uniform(9, 18)
    high, thick = rng.uniform(1.0, 2.6), rng.uniform(0.2, 0.4)
    wall, lid = materials.surface("wall", 2.0), materials.surface("paving", 1.5)
    long = far - near
    for side in (-1, 1):
        x = side * (half + thick / 2)
        layout.boxes.append(Box(x, (near + far) / 2, 0.0, thick, long, 0.0, high, wall, lid))
        layout.boxes += house(
            rng, _style(materials), side * (half + rng.uniform(5, 12)), rng.uniform(4, far + 10),
            rng.uniform(6, 10), rng.uniform(5, 8), side,
        )  # fmt: skip
    gate = rng.uniform(-0.5, 0.5) * half  # the far wall has a gap
    for left, right in ((-half - thick, gate - 1.2), (gate + 1.2, half + thick)):
        layout.boxes.append(
            Box((left + right) / 2, far, 0.0, right - left, thick, 0.0, high, wall, lid)
        )
    layout.boxes += house(
        rng, _style(materials), rng.uniform(-half, half), far + rng.uniform(6, 14), 12, 7, 0
    )
    wood, roof = materials.surface("crate", 1.5), materials.surface("roof", 2.0)
    side = int(rng.choice([-1, 1]))
    x, z = side * (half - 1.3), rng.uniform(5, far - 2)
    layout.boxes.append(Box(x, z, 0.0, 2.2, rng.uniform(2.4, 3.4), 0.0, 2.2, wood, roof, ridge=0.5))
    for _ in range(int(rng.integers(2, 5))):
        layout.boxes += crates(
            rng, wood, -side * half * rng.uniform(0.5, 0.85), rng.uniform(2, far)
        )
    layout.boxes += table(wood, side * rng.uniform(1.8, half - 2.5), rng.uniform(3.5, 8))
    bush, tree = materials.plant(tree=False), materials.plant(tree=True)
    for _ in range(int(rng.integers(4, 9))):
        edge = (half - 0.8) * int(rng.choice([-1, 1]))
        layout.cards += _bush(rng, bush, edge, rng.uniform(2, far - 1))
    for _ in range(int(rng.integers(2, 6))):
        x = rng.uniform(-1.6, 1.6) * half
        layout.cards += _tree(rng, tree, x, far + rng.uniform(1, 4))
    return layout


def park(rng: np.random.Generator, materials: Materials) -> SolidLayout:
    """Trees, bushes, benches, planters, low walls, and houses far away."""
    layout = SolidLayout("meadow" if rng.random() < 0.75 else "paving")
    trees = [materials.plant(tree=True) for _ in range(TREES)]
    bush, stone, wood = (
        materials.plant(tree=False), materials.surface("wall", 1.5), materials.surface("crate", 1.2)
    )  # fmt: skip
    for _ in range(int(rng.integers(9, 16))):
        azimuth, away = rng.uniform(-1.1, 1.1), rng.uniform(5, 26)
        x, z = away * math.sin(azimuth), away * math.cos(azimuth)
        if abs(x) > 0.2 * z + 1:  # the middle is left free
            layer = trees[int(rng.integers(len(trees)))]
            layout.cards += _tree(rng, layer, x, z)
    for _ in range(int(rng.integers(4, 9))):
        x = rng.uniform(2.5, 9) * int(rng.choice([-1, 1]))
        layout.cards += _bush(rng, bush, x, rng.uniform(2, 16))
    for z in np.cumsum(rng.uniform(3, 6, int(rng.integers(2, 5)))):
        x = rng.uniform(2.2, 4.5) * int(rng.choice([-1, 1]))
        if rng.random() < 0.5:
            layout.boxes += bench(wood, x, float(z), math.pi / 2)
        else:
            layout.boxes += planter(stone, x, float(z))
            layout.cards.append(Cutout(bush, x, float(z), 0.3, 1.3, 1.5))
    for _ in range(int(rng.integers(1, 3))):
        x, z = rng.uniform(5, 12) * int(rng.choice([-1, 1])), rng.uniform(6, 18)
        layout.boxes.append(
            Box(x, z, rng.normal(0, 0.3), rng.uniform(3, 8), 0.4, 0.0, rng.uniform(0.5, 1.4),
                stone, stone)
        )  # fmt: skip
    for side in (-1, 1):
        x, z = side * rng.uniform(8, 20), rng.uniform(24, 36)
        layout.boxes += house(rng, _style(materials), x, z, rng.uniform(8, 14), 8, 0)
    return layout


def room(rng: np.random.Generator, materials: Materials) -> SolidLayout:
    """Four walls, some with openings, a ceiling, cupboards along the walls, tables, columns."""
    layout = SolidLayout("meadow" if rng.random() < 0.5 else "paving")
    half, near, far = rng.uniform(2.6, 6), rng.uniform(-5, -2), rng.uniform(5, 12)
    high, wall = rng.uniform(2.8, 4.2), materials.surface("wall", 2.4)
    ceiling = materials.surface("wall", 3.0)
    middle, long = (near + far) / 2, far - near
    layout.boxes.append(
        Box(0, middle, 0.0, 2 * half + 0.6, long + 0.6, high, high + 0.3, wall, ceiling,
            casts=False)
    )  # fmt: skip
    floor = materials.surface("floor", 2.0)
    layout.boxes.append(
        Box(0, middle, 0.0, 2 * half + 0.6, long + 0.6, 0.0, FLOOR, floor, floor, casts=False)
    )
    for turn, reach, length in (
        (0.0, far, 2 * half), (math.pi, -near, 2 * half),
    ):  # fmt: skip
        layout.boxes += _wall(rng, wall, 0.0, reach, turn, length, high)
    for side in (-1, 1):
        layout.boxes += _wall(rng, wall, middle, half, side * math.pi / 2, long, high)
    wood, other = materials.surface("crate", 1.2), materials.surface("crate", 0.9)
    for _ in range(int(rng.integers(3, 7))):
        side, deep = int(rng.choice([-1, 1])), rng.uniform(0.35, 0.6)
        tall, width = rng.choice([0.5, 0.9, 1.4, 2.0]), rng.uniform(0.8, 2.0)
        z = rng.uniform(near + 1, far - 1.2)
        skin = wood if rng.random() < 0.5 else other
        layout.boxes.append(
            Box(side * (half - deep / 2 - 0.02), z, 0.0, deep, width, 0.0, tall, skin, skin)
        )
    for _ in range(int(rng.integers(1, 3))):
        x = rng.uniform(0.3, 0.6) * half * int(rng.choice([-1, 1]))
        layout.boxes += table(wood, x, rng.uniform(2.5, far - 1.5))
    if rng.random() < 0.35:  # a row of columns
        for z in np.arange(2.0, far, 3.2):
            layout.boxes += [
                Box(s * 0.55 * half, float(z), 0.0, 0.35, 0.35, 0.0, high, wall, wall)
                for s in (-1, 1)
            ]
    return layout


def _wall(
    rng: np.random.Generator, skin: Skin, shift: float, reach: float, turn: float, length: float,
    high: float,
) -> list[Box]:  # fmt: skip
    """A wall at ``reach`` metres in the direction ``turn``, with a door, a window or nothing.

    shift: of its middle along z, for the walls at the sides.
    """
    opening = str(rng.choice(["none", "door", "window"]))
    wide = rng.uniform(1.0, 1.6) if opening == "door" else rng.uniform(1.2, 0.55 * length)
    sill, lintel = (0.0, 2.15) if opening == "door" else (0.95, min(2.3, high - 0.3))
    at = rng.uniform(-0.3, 0.3) * (length - wide)

    def part(left: float, right: float, bottom: float, top: float) -> Box:
        along = (left + right) / 2
        away = reach + 0.15
        c, s = math.cos(turn), math.sin(turn)
        x, z = along * c + away * s, away * c - along * s + shift
        return Box(x, z, turn, right - left, 0.3, bottom, top, skin, skin, casts=False)

    end = length / 2 + 0.3
    if opening == "none":
        return [part(-end, end, 0.0, high)]
    parts = [part(-end, at - wide / 2, 0.0, high), part(at + wide / 2, end, 0.0, high),
             part(at - wide / 2, at + wide / 2, lintel, high)]  # fmt: skip
    if sill:
        parts.append(part(at - wide / 2, at + wide / 2, 0.0, sill))
    return parts
