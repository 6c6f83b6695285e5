"""What the synthetic person is built of: the solids of each part of body and clothing.

In the rest pose of ``skeleton`` at 1.75 m, axes x right, y down, z forward, metres.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from dynascene.datasets.synthetic.look import PersonLook
from dynascene.datasets.synthetic.skeleton import SIDES, rest_joints, side_sign
from dynascene.datasets.synthetic.surface import Carve, Loft, Point

PARTS = ("head", "hair", "top", "arms", "trousers", "legs", "shoes")


@dataclass(frozen=True)
class Part:
    """Solids of one material. fineness: its voxel as a share of the body's."""

    name: str
    lofts: tuple[Loft, ...]
    fineness: float = 1.0
    carve: Carve | None = None


def body_parts(look: PersonLook) -> list[Part]:
    """All parts of a person, in the order of ``PARTS`` (bare legs only under shorts)."""
    girth = look.build
    parts = [
        Part("head", _head(), 0.5),
        Part("hair", _hair(look), 0.6, _hairline),
        Part("top", _top(look), 1.0, _cloth_folds(1.0)),
        Part("arms", _arms(girth), 0.5),
        Part("trousers", _trousers(look), 1.0, _cloth_folds(0.8)),
        Part("shoes", _shoes(), 0.7, _flat_sole),
    ]
    if look.trousers_cut == "shorts":
        parts.insert(5, Part("legs", _bare_legs(girth), 1.0))
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
            _blob("head", _at(sign * 0.077, 1.632, -0.004), (0.011, 0.030, 0.018), 0.010),
            _blob("head", _at(sign * 0.036, 1.616, 0.066), (0.026, 0.022, 0.026), 0.030),  # cheek
        ]

    return (
        _blob("head", _at(0, 1.662, -0.006), (0.076, 0.086, 0.096)),  # skull
        _blob("head", _at(0, 1.600, 0.030), (0.060, 0.066, 0.060), 0.04),  # face
        _blob("head", _at(0, 1.546, 0.060), (0.027, 0.020, 0.024), 0.04),  # chin
        _blob("head", _at(0, 1.660, 0.080), (0.048, 0.011, 0.013), 0.02),  # brow
        Loft("head", _at(0, 1.648, 0.090), _at(0, 1.611, 0.108), (0.007, 0.013), (0.010, 0.012),
             0.008, blend=0.012),  # nose
        _blob("head", _at(0, 1.577, 0.083), (0.022, 0.010, 0.012), 0.014),  # lips
        *_mirrored(ear),
        Loft("neck", _at(0, 1.44, -0.022), _at(0, 1.59, -0.006), (0.066, 0.054, 0.053),
             (0.062, 0.054, 0.056), 0.02, blend=0.03),
    )  # fmt: skip


def _hair(look: PersonLook) -> tuple[Loft, ...]:
    cap = [
        _blob("head", _at(0, 1.670, -0.012), (0.085, 0.092, 0.104)),
        _blob("head", _at(0, 1.625, -0.050), (0.070, 0.060, 0.058), 0.03),
    ]
    if look.hair_cut == "short":
        cap.append(_blob("head", _at(0.012, 1.735, 0.052), (0.058, 0.026, 0.042), 0.03))
    if look.hair_cut == "bun":
        cap.append(_blob("head", _at(0, 1.705, -0.125), (0.036, 0.036, 0.034), 0.015))
    if look.hair_cut == "long":

        def lock(_: str, sign: int) -> list[Loft]:
            return [
                Loft("head", _at(sign * 0.070, 1.69, -0.010), _at(sign * 0.078, 1.505, -0.022),
                     (0.020, 0.026, 0.022), (0.040, 0.044, 0.030), 0.03, blend=0.03)
            ]  # fmt: skip

        cap += _mirrored(lock)
        cap.append(
            Loft("head", _at(0, 1.66, -0.07), _at(0, 1.475, -0.088), (0.078, 0.092, 0.085),
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
    trunk_x = (0.170, 0.160, 0.152, 0.160, 0.172, 0.166, 0.110)
    trunk_z = (0.116, 0.108 * belly, 0.104 * belly, 0.113, 0.118, 0.103, 0.070)
    shift = (0.0, 0.006 * belly, 0.006 * belly, 0.006, 0.0, -0.008, -0.016)

    def shoulder(side: str, sign: int) -> list[Loft]:
        neck, joint = _at(sign * 0.045, 1.476, -0.022), _joint(side, "shoulder")
        return [
            Loft("chest", neck, (joint[0] * 0.9, joint[1] - 0.010, joint[2]), (0.040, 0.052),
                 (0.046, 0.058 + loose / 2), 0.03, blend=0.05),
            _blob("chest", _at(sign * 0.072, 1.325, 0.066), (0.070, 0.062, 0.042), 0.05),
        ]  # fmt: skip

    def sleeve(side: str, _: int) -> list[Loft]:
        a, b, c = (_joint(side, name) for name in ("shoulder", "elbow", "wrist"))
        short = look.top_cut == "tee"
        thick = g**0.7
        upper = [(0.060 + loose / 2) * thick, (0.054 + loose) * thick, (0.046 + loose) * thick]
        if short:
            upper[-1] = upper[1] * 1.02
        lofts = [
            Loft(f"{side}_upper_arm", a, _between(a, b, 0.62) if short else b, tuple(upper),
                 tuple(upper), 0.012 if short else 0.04, blend=0.045),
            _blob(f"{side}_upper_arm", _between(a, b, 0.08), (0.057 * thick, 0.06, 0.061), 0.04),
        ]  # fmt: skip
        if not short:
            lower = [(r + loose) * thick for r in (0.046, 0.042, 0.036)]
            lofts.append(
                Loft(f"{side}_forearm", b, _between(b, c, 0.97), tuple(lower), tuple(lower), 0.010,
                     blend=0.03)
            )  # fmt: skip
        return lofts

    lofts = [
        Loft("spine", _at(0, 0.905, 0), _at(0, 1.455, 0), tuple(g * x + loose for x in trunk_x),
             tuple(g * z + loose for z in trunk_z), 0.012, tuple(shift), blend=0.03),
        *_mirrored(shoulder),
        *_mirrored(sleeve),
        Loft("chest", _at(0, 1.462, -0.020), _at(0, 1.492, -0.021), (0.075, 0.066), (0.072, 0.062),
             0.008, blend=0.02),  # collar
    ]  # fmt: skip
    if look.top_cut == "jacket":
        lofts.append(
            Loft("chest", _at(0, 1.485, -0.022), _at(0, 1.515, -0.026), (0.072, 0.069),
                 (0.069, 0.064), 0.008, blend=0.012)
        )  # fmt: skip
    return tuple(lofts)


def _arms(girth: float) -> tuple[Loft, ...]:
    def arm(side: str, sign: int) -> list[Loft]:
        a, b, c, d = (_joint(side, n) for n in ("shoulder", "elbow", "wrist", "fingertips"))
        upper = tuple(girth**0.7 * r for r in (0.046, 0.045, 0.040))
        lower = tuple(girth**0.5 * r for r in (0.040, 0.042, 0.035, 0.027))
        flat = tuple(r * f for r, f in zip(lower, (1, 1, 0.92, 0.80), strict=True))
        lofts = [
            Loft(f"{side}_upper_arm", _between(a, b, 0.3), b, upper, upper, 0.03),
            Loft(f"{side}_forearm", b, c, flat, lower, 0.02, blend=0.03),
            Loft(f"{side}_hand", _between(c, d, 0.06), _between(c, d, 0.50), (0.019, 0.016, 0.014),
                 (0.028, 0.039, 0.041), 0.016, blend=0.03),
        ]  # fmt: skip
        for finger in range(4):
            z = 0.031 - 0.0205 * finger
            reach = (0.93, 1.0, 0.95, 0.80)[finger]
            root, tip = _between(c, d, 0.52), _between(c, d, reach)
            knuckle = _between(root, tip, 0.5)
            curl = -sign * 0.014
            lofts += [
                Loft(f"{side}_hand", (root[0], root[1], z + root[2]),
                     (knuckle[0] + curl * 0.3, knuckle[1], z + knuckle[2] + 0.002),
                     (0.0105, 0.010), (0.0105, 0.010), 0.008, blend=0.008),
                Loft(f"{side}_hand", (knuckle[0] + curl * 0.3, knuckle[1], z + knuckle[2] + 0.002),
                     (tip[0] + curl * 1.8, tip[1], z + tip[2] + 0.004), (0.010, 0.008),
                     (0.010, 0.008), 0.006, blend=0.006),
            ]  # fmt: skip
        root, tip = _between(c, d, 0.18), _between(c, d, 0.60)
        lofts.append(
            Loft(f"{side}_hand", (root[0], root[1], root[2] + 0.022),
                 (tip[0] - sign * 0.016, tip[1], tip[2] + 0.058), (0.015, 0.011, 0.009),
                 (0.015, 0.011, 0.009), 0.008, blend=0.014)
        )  # fmt: skip
        return lofts

    return tuple(_mirrored(arm))


def _trousers(look: PersonLook) -> tuple[Loft, ...]:
    g = look.build
    shorts = look.trousers_cut == "shorts"

    def leg(side: str, sign: int) -> list[Loft]:
        hip, knee, ankle = (_joint(side, name) for name in ("hip", "knee", "ankle"))
        top = (hip[0], hip[1] + 0.02, hip[2])
        thigh = tuple(g * r for r in (0.088, 0.082, 0.071, 0.062))
        if shorts:
            wide = tuple(g * r for r in (0.088, 0.086, 0.082))
            lofts = [
                Loft(f"{side}_thigh", top, _between(hip, knee, 0.82), wide, wide, 0.012, blend=0.05)
            ]
        else:
            shin, deep = (0.062, 0.060, 0.055, 0.056), (0.062, 0.063, 0.058, 0.061)
            lofts = [
                Loft(f"{side}_thigh", top, knee, thigh, thigh, 0.06, (0.0, 0.006, 0.004, 0.002),
                     blend=0.05),
                Loft(f"{side}_shin", knee, _between(knee, ankle, 0.93), tuple(g * r for r in shin),
                     tuple(g * r for r in deep), 0.010, (0.0, -0.012, -0.008, 0.004), blend=0.04),
            ]  # fmt: skip
        lofts.append(
            _blob("pelvis", _at(sign * 0.068 * g, 0.893, -0.052), (0.076 * g, 0.078, 0.070), 0.05)
        )
        return lofts

    return (
        Loft("pelvis", _at(0, 1.02, 0), _at(0, 0.865, 0.004), (0.148 * g, 0.158 * g, 0.160 * g),
             (0.100 * g, 0.106 * g, 0.096 * g), 0.03, blend=0.03),
        *_mirrored(leg),
    )  # fmt: skip


def _bare_legs(g: float) -> tuple[Loft, ...]:
    def leg(side: str, _: int) -> list[Loft]:
        hip, knee, ankle = (_joint(side, name) for name in ("hip", "knee", "ankle"))
        shin, deep = (0.050, 0.054, 0.044, 0.035, 0.034), (0.053, 0.060, 0.049, 0.038, 0.038)
        return [
            Loft(f"{side}_thigh", _between(hip, knee, 0.3), knee, (0.070 * g, 0.063 * g, 0.052 * g),
                 (0.072 * g, 0.066 * g, 0.055 * g), 0.04, blend=0.03),
            Loft(f"{side}_shin", knee, ankle, tuple(g**0.7 * r for r in shin),
                 tuple(g**0.7 * r for r in deep), 0.03, (0.0, -0.012, -0.014, -0.006, 0.0),
                 blend=0.04),
        ]  # fmt: skip

    return tuple(_mirrored(leg))


def _shoes() -> tuple[Loft, ...]:
    def shoe(side: str, sign: int) -> list[Loft]:
        x = _joint(side, "ankle")[0]
        foot, toes = f"{side}_foot", f"{side}_toes"
        inward = -sign * 0.008
        return [
            Loft(foot, _at(x, 0.018, -0.042), _at(x, 0.018, 0.125), (0.034, 0.034, 0.041, 0.046),
                 (0.024, 0.024, 0.024, 0.024), 0.030, blend=0.01),
            Loft(toes, _at(x, 0.018, 0.115), _at(x + inward, 0.018, 0.168), (0.046, 0.040, 0.030),
                 (0.024, 0.024, 0.022), 0.026, blend=0.02),
            Loft(foot, _at(x, 0.100, -0.012), _at(x, 0.040, 0.105), (0.037, 0.037, 0.036),
                 (0.044, 0.038, 0.028), 0.020, blend=0.03),
            Loft(toes, _at(x, 0.034, 0.105), _at(x + inward, 0.027, 0.165), (0.038, 0.030),
                 (0.026, 0.020), 0.016, blend=0.03),
            Loft(foot, _at(x, 0.030, -0.036), _at(x, 0.105, -0.026), (0.034, 0.036),
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


def scaled(part: Part, fineness: float) -> Part:
    return replace(part, fineness=fineness)
