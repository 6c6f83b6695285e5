"""Placing shapes on the rest pose: x right, up, z forward, in metres, at 1.75 m."""

from collections.abc import Callable

from dynascene.synthetic.people.skeleton import SIDES, rest_joints, side_sign
from dynascene.synthetic.people.surface import Loft, Point


def at(x: float, up: float, z: float) -> Point:
    return (x, -up, z)


def ellipsoid(bone: str, centre: Point, radii: Point, blend: float = 0.02) -> Loft:
    """An ellipsoid with half widths (x, y, z)."""
    return Loft(bone, centre, centre, (radii[0],), (radii[2],), radii[1], blend=blend)


def both_sides(make: Callable[[str, int], list[Loft]]) -> list[Loft]:
    return [loft for side in SIDES for loft in make(side, side_sign(side))]


def joint(side: str, name: str) -> Point:
    x, y, z = rest_joints()[f"{side}_{name}"].tolist()
    return (x, y, z)


def between(a: Point, b: Point, share: float) -> Point:
    return (
        a[0] + share * (b[0] - a[0]),
        a[1] + share * (b[1] - a[1]),
        a[2] + share * (b[2] - a[2]),
    )
