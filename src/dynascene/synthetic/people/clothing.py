"""The clothes of the synthetic person as solids, in the rest pose of ``skeleton`` at 1.75 m."""

import torch
from torch import Tensor

from dynascene.synthetic.people.look import PersonLook
from dynascene.synthetic.people.shapes import at, between, both_sides, ellipsoid, joint
from dynascene.synthetic.people.skeleton import SIDES, rest_joints
from dynascene.synthetic.people.surface import Carve, Loft


def top(look: PersonLook) -> tuple[Loft, ...]:
    """Tee, sweater or jacket, with sleeves."""
    g = look.build
    loose = {"tee": 0.004, "sweater": 0.008, "jacket": 0.013}[look.top_cut]
    belly = 1 + 1.6 * max(g - 1, 0)
    trunk_x = (0.178, 0.168, 0.152, 0.157, 0.168, 0.160, 0.100)
    trunk_z = (0.132, 0.119 * belly, 0.105 * belly, 0.112, 0.117, 0.102, 0.068)
    shift = (-0.012, -0.002 * belly, 0.006 * belly, 0.006, 0.0, -0.008, -0.016)

    def shoulder(side: str, sign: int) -> list[Loft]:
        neck, end = at(sign * 0.036, 1.472, -0.022), joint(side, "shoulder")
        return [
            Loft("trunk", neck, (end[0] * 0.97, end[1] + 0.002, end[2]), (0.034, 0.036, 0.028),
                 (0.046, 0.056 + loose / 2, 0.044), 0.022, blend=0.06),
            ellipsoid("trunk", at(sign * 0.072, 1.320, 0.062), (0.070, 0.062, 0.042), 0.05),
        ]  # fmt: skip

    def sleeve(side: str, _: int) -> list[Loft]:
        a, c = joint(side, "shoulder"), joint(side, "wrist")
        thick = g**0.7
        short = look.top_cut == "tee"
        width = (0.046, 0.053, 0.053) if short else (0.044, 0.048, 0.043, 0.042, 0.039, 0.033)
        end = between(a, c, 0.34 if short else 0.98)
        radii = tuple((r + loose) * thick for r in width)
        return [
            Loft(f"{side}_arm", between(a, c, 0.01), end, radii, radii, 0.012, blend=0.055),
            ellipsoid(f"{side}_arm", between(a, c, 0.015), (0.050 * thick, 0.046, 0.053), 0.04),
        ]

    lofts = [
        Loft("trunk", at(0, 0.880, 0), at(0, 1.450, 0), tuple(g * x + loose for x in trunk_x),
             tuple(g * z + loose for z in trunk_z), 0.012, tuple(shift), blend=0.03),
        *both_sides(shoulder),
        *both_sides(sleeve),
        Loft("trunk", at(0, 1.462, -0.020), at(0, 1.492, -0.021), (0.075, 0.066), (0.072, 0.062),
             0.008, blend=0.02),  # collar
    ]  # fmt: skip
    if look.top_cut == "jacket":
        lofts.append(
            Loft("trunk", at(0, 1.485, -0.022), at(0, 1.515, -0.026), (0.072, 0.069),
                 (0.069, 0.064), 0.008, blend=0.012)
        )  # fmt: skip
    return tuple(lofts)


def trousers(look: PersonLook) -> tuple[Loft, ...]:
    """Trousers or shorts."""
    g = look.build
    shorts = look.trousers_cut == "shorts"

    def leg(side: str, sign: int) -> list[Loft]:
        hip, ankle = joint(side, "hip"), joint(side, "ankle")
        wide = (0.088, 0.083, 0.072, 0.062, 0.059, 0.056, 0.054, 0.055)
        deep = (0.088, 0.085, 0.075, 0.065, 0.064, 0.062, 0.059, 0.061)
        shift = (0.0, 0.006, 0.006, 0.004, -0.006, -0.010, -0.004, 0.004)
        end = 0.955
        if shorts:
            wide, deep, shift, end = (0.088, 0.086, 0.083), (0.088, 0.088, 0.085), (0.0,), 0.41
        top = (hip[0], hip[1] + 0.02, hip[2])
        lofts = [
            Loft(f"{side}_leg", top, between(hip, ankle, end), tuple(g * r for r in wide),
                 tuple(g * r for r in deep), 0.010, shift, blend=0.05)
        ]  # fmt: skip
        lofts.append(
            ellipsoid("trunk", at(sign * 0.066 * g, 0.888, -0.046), (0.074 * g, 0.076, 0.068), 0.05)
        )
        return lofts

    return (
        Loft("trunk", at(0, 1.02, 0), at(0, 0.865, 0.004), (0.148 * g, 0.158 * g, 0.160 * g),
             (0.100 * g, 0.106 * g, 0.096 * g), 0.03, blend=0.03),
        *both_sides(leg),
    )  # fmt: skip


def shoes() -> tuple[Loft, ...]:
    """A pair of shoes."""

    def shoe(side: str, sign: int) -> list[Loft]:
        x = joint(side, "ankle")[0]
        leg = f"{side}_leg"
        inward = -sign * 0.008
        return [
            Loft(leg, at(x, 0.018, -0.042), at(x, 0.018, 0.125), (0.034, 0.034, 0.041, 0.046),
                 (0.024, 0.024, 0.024, 0.024), 0.030, blend=0.01),
            Loft(leg, at(x, 0.018, 0.115), at(x + inward, 0.018, 0.168), (0.046, 0.040, 0.030),
                 (0.024, 0.024, 0.022), 0.026, blend=0.02),
            Loft(leg, at(x, 0.100, -0.012), at(x, 0.040, 0.105), (0.037, 0.037, 0.036),
                 (0.044, 0.038, 0.028), 0.020, blend=0.03),
            Loft(leg, at(x, 0.034, 0.105), at(x + inward, 0.027, 0.165), (0.038, 0.030),
                 (0.026, 0.020), 0.016, blend=0.03),
            Loft(leg, at(x, 0.030, -0.036), at(x, 0.105, -0.026), (0.034, 0.036),
                 (0.036, 0.040), 0.012, blend=0.03),
        ]  # fmt: skip

    return tuple(both_sides(shoe))


def flatten_sole(points: Tensor, distance: Tensor) -> Tensor:
    """Take off what lies below the ground."""
    return torch.maximum(distance, points[:, 1])  # nothing below the ground


def cloth_folds(strength: float) -> Carve:
    """Shallow folds where cloth bunches: elbows, waist, knees and hems.

    Args:
        strength: 1 for thin cloth, less for stiff.

    Returns:
        What changes a distance accordingly.
    """
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


def tuck_under_top(points: Tensor, distance: Tensor) -> Tensor:
    """Draw trousers in where the top covers them, so that they do not show through."""
    cover = ((-points[:, 1] - 0.872) / 0.03).clamp(0, 1)
    return _trouser_folds(points, distance) + 0.03 * cover


_trouser_folds = cloth_folds(0.8)
