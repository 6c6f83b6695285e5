"""What people ride. Metres; right, up and ahead of where the rider stands."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from composited.bearer import Bearer, Part, Skins, shift, stand_upright, tilt
from composited.shapes import Surface, block, point, ring, tube, union
from dynascene.synthetic.solid.mesh import Skin

DECK = 0.11  # height of a board
WHEEL = 0.34  # radius, of a bicycle
HUBS = (-0.34, 0.72)  # ahead of the saddle's post: back and front
CRANK = point(0.0, 0.29, 0.11)  # its axle
CRANK_LENGTH, GEAR = 0.165, 3.6  # metres of way for each turn of the pedals


def skateboard(bearer: Bearer, skins: Skins) -> list[Part]:
    """A board on four wheels, along the way."""
    wood, wheel = skins.board._replace(tint=(0.5, 0.2, 0.1)), skins.paint(0.75, 0.75, 0.6)
    places = [(x, z) for x in (-0.08, 0.08) for z in (-0.29, 0.29)]
    board = union(
        [
            block((0.22, 0.03, 0.86), wood, point(0, DECK - 0.015, 0), 6.0),
            *(ring(0.045, 0.05, wheel, point(x, 0.045, z)) for x, z in places),
        ]
    )
    return [Part(board, stand_upright(bearer.places, bearer.headings))]


def scooter(bearer: Bearer, skins: Skins) -> list[Part]:
    """A deck between two wheels, and a bar to hold."""
    metal, dark = skins.paint(0.35, 0.37, 0.4), skins.paint(0.02, 0.02, 0.02)
    grip = skins.paint(0.1, 0.35, 0.1)
    frame = union(
        [
            block((0.13, 0.04, 0.56), metal, point(0, DECK - 0.02, 0.02), 6.0),
            tube(point(0, DECK, 0.3), point(0, 0.25, 0.46), 0.025, metal),
            tube(point(0, 0.1, 0.48), point(0, 1.02, 0.36), 0.02, metal),
            tube(point(-0.24, 1.02, 0.36), point(0.24, 1.02, 0.36), 0.016, grip),
        ]
    )
    still = stand_upright(bearer.places, bearer.headings)
    wheel = ring(0.1, 0.035, dark, point(0, 0, 0))
    hubs = (shift(still, point(0, 0.1, z)) for z in (-0.34, 0.49))
    return [Part(frame, still), *(Part(wheel, tilt(h, -bearer.way / 0.1)) for h in hubs)]


def bicycle(bearer: Bearer, skins: Skins) -> list[Part]:
    """A city bicycle whose wheels and pedals turn."""
    still = stand_upright(bearer.places, bearer.headings)
    hubs = (shift(still, point(0, WHEEL, z)) for z in HUBS)
    wheel = _wheel(skins)
    cranks = shift(still, CRANK)
    return [
        Part(_frame(skins.paint(0.03, 0.22, 0.4), skins.paint(0.02, 0.02, 0.02)), still),
        *(Part(wheel, tilt(hub, -bearer.way / WHEEL)) for hub in hubs),
        Part(_pedals(skins), tilt(cranks, -pedal_angle(bearer.way))),
    ]


def pedal_angle(way: np.ndarray) -> np.ndarray:
    """Radians that the pedals have turned ahead after metres of way [T]; 0 = the left one is up."""
    return 2 * math.pi * way / GEAR


def pedal_places(way: np.ndarray, side: float) -> np.ndarray:
    """A pedal's middle in glTF's axes of the rider (left, up, ahead): [T, 3]; side: 1 = left."""
    angle = pedal_angle(way)
    up = -CRANK[1] + side * CRANK_LENGTH * np.cos(angle)
    ahead = CRANK[2] + side * CRANK_LENGTH * np.sin(angle)
    return np.stack([np.full_like(angle, 0.11 * side), up, ahead], -1)


def _wheel(skins: Skins) -> Surface:
    tyre, spoke = skins.paint(0.02, 0.02, 0.02), skins.paint(0.4, 0.4, 0.42)
    spokes = [
        tube(point(0, 0, 0), (WHEEL - 0.02) * point(0, math.cos(a), math.sin(a)), 0.0025, spoke)
        for a in np.linspace(0, 2 * math.pi, 20, endpoint=False)
    ]
    rim = ring(WHEEL - 0.028, 0.02, spoke, point(0, 0, 0))
    hub = tube(point(-0.05, 0, 0), point(0.05, 0, 0), 0.02, spoke)
    return union([ring(WHEEL, 0.035, tyre, point(0, 0, 0)), rim, hub, *spokes])


def _frame(paint: Skin, dark: Skin) -> Surface:
    seat, head, crown = point(0, 0.72, -0.04), point(0, 0.84, 0.54), point(0, 0.64, 0.6)
    bars = [
        (CRANK, seat), (seat, head), (CRANK, crown), (head, crown),
        *((point(x, WHEEL, HUBS[0]), end) for x in (-0.06, 0.06) for end in (CRANK, seat)),
        *((point(x, WHEEL, HUBS[1]), crown) for x in (-0.06, 0.06)),
    ]  # fmt: skip
    guard = [WHEEL * 1.08 * point(0, math.sin(a), math.cos(a)) for a in np.linspace(0.6, 2.9, 9)]
    rear = point(0, WHEEL, HUBS[0])
    return union(
        [
            *(tube(start, end, 0.016, paint) for start, end in bars),
            tube(seat, point(0, 0.86, -0.07), 0.013, dark),
            block((0.16, 0.07, 0.26), dark, point(0, 0.88, -0.06), 3.0),
            tube(head, point(0, 1.0, 0.5), 0.013, dark),
            tube(point(-0.27, 1.02, 0.46), point(0.27, 1.02, 0.46), 0.014, dark),
            *(tube(rear + a, rear + b, 0.018, dark) for a, b in pairwise(guard)),
        ]
    )


def _pedals(skins: Skins) -> Surface:
    metal, dark = skins.paint(0.3, 0.3, 0.32), skins.paint(0.02, 0.02, 0.02)
    parts = [
        tube(point(-0.06, 0, 0), point(0.06, 0, 0), 0.025, metal),
        ring(0.09, 0.02, dark, point(0.05, 0, 0)),
    ]
    for side in (1.0, -1.0):  # left, which is −x here, and right
        end = point(-0.06 * side, CRANK_LENGTH * side, 0)
        parts.append(tube(point(-0.06 * side, 0, 0), end, 0.012, metal))
        parts.append(block((0.09, 0.02, 0.07), dark, end + point(-0.05 * side, 0, 0), 6.0))
    return union(parts)
