"""Where the walls of a place meet, from its straight lines.

In the coordinates (p, q) of geometry.box the back wall is a rectangle; everything else follows
from it. A line can only lie on some of the box's planes: one that runs across cannot lie on a side
wall, an upright cannot lie on the floor, and one that leads to the back cannot lie on the back
wall. That, and lines where planes meet, are the evidence for a rectangle.

N samples of segments, C candidate rectangles as [C, 4] arrays of (left, top, right, bottom).
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dynascene.estimators.box.steps import ToneMap, edge_steps
from dynascene.geometry.box import BackWall

ACROSS, UPRIGHT, AHEAD = 0, 1, 2  # classes of segments
BACK, SIDE, FLOOR, CEILING = 0, 1, 2, 3
# What a line of a class [3] on a plane [4] says for the box, per length
BELIEF = np.array([
    [0.5, -1.0, 0.3, 0.5],
    [0.5, 0.5, -0.5, -1.0],
    [-1.0, 0.5, 0.4, 0.5],
])  # fmt: skip
EDGE_WEIGHT = 0.3  # of a line where two planes meet
EDGE_WIDTH = 0.012  # radians, seen from the camera
STEP_WEIGHT = 4.0  # of a step of tone where two planes meet
FOOT_WEIGHT, FOOT_WIDTH = 2.0, 0.015  # of an upright that ends at the floor; radians
WALL_COST = 0.3  # in diagonals of lines: a plane more must be worth that
# Usual distances in heights of the camera and the spread of their logarithm
USUAL_BACK, BACK_SPREAD = 5.0, 0.8
USUAL_SIDE, SIDE_SPREAD = 2.0, 0.7
USUAL_CEILING, CEILING_SPREAD = 0.85, 0.35
PRIOR_WEIGHT = 0.1
OPEN_BACK = 6.0  # heights: of ground and backdrop
NEAREST_BACK, FARTHEST_BACK = 1.2, 30.0
GRID = 12
HEAVIEST, BIN = 14, 0.015  # bins of lines tried, and their width as a logarithm
LEAST_ROOM = 0.05  # of (p, q) between the vanishing point and a border, for a wall to be seen
SWEEPS = 6
BATCH = 64  # candidates at once


@dataclass(frozen=True)
class LineSamples:
    """Points along the segments, seen in the box's axes.

    Attributes:
        place: [N, 2], (p, q).
        weight: [N], length in diagonals of the picture.
        share: [N, 3], how far a segment belongs to each class; sums to at most 1.
        feet: [M, 2], (p, q) of the lower ends of uprights.
        foot_weight: [M], length of each in diagonals times how upright it is.
        least, most: [2] of (p, q) over the picture.
    """

    place: np.ndarray
    weight: np.ndarray
    share: np.ndarray
    feet: np.ndarray
    foot_weight: np.ndarray
    least: np.ndarray
    most: np.ndarray

    def supporting(self, wall: BackWall) -> tuple[float, float]:
        """Length of uprights on the walls, and of lines to the back on the other planes."""
        plane, _, _ = _planes(self.place, np.array([wall]))
        on_wall, on_back = (plane[0] == BACK) | (plane[0] == SIDE), plane[0] == BACK
        upright, ahead = (self.weight * self.share[:, kind] for kind in (UPRIGHT, AHEAD))
        return float(upright @ on_wall), float(ahead @ ~on_back)


OPEN = np.array([-math.inf, -math.inf, math.inf, math.inf])
STARTS = (
    BackWall(-0.6, -0.3, 0.6, 0.33),
    BackWall(-0.25, -math.inf, 0.25, 0.1),
    BackWall(-0.5, -math.inf, math.inf, 0.2),
    BackWall(-math.inf, -math.inf, 0.5, 0.2),
)


class WallEvidence(NamedTuple):
    """What a picture says about walls."""

    samples: LineSamples
    tones: ToneMap


class WallFit(NamedTuple):
    """wall: a back wall. score: its evidence, in diagonals of lines."""

    wall: BackWall
    score: float


def score_walls(evidence: WallEvidence, walls: np.ndarray) -> np.ndarray:
    """The evidence [C] for back walls [C, 4]."""
    return np.concatenate([
        _scores(evidence, walls[start : start + BATCH]) for start in range(0, len(walls), BATCH)
    ])  # fmt: skip


def _scores(evidence: WallEvidence, walls: np.ndarray) -> np.ndarray:
    samples, tones = evidence
    steps = edge_steps(tones, walls, samples.least, samples.most)
    lines = _lines(samples, walls) + FOOT_WEIGHT * _feet(samples, walls)
    return lines + STEP_WEIGHT * steps - _cost(walls)


def _feet(samples: LineSamples, walls: np.ndarray) -> np.ndarray:
    """Length [C] of uprights that end where a wall meets the floor."""
    p, q = samples.feet.T
    left, _, right, bottom = (walls[:, k, None] for k in range(4))
    half_width = np.where(p > 0, right, -left)
    # the foot of the side wall at p lies at q = bottom · |p| / half_width, behind it at bottom
    foot = bottom * np.maximum(1, np.abs(p) / half_width)
    off = (q - foot) / np.sqrt(1 + p * p + q * q)
    return np.exp(-0.5 * (off / FOOT_WIDTH) ** 2) @ samples.foot_weight


def _lines(samples: LineSamples, walls: np.ndarray) -> np.ndarray:
    """What all lines say, and those along the edges once more, [C]."""
    plane, across, down = _planes(samples.place, walls)
    belief = (samples.share @ BELIEF)[np.arange(len(samples.place)), plane] @ samples.weight
    return belief + EDGE_WEIGHT * _edges(samples, across, down, walls)


def _planes(place: np.ndarray, walls: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """On which plane points [N, 2] lie, [C, N], and how far across and down.

    Both in half-widths and half-heights of the back wall, on whose edges they are 1.
    """
    p, q = place.T
    left, top, right, bottom = (walls[:, k, None] for k in range(4))
    across = np.where(p > 0, p / right, p / left)
    down = np.where(q > 0, q / bottom, q / top)
    beside = np.where(across > down, SIDE, np.where(q > 0, FLOOR, CEILING))
    return np.where(np.maximum(across, down) <= 1, BACK, beside), across, down


def _edges(
    samples: LineSamples, across: np.ndarray, down: np.ndarray, walls: np.ndarray
) -> np.ndarray:
    """Length [C] of lines along the edges of the box; across, down: [C, N] of ``_planes``."""
    p, q = samples.place.T
    # one unit of p or q at (p, q) is this many radians
    radians = 1 / np.sqrt(1 + p * p + q * q)
    left, top, right, bottom = (walls[:, k, None] for k in range(4))
    half_width, half_height = np.where(p > 0, right, -left), np.where(q > 0, bottom, -top)
    on_side = _bell((across - 1) * half_width * radians) * (down <= 1.03)
    on_level = _bell((down - 1) * half_height * radians) * (across <= 1.03)
    # distance from the ray through a corner: (p·b − q·a) / |(a, b)| for the corner (a, b)
    with np.errstate(invalid="ignore"):
        off = (np.abs(p) * half_height - np.abs(q) * half_width) / np.hypot(half_width, half_height)
    on_ray = np.nan_to_num(_bell(off * radians), nan=0.0) * (np.maximum(across, down) >= 0.97)
    weight = samples.weight[:, None] * samples.share
    return (
        np.nan_to_num(on_level, nan=0.0) @ weight[:, ACROSS]
        + np.nan_to_num(on_side, nan=0.0) @ weight[:, UPRIGHT]
        + on_ray @ weight[:, AHEAD]
    )


def _bell(angle: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * (angle / EDGE_WIDTH) ** 2)


def _cost(walls: np.ndarray) -> np.ndarray:
    """Of the planes that there are, and of their distances where they are unusual, [C]."""
    back = 1 / walls[:, 3]
    pairs = (
        (-walls[:, 0] * back, USUAL_SIDE, SIDE_SPREAD),
        (walls[:, 2] * back, USUAL_SIDE, SIDE_SPREAD),
        (-walls[:, 1] * back, USUAL_CEILING, CEILING_SPREAD),
    )
    total = 0.5 * PRIOR_WEIGHT * (np.log(back / USUAL_BACK) / BACK_SPREAD) ** 2
    for distance, usual, spread in pairs:
        closed = np.isfinite(distance)
        off = np.log(np.where(closed, distance, usual) / usual) / spread
        total = total + closed * (WALL_COST + 0.5 * PRIOR_WEIGHT * off**2)
    return total


def ground_and_backdrop(evidence: WallEvidence) -> WallFit:
    """What the lines say for level ground and a backdrop, the place without walls."""
    wall = BackWall(-math.inf, -math.inf, math.inf, 1 / OPEN_BACK)
    return WallFit(wall, float(score_walls(evidence, np.array([wall]))[0]))


def find_walls(evidence: WallEvidence) -> WallFit | None:
    """The back wall with the most evidence, of places with one side wall or both.

    Returns:
        The best; None where the picture shows no room for any wall.
    """
    fits = [fit for start in STARTS if (fit := _climbed(evidence, start)) is not None]
    return max(fits, key=lambda fit: fit.score, default=None)


def _climbed(evidence: WallEvidence, start: BackWall) -> WallFit | None:
    """Hill climbing from a start, one side of the back wall at a time."""
    samples = evidence.samples
    room = np.array([-samples.least[0], -samples.least[1], samples.most[0], samples.most[1]])
    wall = np.where(room > LEAST_ROOM, np.clip(start, -0.9 * room, 0.9 * room), OPEN)
    wall = np.where(np.isfinite(start), wall, OPEN)
    if room[3] <= LEAST_ROOM or not np.isfinite(wall[[0, 2]]).any():
        return None
    value = -math.inf
    for _ in range(SWEEPS):
        before = value
        for side in np.flatnonzero(room > LEAST_ROOM):
            places = _candidates(samples, wall, side)
            tried = np.repeat(wall[None], len(places) + 1, axis=0)
            tried[1:, side] = places
            scores = score_walls(evidence, tried)
            value, wall = float(scores.max()), tried[scores.argmax()]
        if value <= before:
            break
    return WallFit(BackWall(*map(float, wall)), value)


def _candidates(samples: LineSamples, wall: np.ndarray, side: int) -> np.ndarray:
    """Places to try for one side of the back wall: a grid, and where lines lie."""
    axis, sign = side % 2, -1.0 if side < 2 else 1.0
    limit = 0.98 * (samples.most[axis] if sign > 0 else -samples.least[axis])
    own, other = sign * samples.place[:, axis], samples.place[:, 1 - axis]
    parallel = samples.share[:, UPRIGHT if axis == 0 else ACROSS] * (own > 0)
    lines = [_heaviest(own, samples.weight * parallel)]
    # rays to the back through the corners with the neighbouring sides
    for neighbour in (wall[1 - axis], wall[3 - axis]):
        if math.isfinite(neighbour):
            ray = samples.share[:, AHEAD] * ((own > 0) & (other * neighbour > 0))
            slope = own / np.where(ray > 0, other, 1.0)
            lines.append(_heaviest(slope * neighbour, samples.weight * ray))
    grid = np.geomspace(0.04, max(limit, 0.05), GRID)
    if math.isfinite(wall[side]):
        grid = np.concatenate([grid, abs(wall[side]) * np.exp(np.linspace(-0.1, 0.1, 8))])
    values = np.concatenate([grid, *lines])
    low, high = (1 / FARTHEST_BACK, 1 / NEAREST_BACK) if side == 3 else (0.02, limit)
    values = values[(values > low) & (values < min(high, limit))]
    is_last = side in (0, 2) and not math.isfinite(wall[2 - side])
    opening = [] if side == 3 or is_last else [OPEN[side]]
    return np.concatenate([sign * values, opening])


def _heaviest(places: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Where most lines lie: the heaviest of narrow bins of positive places, their mean each."""
    inside = (weight > 0) & (places > 0.02) & (places < 4)
    places, weight = places[inside], weight[inside]
    bins = np.floor(np.log(places) / BIN).astype(int)
    if not len(bins):
        return np.zeros(0)
    bins -= bins.min()
    total = np.bincount(bins, weight)
    mean = np.bincount(bins, weight * places) / np.maximum(total, 1e-12)
    return mean[np.argsort(-total)[:HEAVIEST]][: int((total > 0).sum())]
