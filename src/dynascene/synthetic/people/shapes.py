"""Placing shapes on the rest pose: x right, up, z forward, in metres, at 1.75 m."""

from collections.abc import Callable

from dynascene.synthetic.people.skeleton import SIDES, rest_joints, side_sign
from dynascene.synthetic.people.surface import Loft, Point


def at(x: float, up: float, z: float) -> Point:
    """A point by its height above the ground."""
    return (x, -up, z)


def ellipsoid(bone: str, centre: Point, radii: Point, blend: float = 0.02) -> Loft:
    """An ellipsoid as a shape.

    Args:
        bone: the limb it belongs to.
        centre: of the ellipsoid.
        radii: half widths along x, y and z.
        blend: metres over which it melts into the shapes before it.

    Returns:
        The shape.
    """
    return Loft(bone, centre, centre, (radii[0],), (radii[2],), radii[1], blend=blend)


def both_sides(make: Callable[[str, int], list[Loft]]) -> list[Loft]:
    """The shapes of the right side and of the left, made by ``make(side, sign)``."""
    return [loft for side in SIDES for loft in make(side, side_sign(side))]


def joint(side: str, name: str) -> Point:
    """A joint of one side in the rest pose."""
    x, y, z = rest_joints()[f"{side}_{name}"].tolist()
    return (x, y, z)


def between(a: Point, b: Point, share: float) -> Point:
    """The point at a share 0 … 1 of the way from ``a`` to ``b``."""
    return (
        a[0] + share * (b[0] - a[0]),
        a[1] + share * (b[1] - a[1]),
        a[2] + share * (b[2] - a[2]),
    )
