"""Colours of a person's surface, from the place on the body in the rest pose.

N points; results are linear light.
"""

import math

import torch
from torch import Tensor

from dynascene.imaging.colour import linear_from_srgb
from dynascene.synthetic.people.anatomy import PARTS
from dynascene.synthetic.people.look import Colour, PersonLook
from dynascene.synthetic.people.skeleton import ARM_SPREAD


def paint(look: PersonLook, part: Tensor, rest: Tensor) -> Tensor:
    """The colour of points of a body.

    Args:
        look: the person.
        part: [N] index into ``PARTS``.
        rest: [N, 3] metres, where the points are in the rest pose at 1.75 m.

    Returns:
        Albedo, linear [N, 3].
    """
    albedo = torch.empty_like(rest)
    painters = {
        "head": _face, "hair": _hair, "top": _top, "arms": _skin, "hands": _skin,
        "trousers": _trousers, "legs": _skin, "shoes": _shoes,
    }  # fmt: skip
    for index, name in enumerate(PARTS):
        here = (part == index).nonzero()[:, 0]
        if len(here):
            albedo[here] = painters[name](look, rest[here])
    return albedo.clamp(0.005, 0.95)


def _linear(colour: Colour, like: Tensor) -> Tensor:
    return linear_from_srgb(like.new_tensor(colour))


def _smoothstep(value: Tensor, edge: float, softness: float) -> Tensor:
    """0 below the edge, 1 above it."""
    t = ((value - edge) / (2 * softness) + 0.5).clamp(0, 1)
    return t * t * (3 - 2 * t)


def _mix(below: Tensor, above: Tensor, share: Tensor) -> Tensor:
    return below + (above - below) * share[:, None]


def _oval(rest: Tensor, x: float, up: float, radii: tuple[float, float], soft: float) -> Tensor:
    """An ellipse in the frontal plane, mirrored to both sides: 1 inside, only on the front."""
    a, b = (rest[:, 0].abs() - x) / radii[0], (-rest[:, 1] - up) / radii[1]
    inside = 1 - _smoothstep((a * a + b * b).sqrt(), 1.0, soft)
    return inside * (rest[:, 2] > 0.03)


def _skin(look: PersonLook, rest: Tensor) -> Tensor:
    return _linear(look.skin, rest).expand_as(rest).clone()


def _face(look: PersonLook, rest: Tensor) -> Tensor:
    skin = _linear(look.skin, rest)
    red, dark = skin * skin.new_tensor([0.92, 0.62, 0.58]), _linear(look.hair, rest) * 0.8
    face = _skin(look, rest)
    face = _mix(face, red, 0.35 * _oval(rest, 0.042, 1.606, (0.022, 0.018), 0.7))  # cheeks
    face = _mix(face, red, 0.30 * _oval(rest, 0.0, 1.612, (0.012, 0.012), 0.7))  # nose
    face = _mix(face, skin * 0.55, 0.45 * _oval(rest, 0.031, 1.640, (0.019, 0.013), 0.6))  # sockets
    face = _mix(face, red * 0.72, 0.85 * _oval(rest, 0.0, 1.576, (0.023, 0.0075), 0.3))  # lips
    face = _mix(face, skin * 0.25, 0.8 * _oval(rest, 0.0, 1.5765, (0.022, 0.0014), 0.4))
    white = skin.new_tensor([0.72, 0.70, 0.68])
    face = _mix(face, white, _oval(rest, 0.031, 1.639, (0.0125, 0.0058), 0.25))
    face = _mix(
        face,
        skin.new_tensor([0.05, 0.035, 0.025]),
        _oval(rest, 0.0305, 1.6395, (0.006, 0.006), 0.2),
    )
    lid = _oval(rest, 0.0315, 1.6455, (0.0150, 0.0026), 0.4)
    face = _mix(face, skin * 0.12, 0.9 * lid)
    brow = _oval(rest, 0.034, 1.661, (0.0185, 0.0042), 0.4)
    return _mix(face, dark, 0.85 * brow)


def _hair(look: PersonLook, rest: Tensor) -> Tensor:
    x, y, z = rest.unbind(-1)
    angle = torch.atan2(x, z + 0.03)
    bend = 3 * (9 * angle).sin() + 2 * (60 * y).sin()
    strands = (
        (angle * 41 + bend).sin() + (angle * 103 - 2 * bend).sin() + (angle * 23 + 31 * y).sin()
    )
    return _linear(look.hair, rest) * (1 + 0.07 * strands)[:, None]


def _weave(rest: Tensor, strength: float) -> Tensor:
    """A faint unevenness of cloth, 1 ± strength."""
    x, y, z = rest.unbind(-1)
    cloud = (31 * x + 2 * (19 * y).sin()).sin() * (27 * y + 2 * (23 * z).sin()).sin()
    return 1 + strength * (cloud + 0.5 * (90 * x + 70 * z).sin() * (95 * y).sin())


def _cloth_place(rest: Tensor) -> tuple[Tensor, Tensor]:
    """Where on a shirt: (height along trunk or sleeve in metres, turns of the check around it)."""
    x, up, z = rest[:, 0].abs(), -rest[:, 1], rest[:, 2]
    lean = math.radians(ARM_SPREAD)
    right, down = x - 0.174, 1.405 - up  # from the shoulder joint
    along = right * math.sin(lean) + down * math.cos(lean)
    beside = right * math.cos(lean) - down * math.sin(lean)
    sleeve = x > 0.166 + 0.25 * (1.29 - up).clamp(min=0)
    around = torch.where(sleeve, 4 * torch.atan2(z, beside), 9 * torch.atan2(z, rest[:, 0]))
    return torch.where(sleeve, 1.405 - along, up), around


def _top_pattern(look: PersonLook, rest: Tensor) -> Tensor:
    base, accent = _linear(look.top, rest), _linear(look.accent, rest)
    up, around = _cloth_place(rest)
    cloth = base.expand_as(rest)
    if look.pattern == "stripes":
        return _mix(cloth, accent, _smoothstep((up * 2 * torch.pi / 0.055).sin(), 0.35, 0.25))
    if look.pattern == "band":
        return _mix(
            cloth, accent, _smoothstep(up, 1.235, 0.003) * (1 - _smoothstep(up, 1.315, 0.003))
        )
    if look.pattern == "check":
        lines, columns = _smoothstep((up * 2 * torch.pi / 0.07).sin(), 0.3, 0.2), around.sin()
        return _mix(
            _mix(cloth, accent, 0.4 * lines), base * 0.45, 0.5 * _smoothstep(columns, 0.3, 0.2)
        )
    return cloth


def _top(look: PersonLook, rest: Tensor) -> Tensor:
    x, up, z = rest[:, 0], -rest[:, 1], rest[:, 2]
    base = _linear(look.top, rest)
    cloth = _top_pattern(look, rest) if look.top_cut != "jacket" else base.expand_as(rest)
    trim = base * 0.62
    if look.top_cut == "jacket":
        opening = (0.010 + 0.20 * (up - 1.02).clamp(min=0) - 0.06 * (up - 1.30).clamp(min=0)).clamp(
            max=0.075
        )
        front = _smoothstep(z, 0.0, 0.004)
        inside = front * (
            1 - _smoothstep(x.abs(), 0.0, 1e-4) * _smoothstep(x.abs() - opening, 0.0, 0.002)
        )
        lapel = front * (1 - _smoothstep((x.abs() - opening - 0.004).abs(), 0.005, 0.002))
        under = _shirt_pattern(look, rest)
        cloth = _mix(_mix(cloth, trim, 0.8 * lapel), under, inside)
        pocket = front * (
            1 - _smoothstep((up - 1.03 - 0.25 * (x.abs() - 0.1)).abs(), 0.003, 0.0015)
        )
        pocket = (
            pocket * _smoothstep(x.abs(), 0.075, 0.002) * (1 - _smoothstep(x.abs(), 0.125, 0.002))
        )
        cloth = _mix(cloth, trim * 0.7, pocket)
    else:
        collar = _smoothstep(up, 1.478, 0.003) * (x.abs() < 0.1)
        cloth = _mix(cloth, trim, 0.7 * collar)
    hem = 1 - _smoothstep(up, 0.893, 0.002)
    return _mix(cloth, trim, 0.55 * hem) * _weave(rest, 0.035)[:, None]


def _shirt_pattern(look: PersonLook, rest: Tensor) -> Tensor:
    """The shirt under an open jacket: the accent, striped with the jacket's colour if patterned."""
    accent = _linear(look.accent, rest).expand_as(rest)
    if look.pattern != "stripes":
        return accent
    stripes = _smoothstep((-rest[:, 1] * 2 * torch.pi / 0.05).sin(), 0.4, 0.25)
    return _mix(accent, _linear(look.top, rest), 0.8 * stripes)


def _trousers(look: PersonLook, rest: Tensor) -> Tensor:
    x, up, z = rest[:, 0], -rest[:, 1], rest[:, 2]
    base = _linear(look.trousers, rest)
    fade = 1 + 0.22 * (-((up - 0.66) / 0.16).square()).exp() * _smoothstep(z, 0.02, 0.04)
    cloth = base * (fade * _weave(rest, 0.045))[:, None]
    centre = 0.088 + (0.917 - up).clamp(min=0) * 0.105  # outer seam runs down the leg's side
    seam = 1 - _smoothstep(z.abs(), 0.0025, 0.0012)
    return _mix(cloth, base * 0.6, 0.5 * seam * _smoothstep(x.abs() - centre, 0.02, 0.005))


def _shoes(look: PersonLook, rest: Tensor) -> Tensor:
    up, z = -rest[:, 1], rest[:, 2]
    upper = _linear(look.shoes, rest).expand_as(rest)
    bright = float(_linear(look.shoes, rest).mean()) > 0.3
    sole = upper[:1] * 0.35 if bright else upper.new_tensor([[0.42, 0.40, 0.37]])
    leather = _mix(upper, upper[:1] * 0.7, _smoothstep((z * 330).sin(), 0.2, 0.3) * _laces(rest))
    return _mix(sole.expand_as(rest), leather, _smoothstep(up, 0.026, 0.0015))


def _laces(rest: Tensor) -> Tensor:
    """Where the laces are: over the instep."""
    up, z = -rest[:, 1], rest[:, 2]
    return _smoothstep(up, 0.060, 0.004) * _smoothstep(z, 0.035, 0.004)
