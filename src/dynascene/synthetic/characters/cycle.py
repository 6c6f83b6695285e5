"""A cycle of walking on the spot, laid along the ground so that the feet do not slide.

P phases of a cycle, V vertices. Metres, glTF's axes: x and z on the ground, y up.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dynascene.synthetic.characters.glb_file import Animation, Character
from dynascene.synthetic.characters.skinning import joint_matrices, skin_vertices

PHASES = 96
SOLE = 0.015  # metres above the lowest point that count as standing on it
FLIGHT = 0.08  # metres above the lowest point of a cycle from which nobody stands
STANDS = 0.2  # metres per cycle below which a clip goes nowhere


@dataclass(frozen=True)
class Cycle:
    """One cycle of an animation, and how its feet carry the body along.

    Attributes:
        name: of the animation.
        seconds: its duration.
        forward: radians from +z towards +x; NaN where it goes nowhere.
        travel, sideways: [P + 1] metres that the body has come forward and to the side (90° from
            forward towards +x) at each phase, so that the foot on the ground stays where it is.
        lift: [P + 1] metres to subtract from all heights.
    """

    name: str
    seconds: float
    forward: float
    travel: np.ndarray
    sideways: np.ndarray
    lift: np.ndarray

    @property
    def stride(self) -> float:
        """Metres per cycle; 0 for an animation that goes nowhere."""
        return float(self.travel[-1])

    @property
    def speed(self) -> float:
        """Metres per second."""
        return self.stride / self.seconds

    def phase_at(self, distance: np.ndarray) -> np.ndarray:
        """The phase after walking some way.

        Args:
            distance: [...] metres.

        Returns:
            [...] cycles; the whole part counts strides.
        """
        strides = np.floor(distance / self.stride)
        share = np.interp(
            distance - strides * self.stride, self.travel, np.linspace(0, 1, PHASES + 1)
        )
        return strides + share

    def at(self, values: np.ndarray, phase: np.ndarray) -> np.ndarray:
        """``sideways`` or ``lift`` at some phases.

        Args:
            values: [P + 1].
            phase: [...] cycles, of any size.

        Returns:
            [...] metres.
        """
        return np.interp(phase % 1, np.linspace(0, 1, PHASES + 1), values)


@lru_cache(maxsize=64)
def measure_cycle(character: Character, name: str) -> Cycle:
    """Follow the soles of an animation through its cycle.

    Args:
        character: with feet as its lowest parts.
        name: of one of its animations.

    Returns:
        The cycle; of stride 0 where the body moves less than STANDS.
    """
    animation = character.animations[name]
    times = np.arange(PHASES) / PHASES * animation.seconds
    feet = [_follow_sole(character, animation, times, foot) for foot in _feet(character)]
    shifts, low = (np.stack(x) for x in zip(*feet, strict=True))  # [2, P, 2], [2, P]
    bearing = low < low.min() + FLIGHT
    lower = np.where((low == low.min(0))[..., None], shifts, np.nan).reshape(-1, 2)
    roughly = np.nanmedian(lower, axis=0)  # the way of the body
    # the foot that bears the body is the one that goes back with the ground, not the swinging one
    back = np.where(bearing & ~np.isnan(shifts[..., 0]), shifts @ roughly, -np.inf)
    bearer, phases = back.argmax(0), np.arange(PHASES)
    stands = np.isfinite(back.max(0))
    steps = _bridge_gaps(np.where(stands[:, None], shifts[bearer, phases], np.nan))
    low = low[bearer, phases]
    total = steps.sum(0)
    lift = _bridge_gaps(np.where(stands, low, np.nan)[:, None])[:, 0]
    cycle_lift = np.append(lift, lift[0])
    if np.hypot(*total) < STANDS:
        still = np.zeros(PHASES + 1)
        return Cycle(name, animation.seconds, math.nan, still, still, cycle_lift)
    ahead = total / np.hypot(*total)
    forward = np.concatenate([[0], (steps @ ahead).clip(1e-5).cumsum()])
    sideways = np.concatenate([[0], (steps @ np.array([ahead[1], -ahead[0]])).cumsum()])
    return Cycle(name, animation.seconds, math.atan2(*ahead), forward, sideways, cycle_lift)


def _feet(character: Character) -> list[np.ndarray]:
    """The vertices of the left and the right foot: the body's lowest eighth."""
    points = skin_vertices(character, joint_matrices(character, None, np.zeros(1)))[0][0]
    heights, across = points[:, 1], points[:, 0] - np.median(points[:, 0])
    low = heights < heights.min() + 0.12 * np.ptp(heights)
    return [np.flatnonzero(low & (side * across > 0)) for side in (-1, 1)]


def _follow_sole(
    character: Character, animation: Animation, times: np.ndarray, foot: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How far the body comes over a foot's sole from each phase to the next, [P, 2], nan while it
    rolls from one part to another; and the height of its lowest point, [P]."""
    points, _ = skin_vertices(character, joint_matrices(character, animation, times), foot)
    low = points[..., 1].min(1)
    sole = points[..., 1] < low[:, None] + SOLE
    steps = np.full((len(times), 2), np.nan)
    for k, after in enumerate(np.roll(np.arange(len(times)), -1)):
        both = sole[k] & sole[after]
        if both.any():
            steps[k] = -np.median((points[after] - points[k])[both][:, ::2], axis=0)
    return steps, low


def _bridge_gaps(values: np.ndarray) -> np.ndarray:
    """[P, C] with gaps (nan) bridged by straight lines; the cycle is closed."""
    indices = np.flatnonzero(~np.isnan(values[:, 0]))
    if not len(indices):
        return np.zeros_like(values)
    phases = np.arange(len(values))
    columns = [np.interp(phases, indices, c[indices], period=len(values)) for c in values.T]
    return np.stack(columns, axis=1)
