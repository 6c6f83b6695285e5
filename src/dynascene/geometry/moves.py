"""Camera moves by name: ``pan-right``, ``pan-right:30``, ``dolly-in:0.3:linear+pan-left:10``.

A move is NAME, NAME:AMOUNT or NAME:AMOUNT:EASING (NAME::EASING keeps the default amount); moves
joined by + happen at the same time. Translations are in track units: the median depth of the
scene is 1. Frame 0 is always the identity pose.
"""

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.controls import Controls, track_from_controls
from dynascene.geometry.easing import EASINGS
from dynascene.geometry.handheld import handheld_controls
from dynascene.types import CameraTrack, Size

DEGREES = "degrees"
UNITS = "track units"
DEFAULT_EASING = "ease-in-out"

MOST_FRAMES = 100_000
MOST_PARTS = 100  # of a move


@dataclass(frozen=True)
class Move:
    """A named move, the meaning of its amount, and the controls that it sets."""

    name: str
    unit: str | None  # of the amount; None: takes no amount
    default: float
    limits: tuple[float, float]  # of the amount, both included
    description: str
    controls: Callable[[Tensor], Controls]  # the amount so far [F] → controls [F]


def _dolly_zoom(forward: Tensor) -> Controls:
    # the plane at distance 1 keeps its size: focal length over distance is constant
    return {"forward": forward, "zoom": torch.log(1 - forward)}


def _crane(up: Tensor) -> Controls:
    # the point at distance 1 straight ahead stays in the centre
    return {"up": up, "tilt": -torch.rad2deg(torch.atan(up))}


FULL_TURN = (0.0, 360.0)
QUARTER_TURN = (0.0, 90.0)
NEARER = (0.0, 0.95)  # at 1 the camera stands in the middle of the scene
FARTHER = (0.0, 10.0)

# The camera stands some 0.15 track units above the ground of an ordinary picture: the moves down
# stay above it.
_TABLE = (
    Move("static", None, 0, (0, 0), "the camera stands still", lambda x: {}),
    Move("pan-left", DEGREES, 20, FULL_TURN, "turn left", lambda x: {"pan": -x}),
    Move("pan-right", DEGREES, 20, FULL_TURN, "turn right", lambda x: {"pan": x}),
    Move("tilt-up", DEGREES, 10, QUARTER_TURN, "look up", lambda x: {"tilt": x}),
    Move("tilt-down", DEGREES, 10, QUARTER_TURN, "look down", lambda x: {"tilt": -x}),
    Move("roll-left", DEGREES, 10, FULL_TURN, "turn counter-clockwise", lambda x: {"roll": -x}),
    Move("roll-right", DEGREES, 10, FULL_TURN, "turn clockwise", lambda x: {"roll": x}),
    Move("dolly-in", UNITS, 0.3, NEARER, "move forward", lambda x: {"forward": x}),
    Move("dolly-out", UNITS, 0.3, FARTHER, "move back", lambda x: {"forward": -x}),
    Move("truck-left", UNITS, 0.2, FARTHER, "move left", lambda x: {"right": -x}),
    Move("truck-right", UNITS, 0.2, FARTHER, "move right", lambda x: {"right": x}),
    Move("pedestal-up", UNITS, 0.15, FARTHER, "move up", lambda x: {"up": x}),
    Move("pedestal-down", UNITS, 0.08, FARTHER, "move down", lambda x: {"up": -x}),
    Move(
        "orbit-left", DEGREES, 15, FULL_TURN,
        "move left on a circle about the point at distance 1 ahead, looking at it",
        lambda x: {"orbit": -x},
    ),
    Move(
        "orbit-right", DEGREES, 15, FULL_TURN,
        "move right on a circle about the point at distance 1 ahead, looking at it",
        lambda x: {"orbit": x},
    ),
    Move("crane-up", UNITS, 0.2, FARTHER, "move up, tilting down to the same centre", _crane),
    Move(
        "crane-down", UNITS, 0.08, FARTHER, "move down, tilting up to the same centre",
        lambda x: _crane(-x),
    ),
    Move(
        "dolly-zoom", UNITS, 0.3, (-10.0, 0.95),
        "move forward (negative: back) while zooming: the plane at distance 1 keeps its size",
        _dolly_zoom,
    ),
    Move(
        "handheld", DEGREES, 0.3, (0.0, 10.0),
        "random shake of a hand-held camera, amount = rms of pan and tilt; takes no easing",
        lambda x: {},  # it has its own course over time: see _part_controls
    ),
)  # fmt: skip

MOVES: Mapping[str, Move] = {move.name: move for move in _TABLE}


def make_move(
    text: str,
    frames: int,
    intrinsics: Tensor,
    size: Size,
    *,
    seed: int = 0,
    frame_rate: float = 24.0,
) -> CameraTrack:
    """Moves as text (see the top of this file) → a track of ``frames`` cameras, in track units.

    Args:
        intrinsics: [3, 3] in pixels of a frame of ``size``, for all frames (dolly-zoom scales the
            focal length from there).
        seed, frame_rate: of the handheld shake.

    Raises:
        InputError: for an unknown move or easing, an amount that is not a number or makes no sense
            for the move, and frames < 1.
    """
    if not 1 <= frames <= MOST_FRAMES:
        raise InputError(f"move {text[:60]!r}: a track has 1 to {MOST_FRAMES:,} frames")
    if text.count("+") >= MOST_PARTS:
        raise InputError(f"move {text[:60]} …: has more than {MOST_PARTS} parts")
    time = torch.linspace(0, 1, frames, dtype=torch.float64)
    controls: dict[str, Tensor] = {}
    for part in text.lower().split("+"):
        for name, value in _part_controls(part.strip(), time, seed, frame_rate).items():
            controls[name] = controls[name] + value if name in controls else value
    return track_from_controls(controls, frames, intrinsics, size)


def describe_moves() -> str:
    """One line per move: name, default amount and unit, what it does."""
    lines = []
    for move in MOVES.values():
        amount = f"{move.default:g} {move.unit}" if move.unit else ""
        lines.append(f"{move.name:14} {amount:16} {move.description}")
    return "\n".join(lines)


def _part_controls(part: str, time: Tensor, seed: int, frame_rate: float) -> Controls:
    """NAME[:AMOUNT[:EASING]] → controls [F]."""
    name, *rest = (field.strip() for field in part.split(":"))
    move = MOVES.get(name)
    if move is None:
        raise InputError(_unknown("move", name, MOVES))
    if len(rest) > 2 or rest == [""]:
        raise InputError(f"move {part!r}: expected NAME, NAME:AMOUNT or NAME:AMOUNT:EASING")
    if rest and move.unit is None:
        raise InputError(f"move {part!r}: {name} takes no amount")
    amount = _amount(move, rest[0]) if rest and rest[0] else move.default
    easing = rest[1] if len(rest) == 2 else DEFAULT_EASING
    if easing not in EASINGS:
        raise InputError(f"move {part!r}: " + _unknown("easing", easing, EASINGS))
    if name == "handheld":
        if len(rest) == 2:
            raise InputError(f"move {part!r}: handheld takes no easing")
        return handheld_controls(amount, len(time), seed, frame_rate)
    return move.controls(amount * EASINGS[easing](time))


def _amount(move: Move, text: str) -> float:
    low, high = move.limits
    try:
        amount = float(text)
    except ValueError:
        amount = math.nan
    if not math.isfinite(amount):
        raise InputError(
            f"move {move.name}: amount {text!r} is not a number; it is in {move.unit}, "
            f"as in {move.name}:{move.default:g}"
        )
    if not low <= amount <= high:
        opposite = _opposite(move.name) if amount < 0 else None
        hint = f"; for the other direction take {opposite}" if opposite else ""
        raise InputError(
            f"move {move.name}: amount {text} is out of range, it takes {low:g} to {high:g} "
            f"{move.unit}{hint}"
        )
    return amount


def _opposite(name: str) -> str | None:
    """pan-left → pan-right; a move without directions has none."""
    stem, _, _ = name.rpartition("-")
    return next((o for o in MOVES if stem and o != name and o.startswith(f"{stem}-")), None)


def _unknown(kind: str, name: str, names: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    hint = f", did you mean {near[0]!r}?" if near else ";"
    return f"unknown {kind} {name!r}{hint} known: {', '.join(names)}"
