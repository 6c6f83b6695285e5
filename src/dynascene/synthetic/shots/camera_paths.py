"""Random camera tracks to train on: the named moves, mixed, smooth random paths, and shake."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from torch import Tensor

from dynascene.geometry.controls import track_from_controls
from dynascene.geometry.easing import EASINGS
from dynascene.geometry.framing import Framing, place_track
from dynascene.geometry.moves import MOVES, make_move
from dynascene.geometry.panorama import angles_from_directions
from dynascene.geometry.rigid import camera_centres, rigid, rotation_about
from dynascene.types import CameraTrack, Size

# Amounts drawn for each move: degrees or track units, as in geometry.moves
AMOUNTS: Mapping[str, tuple[float, float]] = {
    "pan-left": (2, 45), "pan-right": (2, 45), "tilt-up": (1, 10), "tilt-down": (1, 10),
    "roll-left": (1, 8), "roll-right": (1, 8), "dolly-in": (0.05, 0.45),
    "dolly-out": (0.05, 0.5), "truck-left": (0.04, 0.4), "truck-right": (0.04, 0.4),
    "pedestal-up": (0.03, 0.25), "pedestal-down": (0.03, 0.15), "orbit-left": (3, 30),
    "orbit-right": (3, 30), "crane-up": (0.03, 0.25), "crane-down": (0.03, 0.15),
    "dolly-zoom": (-0.4, 0.35), "handheld": (0.05, 0.6),
}  # fmt: skip
TURNS = ("pan-left", "pan-right", "tilt-up", "tilt-down")
TURN_SHARE = 0.35  # of the first moves are drawn from these
STATIC_SHARE, SMOOTH_SHARE, SHAKEN_SHARE = 0.04, 0.3, 0.3
# Spread of a smooth random path from end to end
WANDER: Mapping[str, float] = {
    "pan": 14.0, "tilt": 4.0, "roll": 1.5, "right": 0.14, "up": 0.05, "forward": 0.16,
}  # fmt: skip
KNOTS = 4


def random_track(
    rng: np.random.Generator, frames: int, intrinsics: Tensor, size: Size
) -> CameraTrack:
    """A random track in track units that begins at the identity.

    Args:
        rng: the same state gives the same track.
        frames: how many.
        intrinsics: [3, 3] pixels of ``size``.
        size: of the frames.

    Returns:
        Named moves or a smooth random path.
    """
    if rng.random() < SMOOTH_SHARE:
        return _wandering_track(rng, frames, intrinsics, size)
    seed = int(rng.integers(2**31))
    return make_move(random_moves(rng), frames, intrinsics, size, seed=seed)


def random_moves(rng: np.random.Generator) -> str:
    """One to three named moves with random amounts and easing, joined by +, some of them shaken."""
    if rng.random() < STATIC_SHARE:
        return "static"
    names = [name for name in AMOUNTS if name != "handheld"]
    moves = {str(rng.choice(TURNS if rng.random() < TURN_SHARE else names))}
    while rng.random() < 0.4 and len(moves) < 3:
        moves.add(str(rng.choice(names)))
    easings = list(EASINGS)
    parts = [f"{name}:{_amount(rng, name):.4g}:{rng.choice(easings)}" for name in sorted(moves)]
    if rng.random() < SHAKEN_SHARE:
        parts.append(f"handheld:{_amount(rng, 'handheld'):.4g}")
    return "+".join(parts)


def _amount(rng: np.random.Generator, name: str) -> float:
    low, high = AMOUNTS[name]
    bounds = MOVES[name].limits
    return float(np.clip(rng.uniform(low, high), *bounds))


def _wandering_track(
    rng: np.random.Generator, frames: int, intrinsics: Tensor, size: Size
) -> CameraTrack:
    time = np.linspace(0, 1, frames)
    strength = rng.uniform(0.2, 1.2)
    controls = {}
    for name, spread in WANDER.items():
        knots = np.cumsum(rng.normal(0, spread * strength / math.sqrt(KNOTS - 1), KNOTS))
        curve = CubicSpline(np.linspace(0, 1, KNOTS), knots, bc_type="natural")(time)
        controls[name] = torch.from_numpy(curve - curve[0])
    return track_from_controls(controls, frames, intrinsics, size)


def view_angles(track: CameraTrack, frame: int) -> tuple[float, float]:
    """Where a frame's camera looks: degrees to the right of forward and up."""
    azimuth, depression = angles_from_directions(track.cam_from_world[frame, 2, :3])
    return math.degrees(float(azimuth)), -math.degrees(float(depression))


def place_by_frame(track: CameraTrack, frame: int, yaw: float, pitch: float) -> CameraTrack:
    """The track with one of its frames at the world's origin.

    Args:
        track: to be moved.
        frame: number of the frame that comes to the origin.
        yaw: degrees that this frame then looks to the right.
        pitch: degrees that the first frame looks up; its horizon is level.

    Returns:
        The same motion in that world.
    """
    level = place_track(track, Framing(0.0, pitch))
    azimuth, _ = view_angles(level, frame)
    turn = rotation_about("y", yaw - azimuth)  # world ← world before
    centre = camera_centres(level.cam_from_world)[frame]
    before_from_world = rigid(turn.mT, centre)
    return CameraTrack(level.cam_from_world @ before_from_world, track.intrinsics, track.size)
