"""What the synthetic person is built of: the solids of each part of body and clothing.

In the rest pose of ``skeleton`` at 1.75 m, axes x right, y down, z forward, metres.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from dynascene.datasets.synthetic.look import PersonLook
from dynascene.datasets.synthetic.skeleton import SIDES, rest_joints, side_sign
from dynascene.datasets.synthetic.surface import Carve, Loft, Point

PARTS = ("head", "hair", "top", "arms", "hands", "trousers", "legs", "shoes")


@dataclass(frozen=True)
class Part:
    """Solids of one material. fineness: its voxel as a share of the body's. bends_at: the joints
    at which its limbs bend. softness: metres over which a limb's skin passes into the trunk's."""

    name: str
    lofts: tuple[Loft, ...]
    bends_at: tuple[str, ...]
    fineness: float = 1.0
    carve: Carve | None = None
    softness: float = 0.016


def body_parts(look: PersonLook) -> list[Part]:
    """The parts of a person: skin only where no clothes cover it."""
    g = look.build
    top_bends = () if look.top_cut == "tee" else ("elbow",)
    trouser_bends = () if look.trousers_cut == "shorts" else ("knee",)
    parts = [
        Part("head", _head(), (), 0.55),
        Part("hair", _hair(look), (), 0.65, _hairline),
        Part("top", _top(look), top_bends, 1.0, _cloth_folds(1.0), 0.02),
        Part("hands", _hands(), ("wrist",), 0.5),
        Part("trousers", _trousers(look), trouser_bends, 1.0, _under_the_top, 0.02),
        Part("shoes", _shoes(), ("ball",), 0.75, _flat_sole),
    ]
    if look.top_cut == "tee":
        parts.append(Part("arms", _bare_arms(g), ("elbow", "wrist"), 0.8))
    if look.trousers_cut == "shorts":
        parts.append(Part("legs", _bare_legs(g), ("knee", "ankle"), 0.9))
    return parts


def _at(x: float, up: float, z: float) -> Point:
    return (x, -up, z)


def _blob(bone: str, centre: Point, radii: Point, blend: float = 0.02) -> Loft:
    """An ellipsoid with half widths (x, y, z)."""
    return Loft(bone, centre, centre, (radii[0],), (radii[2],), radii[1], blend=blend)


def _mirrored(make: Callable[[str, int], list[Loft]]) -> list[Loft]:
    return [loft for side in SIDES for loft in make(side, side_sign(side))]


def _joint(side: str, name: str) -> Point:
    x, y, z = rest_joints()[f"{side}_{name}"].tolist()
    return (x, y, z)


def _between(a: Point, b: Point, share: float) -> Point:
    return (
        a[0] + share * (b[0] - a[0]),
        a[1] + share * (b[1] - a[1]),
        a[2] + share * (b[2] - a[2]),
    )


def _head() -> tuple[Loft, ...]:
    def ear(_: str, sign: int) -> list[Loft]:
        return [
            _blob("trunk", _at(sign * 0.077, 1.632, -0.004), (0.011, 0.030, 0.018), 0.010),
            _blob("trunk", _at(sign * 0.036, 1.616, 0.066), (0.026, 0.022, 0.026), 0.030),  # cheek
        ]

    return (
        _blob("trunk", _at(0, 1.662, -0.006), (0.076, 0.086, 0.096)),  # skull
        _blob("trunk", _at(0, 1.600, 0.030), (0.060, 0.066, 0.060), 0.04),  # face
        _blob("trunk", _at(0, 1.546, 0.060), (0.027, 0.020, 0.024), 0.04),  # chin
        _blob("trunk", _at(0, 1.660, 0.080), (0.048, 0.011, 0.013), 0.02),  # brow
        Loft("trunk", _at(0, 1.648, 0.090), _at(0, 1.611, 0.108), (0.007, 0.013), (0.010, 0.012),
             0.008, blend=0.012),  # nose
        _blob("trunk", _at(0, 1.577, 0.083), (0.022, 0.010, 0.012), 0.014),  # lips
        *_mirrored(ear),
        Loft("trunk", _at(0, 1.46, -0.020), _at(0, 1.59, -0.006), (0.056, 0.053, 0.053),
             (0.052, 0.053, 0.056), 0.02, blend=0.03),
    )  # fmt: skip


def _hair(look: PersonLook) -> tuple[Loft, ...]:
    cap = [
        _blob("trunk", _at(0, 1.670, -0.012), (0.085, 0.092, 0.104)),
        _blob("trunk", _at(0, 1.625, -0.050), (0.070, 0.060, 0.058), 0.03),
    ]
    if look.hair_cut == "short":
        cap.append(_blob("trunk", _at(0.012, 1.735, 0.052), (0.058, 0.026, 0.042), 0.03))
    if look.hair_cut == "bun":
        cap.append(_blob("trunk", _at(0, 1.705, -0.125), (0.036, 0.036, 0.034), 0.015))
    if look.hair_cut == "long":

        def lock(_: str, sign: int) -> list[Loft]:
            return [
                Loft("trunk", _at(sign * 0.070, 1.69, -0.010), _at(sign * 0.078, 1.505, -0.022),
                     (0.020, 0.026, 0.022), (0.040, 0.044, 0.030), 0.03, blend=0.03)
            ]  # fmt: skip

        cap += _mirrored(lock)
        cap.append(
            Loft("trunk", _at(0, 1.66, -0.07), _at(0, 1.475, -0.088), (0.078, 0.092, 0.085),
                 (0.040, 0.034, 0.026), 0.02, blend=0.04)
        )  # fmt: skip
    return tuple(cap)


def _hairline(points: Tensor, distance: Tensor) -> Tensor:
    """Hair grows above a line from the forehead over the temples to the nape."""
    x, up, z = points[:, 0], -points[:, 1], points[:, 2]
    side = (x.abs() / 0.075).clamp(max=1)
    forehead = 1.712 - 0.018 * side**2
    front = torch.maximum(forehead - up, (0.012 - z) * 0.8)  # behind the temples it hangs lower
    face = torch.maximum(distance, torch.minimum(forehead - up, z - 0.022 + 0 * front))
    # the ears stay free under short hair
    ear = torch.stack([(x.abs() - 0.085) / 0.030, (up - 1.622) / 0.034, (z - 0.002) / 0.026])
    return torch.maximum(face, (1 - ear.norm(dim=0)) * 0.026)


def _top(look: PersonLook) -> tuple[Loft, ...]:
    g = look.build
    loose = {"tee": 0.004, "sweater": 0.008, "jacket": 0.013}[look.top_cut]
    belly = 1 + 1.6 * max(g - 1, 0)
    trunk_x = (0.178, 0.168, 0.152, 0.157, 0.168, 0.160, 0.100)
    trunk_z = (0.132, 0.119 * belly, 0.105 * belly, 0.112, 0.117, 0.102, 0.068)
    shift = (-0.012, -0.002 * belly, 0.006 * belly, 0.006, 0.0, -0.008, -0.016)

    def shoulder(side: str, sign: int) -> list[Loft]:
        neck, joint = _at(sign * 0.036, 1.472, -0.022), _joint(side, "shoulder")
        return [
            Loft("trunk", neck, (joint[0] * 0.86, joint[1] - 0.010, joint[2]), (0.034, 0.034),
                 (0.046, 0.054 + loose / 2), 0.02, blend=0.05),
            _blob("trunk", _at(sign * 0.072, 1.320, 0.062), (0.070, 0.062, 0.042), 0.05),
        ]  # fmt: skip

    def sleeve(side: str, _: int) -> list[Loft]:
        a, c = _joint(side, "shoulder"), _joint(side, "wrist")
        thick = g**0.7
        short = look.top_cut == "tee"
        width = (0.046, 0.053, 0.053) if short else (0.044, 0.048, 0.043, 0.042, 0.039, 0.033)
        end = _between(a, c, 0.34 if short else 0.98)
        radii = tuple((r + loose) * thick for r in width)
        return [
            Loft(f"{side}_arm", _between(a, c, 0.03), end, radii, radii, 0.012, blend=0.04),
            _blob(f"{side}_arm", _between(a, c, 0.05), (0.050 * thick, 0.048, 0.054), 0.04),
        ]

    lofts = [
        Loft("trunk", _at(0, 0.880, 0), _at(0, 1.450, 0), tuple(g * x + loose for x in trunk_x),
             tuple(g * z + loose for z in trunk_z), 0.012, tuple(shift), blend=0.03),
        *_mirrored(shoulder),
        *_mirrored(sleeve),
        Loft("trunk", _at(0, 1.462, -0.020), _at(0, 1.492, -0.021), (0.075, 0.066), (0.072, 0.062),
             0.008, blend=0.02),  # collar
    ]  # fmt: skip
    if look.top_cut == "jacket":
        lofts.append(
            Loft("trunk", _at(0, 1.485, -0.022), _at(0, 1.515, -0.026), (0.072, 0.069),
                 (0.069, 0.064), 0.008, blend=0.012)
        )  # fmt: skip
    return tuple(lofts)


def _hands() -> tuple[Loft, ...]:
    def hand(side: str, sign: int) -> list[Loft]:
        limb = f"{side}_arm"
        b, c, d = (_joint(side, name) for name in ("elbow", "wrist", "fingertips"))
        lofts = [
            Loft(limb, _between(b, c, 0.80), _between(c, d, 0.1), (0.028, 0.024, 0.021),
                 (0.031, 0.028, 0.028), 0.01),
            Loft(limb, _between(c, d, 0.06), _between(c, d, 0.50), (0.019, 0.016, 0.014),
                 (0.028, 0.039, 0.041), 0.016, blend=0.03),
        ]  # fmt: skip
        for finger, reach in enumerate((0.93, 1.0, 0.95, 0.80)):
            z, curl = 0.031 - 0.0205 * finger, -sign * 0.014
            root, tip = _between(c, d, 0.52), _between(c, d, reach)
            middle = _between(root, tip, 0.5)
            knuckle = (middle[0] + curl * 0.3, middle[1], z + middle[2] + 0.002)
            end = (tip[0] + curl * 1.8, tip[1], z + tip[2] + 0.004)
            lofts += [
                Loft(limb, (root[0], root[1], z + root[2]), knuckle, (0.0105, 0.010),
                     (0.0105, 0.010), 0.008, blend=0.008),
                Loft(limb, knuckle, end, (0.010, 0.008), (0.010, 0.008), 0.006, blend=0.006),
            ]  # fmt: skip
        root, tip = _between(c, d, 0.18), _between(c, d, 0.60)
        thumb = (tip[0] - sign * 0.016, tip[1], tip[2] + 0.058)
        lofts.append(
            Loft(limb, (root[0], root[1], root[2] + 0.022), thumb, (0.015, 0.011, 0.009),
                 (0.015, 0.011, 0.009), 0.008, blend=0.014)
        )  # fmt: skip
        return lofts

    return tuple(_mirrored(hand))


def _bare_arms(girth: float) -> tuple[Loft, ...]:
    def arm(side: str, _: int) -> list[Loft]:
        a, c = _joint(side, "shoulder"), _joint(side, "wrist")
        deep = tuple(girth**0.6 * r for r in (0.045, 0.044, 0.040, 0.042, 0.036, 0.028))
        flat = tuple(r * f for r, f in zip(deep, (1, 1, 1, 1, 0.92, 0.86), strict=True))
        return [Loft(f"{side}_arm", _between(a, c, 0.18), c, flat, deep, 0.02)]

    return tuple(_mirrored(arm))


def _trousers(look: PersonLook) -> tuple[Loft, ...]:
    g = look.build
    shorts = look.trousers_cut == "shorts"

    def leg(side: str, sign: int) -> list[Loft]:
        hip, ankle = _joint(side, "hip"), _joint(side, "ankle")
        wide = (0.088, 0.083, 0.072, 0.062, 0.059, 0.056, 0.054, 0.055)
        deep = (0.088, 0.085, 0.075, 0.065, 0.064, 0.062, 0.059, 0.061)
        shift = (0.0, 0.006, 0.006, 0.004, -0.006, -0.010, -0.004, 0.004)
        end = 0.955
        if shorts:
            wide, deep, shift, end = (0.088, 0.086, 0.083), (0.088, 0.088, 0.085), (0.0,), 0.41
        top = (hip[0], hip[1] + 0.02, hip[2])
        lofts = [
            Loft(f"{side}_leg", top, _between(hip, ankle, end), tuple(g * r for r in wide),
                 tuple(g * r for r in deep), 0.010, shift, blend=0.05)
        ]  # fmt: skip
        lofts.append(
            _blob("trunk", _at(sign * 0.066 * g, 0.888, -0.046), (0.074 * g, 0.076, 0.068), 0.05)
        )
        return lofts

    return (
        Loft("trunk", _at(0, 1.02, 0), _at(0, 0.865, 0.004), (0.148 * g, 0.158 * g, 0.160 * g),
             (0.100 * g, 0.106 * g, 0.096 * g), 0.03, blend=0.03),
        *_mirrored(leg),
    )  # fmt: skip


def _bare_legs(g: float) -> tuple[Loft, ...]:
    def leg(side: str, _: int) -> list[Loft]:
        hip, ankle = _joint(side, "hip"), _joint(side, "ankle")
        wide = (0.068, 0.062, 0.051, 0.053, 0.049, 0.038, 0.033)
        deep = (0.070, 0.066, 0.055, 0.060, 0.056, 0.042, 0.037)
        shift = (0.0, 0.0, 0.002, -0.010, -0.014, -0.008, 0.0)
        return [
            Loft(f"{side}_leg", _between(hip, ankle, 0.18), ankle, tuple(g**0.8 * r for r in wide),
                 tuple(g**0.8 * r for r in deep), 0.03, shift)
        ]  # fmt: skip

    return tuple(_mirrored(leg))


def _shoes() -> tuple[Loft, ...]:
    def shoe(side: str, sign: int) -> list[Loft]:
        x = _joint(side, "ankle")[0]
        leg = f"{side}_leg"
        inward = -sign * 0.008
        return [
            Loft(leg, _at(x, 0.018, -0.042), _at(x, 0.018, 0.125), (0.034, 0.034, 0.041, 0.046),
                 (0.024, 0.024, 0.024, 0.024), 0.030, blend=0.01),
            Loft(leg, _at(x, 0.018, 0.115), _at(x + inward, 0.018, 0.168), (0.046, 0.040, 0.030),
                 (0.024, 0.024, 0.022), 0.026, blend=0.02),
            Loft(leg, _at(x, 0.100, -0.012), _at(x, 0.040, 0.105), (0.037, 0.037, 0.036),
                 (0.044, 0.038, 0.028), 0.020, blend=0.03),
            Loft(leg, _at(x, 0.034, 0.105), _at(x + inward, 0.027, 0.165), (0.038, 0.030),
                 (0.026, 0.020), 0.016, blend=0.03),
            Loft(leg, _at(x, 0.030, -0.036), _at(x, 0.105, -0.026), (0.034, 0.036),
                 (0.036, 0.040), 0.012, blend=0.03),
        ]  # fmt: skip

    return tuple(_mirrored(shoe))


def _flat_sole(points: Tensor, distance: Tensor) -> Tensor:
    return torch.maximum(distance, points[:, 1])  # nothing below the ground


def _cloth_folds(strength: float) -> Carve:
    """Shallow folds where cloth bunches: elbows, waist, knees and hems."""
    joints = rest_joints()
    places = [
        (joints[f"{side}_{name}"].float(), radius, depth)
        for side in SIDES
        for name, radius, depth in (
            ("elbow", 0.09, 0.0030), ("shoulder", 0.10, 0.0022), ("knee", 0.10, 0.0032),
            ("ankle", 0.13, 0.0045), ("wrist", 0.08, 0.0028), ("hip", 0.13, 0.0025),
        )
    ]  # fmt: skip
    places.append((torch.tensor([0.0, -1.02, 0.0]), 0.22, 0.0030))

    def carve(points: Tensor, distance: Tensor) -> Tensor:
        x, y, z = points.unbind(-1)
        wave = (88 * y + 21 * x + 14 * (17 * z).sin() * 0.35).sin()
        wave = wave + 0.6 * (61 * y - 33 * x + 27 * z + 2 * (23 * x).sin()).sin()
        depth = torch.zeros_like(x)
        for centre, radius, amount in places:
            near = (points - centre).square().sum(-1) / radius**2
            depth = depth + amount * (-near).exp()
        return distance + strength * depth * wave

    return carve


_trouser_folds = _cloth_folds(0.8)


def _under_the_top(points: Tensor, distance: Tensor) -> Tensor:
    """Trousers, drawn in where the top covers them, so that they never show through it."""
    covered = ((-points[:, 1] - 0.872) / 0.03).clamp(0, 1)
    return _trouser_folds(points, distance) + 0.03 * covered
