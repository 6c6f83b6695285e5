"""What the synthetic person is built of: the solids of each part of body and clothing.

In the rest pose of ``skeleton`` at 1.75 m, axes x right, y down, z forward, metres.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from dynascene.synthetic.people.clothing import (
    cloth_folds,
    flatten_sole,
    shoes,
    top,
    trousers,
    tuck_under_top,
)
from dynascene.synthetic.people.look import PersonLook
from dynascene.synthetic.people.shapes import at, between, both_sides, ellipsoid, joint
from dynascene.synthetic.people.surface import Carve, Loft

PARTS = ("head", "hair", "top", "arms", "hands", "trousers", "legs", "shoes")


@dataclass(frozen=True)
class Part:
    """Solids of one material.

    Attributes:
        name: one of ``PARTS``.
        lofts: its shapes.
        bends_at: the joints at which its limbs bend.
        fineness: its voxel as a share of the body's.
        carve: what takes something off the shapes.
        softness: metres over which a limb's skin passes into the trunk's.
    """

    name: str
    lofts: tuple[Loft, ...]
    bends_at: tuple[str, ...]
    fineness: float = 1.0
    carve: Carve | None = None
    softness: float = 0.025


def body_parts(look: PersonLook) -> list[Part]:
    """The parts of a person: skin only where no clothes cover it."""
    g = look.build
    top_bends = () if look.top_cut == "tee" else ("elbow",)
    trouser_bends = () if look.trousers_cut == "shorts" else ("knee",)
    parts = [
        Part("head", _head(), (), 0.55),
        Part("hair", _hair(look), (), 0.65, _hairline),
        Part("top", top(look), top_bends, 1.0, cloth_folds(1.0), 0.032),
        Part("hands", _hands(), ("wrist",), 0.5),
        Part("trousers", trousers(look), trouser_bends, 1.0, tuck_under_top, 0.03),
        Part("shoes", shoes(), ("ball",), 0.75, flatten_sole),
    ]
    if look.top_cut == "tee":
        parts.append(Part("arms", _bare_arms(g), ("elbow", "wrist"), 0.8))
    if look.trousers_cut == "shorts":
        parts.append(Part("legs", _bare_legs(g), ("knee", "ankle"), 0.9))
    return parts


def _head() -> tuple[Loft, ...]:
    def ear(_: str, sign: int) -> list[Loft]:
        return [
            ellipsoid("trunk", at(sign * 0.077, 1.632, -0.004), (0.011, 0.030, 0.018), 0.010),
            ellipsoid(
                "trunk", at(sign * 0.036, 1.616, 0.066), (0.026, 0.022, 0.026), 0.030
            ),  # cheek
        ]

    return (
        ellipsoid("trunk", at(0, 1.662, -0.006), (0.076, 0.086, 0.096)),  # skull
        ellipsoid("trunk", at(0, 1.600, 0.030), (0.060, 0.066, 0.060), 0.04),  # face
        ellipsoid("trunk", at(0, 1.546, 0.060), (0.027, 0.020, 0.024), 0.04),  # chin
        ellipsoid("trunk", at(0, 1.660, 0.080), (0.048, 0.011, 0.013), 0.02),  # brow
        Loft("trunk", at(0, 1.648, 0.090), at(0, 1.611, 0.108), (0.007, 0.013), (0.010, 0.012),
             0.008, blend=0.012),  # nose
        ellipsoid("trunk", at(0, 1.577, 0.083), (0.022, 0.010, 0.012), 0.014),  # lips
        *both_sides(ear),
        Loft("trunk", at(0, 1.46, -0.020), at(0, 1.59, -0.006), (0.056, 0.053, 0.053),
             (0.052, 0.053, 0.056), 0.02, blend=0.03),
    )  # fmt: skip


def _hair(look: PersonLook) -> tuple[Loft, ...]:
    cap = [
        ellipsoid("trunk", at(0, 1.670, -0.012), (0.085, 0.092, 0.104)),
        ellipsoid("trunk", at(0, 1.625, -0.050), (0.070, 0.060, 0.058), 0.03),
    ]
    if look.hair_cut == "short":
        cap.append(ellipsoid("trunk", at(0.012, 1.735, 0.052), (0.058, 0.026, 0.042), 0.03))
    if look.hair_cut == "bun":
        cap.append(ellipsoid("trunk", at(0, 1.705, -0.125), (0.036, 0.036, 0.034), 0.015))
    if look.hair_cut == "long":

        def lock(_: str, sign: int) -> list[Loft]:
            return [
                Loft("trunk", at(sign * 0.070, 1.69, -0.010), at(sign * 0.078, 1.505, -0.022),
                     (0.020, 0.026, 0.022), (0.040, 0.044, 0.030), 0.03, blend=0.03)
            ]  # fmt: skip

        cap += both_sides(lock)
        cap.append(
            Loft("trunk", at(0, 1.66, -0.07), at(0, 1.475, -0.088), (0.078, 0.092, 0.085),
                 (0.040, 0.034, 0.026), 0.02, blend=0.04)
        )  # fmt: skip
    return tuple(cap)


def _hairline(points: Tensor, distance: Tensor) -> Tensor:
    """Hair grows above a line from the forehead over the temples to the nape."""
    x, up, z = points[:, 0], -points[:, 1], points[:, 2]
    side = (x.abs() / 0.075).clamp(max=1)
    forehead = 1.712 - 0.018 * side**2
    face = torch.maximum(distance, torch.minimum(forehead - up, z - 0.022))
    # the ears stay free under short hair
    ear = torch.stack([(x.abs() - 0.085) / 0.030, (up - 1.622) / 0.034, (z - 0.002) / 0.026])
    return torch.maximum(face, (1 - ear.norm(dim=0)) * 0.026)


def _hands() -> tuple[Loft, ...]:
    def hand(side: str, sign: int) -> list[Loft]:
        limb = f"{side}_arm"
        b, c, d = (joint(side, name) for name in ("elbow", "wrist", "fingertips"))
        lofts = [
            Loft(limb, between(b, c, 0.80), between(c, d, 0.1), (0.028, 0.024, 0.021),
                 (0.031, 0.028, 0.028), 0.01),
            Loft(limb, between(c, d, 0.06), between(c, d, 0.50), (0.019, 0.016, 0.014),
                 (0.028, 0.039, 0.041), 0.016, blend=0.03),
        ]  # fmt: skip
        for finger, reach in enumerate((0.93, 1.0, 0.95, 0.80)):
            z, curl = 0.031 - 0.0205 * finger, -sign * 0.014
            root, tip = between(c, d, 0.52), between(c, d, reach)
            middle = between(root, tip, 0.5)
            knuckle = (middle[0] + curl * 0.3, middle[1], z + middle[2] + 0.002)
            end = (tip[0] + curl * 0.8, tip[1], z + tip[2] + 0.004)
            lofts += [
                Loft(limb, (root[0], root[1], z + root[2]), knuckle, (0.0105, 0.010),
                     (0.0105, 0.010), 0.008, blend=0.008),
                Loft(limb, knuckle, end, (0.010, 0.008), (0.010, 0.008), 0.006, blend=0.006),
            ]  # fmt: skip
        root, tip = between(c, d, 0.18), between(c, d, 0.60)
        thumb = (tip[0] - sign * 0.016, tip[1], tip[2] + 0.058)
        lofts.append(
            Loft(limb, (root[0], root[1], root[2] + 0.022), thumb, (0.015, 0.011, 0.009),
                 (0.015, 0.011, 0.009), 0.008, blend=0.014)
        )  # fmt: skip
        return lofts

    return tuple(both_sides(hand))


def _bare_arms(girth: float) -> tuple[Loft, ...]:
    def arm(side: str, _: int) -> list[Loft]:
        a, c = joint(side, "shoulder"), joint(side, "wrist")
        deep = tuple(girth**0.6 * r for r in (0.045, 0.044, 0.040, 0.042, 0.036, 0.028))
        flat = tuple(r * f for r, f in zip(deep, (1, 1, 1, 1, 0.92, 0.86), strict=True))
        return [Loft(f"{side}_arm", between(a, c, 0.18), c, flat, deep, 0.02)]

    return tuple(both_sides(arm))


def _bare_legs(g: float) -> tuple[Loft, ...]:
    def leg(side: str, _: int) -> list[Loft]:
        hip, ankle = joint(side, "hip"), joint(side, "ankle")
        wide = (0.068, 0.062, 0.051, 0.053, 0.049, 0.038, 0.033)
        deep = (0.070, 0.066, 0.055, 0.060, 0.056, 0.042, 0.037)
        shift = (0.0, 0.0, 0.002, -0.010, -0.014, -0.008, 0.0)
        return [
            Loft(f"{side}_leg", between(hip, ankle, 0.18), ankle, tuple(g**0.8 * r for r in wide),
                 tuple(g**0.8 * r for r in deep), 0.03, shift)
        ]  # fmt: skip

    return tuple(both_sides(leg))
