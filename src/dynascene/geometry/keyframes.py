"""A camera track through keyframes: smooth curves through controls set by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dynascene.geometry.controls import CONTROLS, track_from_controls
from dynascene.types import CameraTrack, Size

# easing: is the camera at rest at the first key, at the last key? None: straight between keys
AT_REST: Mapping[str, tuple[bool, bool] | None] = {
    "ease-in-out": (True, True),
    "ease-in": (True, False),
    "ease-out": (False, True),
    "smooth": (False, False),
    "linear": None,
}


@dataclass(frozen=True)
class Keyframe:
    """Controls at one moment.

    Attributes:
        time: 0 at the first frame of the clip, 1 at the last.
        controls: any of CONTROLS; a missing one keeps its value from the previous keyframe (0 at
            first).
    """

    time: float
    controls: Mapping[str, float]


def track_from_keyframes(
    keyframes: Sequence[Keyframe],
    frames: int,
    intrinsics: Tensor,
    size: Size,
    easing: str = "ease-in-out",
) -> CameraTrack:
    """Keyframes in order of time (at least one) → a track of ``frames`` cameras.

    The motion is smooth through inner keys and does not overshoot them; ``easing`` says whether it
    starts and ends at rest. Before the first and after the last key the camera stands still.

    Args:
        intrinsics: [3, 3] in pixels of a frame of ``size``, where zoom is 0.
    """
    times = torch.tensor([key.time for key in keyframes], dtype=torch.float64)
    rows: list[Mapping[str, float]] = []
    state = dict.fromkeys(CONTROLS, 0.0)
    for key in keyframes:
        state = {**state, **key.controls}
        rows.append(state)
    values = torch.tensor([[row[c] for c in CONTROLS] for row in rows], dtype=torch.float64)
    at = torch.linspace(0, 1, frames, dtype=torch.float64).clamp(times[0], times[-1])
    curves = interpolate(times, values, at, easing)
    controls = dict(zip(CONTROLS, curves.unbind(-1), strict=True))
    return track_from_controls(controls, frames, intrinsics, size)


def interpolate(times: Tensor, values: Tensor, at: Tensor, easing: str) -> Tensor:
    """Keys at increasing times [K], values [K, C] → values at the moments ``at`` [F]: [F, C].

    Piecewise cubic, monotone between keys (so nothing overshoots), continuous in its first
    derivative; easing "linear" is piecewise straight. ``at`` lies between first and last time.
    """
    if len(times) == 1:
        return values.expand(len(at), -1)
    right = torch.searchsorted(times, at, right=True).clamp(1, len(times) - 1)
    left = right - 1
    step = (times[right] - times[left])[:, None]
    t = (at - times[left])[:, None] / step
    at_rest = AT_REST[easing]
    if at_rest is None:
        return torch.lerp(values[left], values[right], t)
    slopes = _monotone_slopes(times, values, at_rest)
    # cubic Hermite basis
    return (
        (1 + 2 * t) * (1 - t) ** 2 * values[left]
        + t * (1 - t) ** 2 * step * slopes[left]
        + t**2 * (3 - 2 * t) * values[right]
        - t**2 * (1 - t) * step * slopes[right]
    )


def _monotone_slopes(times: Tensor, values: Tensor, at_rest: tuple[bool, bool]) -> Tensor:
    """Slopes at the keys [K, C] for a monotone cubic (Fritsch and Butland, 1984)."""
    step = times.diff()[:, None]
    secant = values.diff(dim=0) / step
    slopes = torch.zeros_like(values)
    before, after = secant[:-1], secant[1:]
    weight_before, weight_after = step[:-1] + 2 * step[1:], 2 * step[:-1] + step[1:]
    same_way = before * after > 0
    # where the curve turns round the slope is 0; 1 stands in there for a division by 0
    harmonic = (weight_before + weight_after) / (
        weight_before / torch.where(same_way, before, 1.0)
        + weight_after / torch.where(same_way, after, 1.0)
    )
    slopes[1:-1] = torch.where(same_way, harmonic, 0.0)
    if not at_rest[0]:
        slopes[0] = _end_slope(step[:2], secant[:2])
    if not at_rest[1]:
        slopes[-1] = _end_slope(step[-2:].flip(0), secant[-2:].flip(0))
    return slopes


def _end_slope(step: Tensor, secant: Tensor) -> Tensor:
    """Slope at a moving end, of the parabola through three keys, limited to stay monotone: [C].

    step [2, 1] and secant [2, C] begin at the end; with two keys in all both hold one row.
    """
    if len(secant) == 1:
        return secant[0]
    parabola = ((2 * step[0] + step[1]) * secant[0] - step[0] * secant[1]) / step.sum(dim=0)
    limited = torch.where(secant[0] * secant[1] < 0, 3 * secant[0].abs(), torch.inf)
    parabola = torch.maximum(torch.minimum(parabola, limited), -limited)
    return torch.where(parabola * secant[0] > 0, parabola, 0.0)
