"""Easing of moves: progress 0 … 1 over time 0 … 1."""

from collections.abc import Callable, Mapping

from torch import Tensor


def smootherstep(time: Tensor) -> Tensor:
    """6t⁵ − 15t⁴ + 10t³: speed and acceleration are zero at both ends."""
    return time**3 * (time * (time * 6 - 15) + 10)


def _first_half(time: Tensor) -> Tensor:
    return 2 * smootherstep(time / 2)


def _second_half(time: Tensor) -> Tensor:
    return 2 * smootherstep((1 + time) / 2) - 1


EASINGS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda time: time,
    "ease-in": _first_half,
    "ease-out": _second_half,
    "ease-in-out": smootherstep,
}
