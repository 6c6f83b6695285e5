"""What people hold, pull, carry and kick. Metres; right, up and ahead of the bearer."""

from __future__ import annotations

import numpy as np

from composited.bearer import Bearer, Part, Skins, shift, stand_upright, tilt
from composited.shapes import block, dome, point, ring, tube, union

BAR = 0.95  # from a suitcase's axle to the grip
BALL = 0.2  # radius
KICK = 1.6  # metres that a ball is driven ahead and caught up with again


def suitcase(bearer: Bearer, skins: Skins) -> list[Part]:
    """A hard case on two wheels, drawn behind by its bar."""
    shell, dark = skins.ribbed._replace(tint=(0.75, 0.12, 0.1)), skins.paint(0.03, 0.03, 0.035)
    case = union(
        [
            block((0.42, 0.58, 0.25), shell, point(0, 0.36, -0.02), 7.0),
            *(tube(point(x, 0.6, 0), point(x, BAR, 0), 0.009, dark) for x in (-0.11, 0.11)),
            block((0.26, 0.03, 0.035), dark, point(0, BAR, 0)),
            *(ring(0.045, 0.04, dark, point(x, 0.045, 0)) for x in (-0.17, 0.17)),
        ]
    )
    height = bearer.places[:, 1] - bearer.right_hand[:, 1]
    lean = np.arccos((height / BAR).clip(0, 1))  # of the bar: the top goes ahead
    ahead = np.stack([np.sin(bearer.headings), 0 * lean, np.cos(bearer.headings)], -1)
    axle = bearer.right_hand - (BAR * np.sin(lean))[:, None] * ahead
    axle[:, 1] = bearer.places[:, 1]
    return [Part(case, tilt(stand_upright(axle, bearer.headings), -lean))]


def carton(bearer: Bearer, skins: Skins) -> list[Part]:
    """A cardboard box between both hands."""
    card, tape = skins.board._replace(tint=(0.62, 0.4, 0.22)), skins.paint(0.55, 0.45, 0.28)
    box = union(
        [
            block((0.5, 0.36, 0.36), card, point(0, 0.12, 0.02), 40.0),
            block((0.505, 0.365, 0.06), tape, point(0, 0.12, 0.02), 40.0),
        ]
    )
    return [Part(box, stand_upright((bearer.left_hand + bearer.right_hand) / 2, bearer.headings))]


def umbrella(bearer: Bearer, skins: Skins) -> list[Part]:
    """An open umbrella in the right hand."""
    dark = skins.paint(0.02, 0.02, 0.02)
    panels = [skins.cloth._replace(tint=t) for t in 4 * [(0.9, 0.75, 0.1), (0.05, 0.12, 0.45)]]
    parts = union(
        [
            dome(0.58, 0.26, panels, point(0, 0.72, 0)),
            tube(point(0, -0.12, 0), point(0, 0.78, 0), 0.01, dark),
        ]
    )
    sway = 0.06 * np.sin(7 * bearer.way)
    return [Part(parts, tilt(stand_upright(bearer.right_hand, bearer.headings), 0.12 + sway))]


def backpack(bearer: Bearer, skins: Skins) -> list[Part]:
    """A hiker's pack with a rolled mat below."""
    cloth = skins.cloth._replace(tint=(0.12, 0.35, 0.16))
    pocket, mat = cloth._replace(tint=(0.5, 0.42, 0.1)), skins.paint(0.12, 0.2, 0.45)
    pack = union(
        [
            block((0.36, 0.6, 0.26), cloth, point(0, -0.02, -0.24), 5.0),
            block((0.27, 0.24, 0.12), pocket, point(0, -0.1, -0.39), 4.0),
            block((0.52, 0.15, 0.15), mat, point(0, -0.38, -0.22), 3.0),
        ]
    )
    return [Part(pack, stand_upright(bearer.back, bearer.headings))]


def ball(bearer: Bearer, skins: Skins) -> list[Part]:
    """A large ball that is kicked ahead, slows down and is caught up with."""
    skin = skins.cloth._replace(tint=(1.0, 0.45, 0.05))
    round_ = block((2 * BALL,) * 3, skin, point(0, 0, 0), 2.0)
    share = (bearer.way / KICK) % 1
    lead = 0.3 + BALL + 1.1 * share * (1 - share)
    middle = shift(stand_upright(bearer.places, bearer.headings), point(0.08, BALL, 0))
    middle[:, :3, 3] += lead[:, None] * middle[:, :3, 2]
    return [Part(round_, tilt(middle, -(bearer.way + lead) / BALL))]
