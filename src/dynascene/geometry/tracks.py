"""Operations on camera tracks: each function returns a new track or a measurement."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import cover_crop_intrinsics
from dynascene.geometry.rigid import camera_centres, invert_rigid, relative_to_first, rigid
from dynascene.types import CameraTrack, Size

SHORTEST_JUDGED = 8
MOST_SCATTER = 0.5  # of travels: white scatter gives 2, smooth moves of 8 frames 0.2, of 24 0.03
NO_TRANSLATION = 1e-6  # a shorter path is numerical noise of a camera that only turns
# The unit of a filmed track is mostly unknown. Its farthest camera is then taken to be so far from
# the first, in track units (median depths of the scene); training tells the network the same.
EXTENT_WHERE_UNKNOWN = 0.2
# What a perfectly level pan over 6 degrees weighs in world_down; and by how much more than their
# variance handheld rolls count: a clip has about two independent ones, since rolls drift along with
# the turning, and cameras are tilted by 12 degrees or so, 1 / (2 · 0.21²).
ROLL_PRIOR, ROLL_DRIFT = 1e-3, 11.0
SHRINK_STEP = 0.8


def relative_track(track: CameraTrack) -> CameraTrack:
    """The same motion in the world of the first camera: frame 0 is the identity."""
    return CameraTrack(relative_to_first(track.cam_from_world), track.intrinsics, track.size)


def scale_track(track: CameraTrack, factor: float) -> CameraTrack:
    """Translations times ``factor``, about the world's origin. Rotations and intrinsics stay."""
    if not (math.isfinite(factor) and factor > 0):
        raise InputError(f"camera track: scale {factor} is not a positive number")
    poses = track.cam_from_world.clone()
    poses[:, :3, 3] *= factor
    return CameraTrack(poses, track.intrinsics, track.size)


def path_length(track: CameraTrack) -> float:
    """Length of the camera's path, in the track's own unit."""
    return camera_centres(track.cam_from_world).diff(dim=0).norm(dim=-1).sum().item()


def extent(track: CameraTrack) -> float:
    """The largest distance of a camera from the first, in the track's own unit."""
    centres = camera_centres(track.cam_from_world)
    return (centres - centres[0]).norm(dim=-1).max().item()


def travels(track: CameraTrack) -> bool:
    """Whether the camera goes somewhere, rather than its position scattering about one point.

    Pose estimates of a camera on a tripod scatter from frame to frame, each for itself; travel
    takes small steps within a large reach. Von Neumann's ratio tells them apart in a few frames:
    Σ ‖cᵢ₊₁ − cᵢ‖² / Σ ‖cᵢ − c̄‖² has the expectation 2 for independent cᵢ, and goes to 0 for a
    path. Unit-free; short tracks (under 8 frames) are believed as they are.
    """
    if path_length(track) < NO_TRANSLATION:
        return False
    if len(track) < SHORTEST_JUDGED:
        return True
    centres = camera_centres(track.cam_from_world)
    steps = centres.diff(dim=0).square().sum()
    spread = (centres - centres.mean(dim=0)).square().sum()
    return bool(steps < MOST_SCATTER * spread)


def assumed_scale(track: CameraTrack) -> float:
    """Track units in a unit of a track that does not tell it.

    Its farthest camera is taken to be EXTENT_WHERE_UNKNOWN away. 0 where the position only scatters
    about one point: the camera turns in place.
    """
    relative = relative_track(track)
    return EXTENT_WHERE_UNKNOWN / extent(relative) if travels(relative) else 0.0


def scale_of(track: CameraTrack, stated: float | None) -> float:
    """Track units in a track's unit: as stated, else as assumed.

    0 where the position only scatters about one point.

    Args:
        track: in a unit of its own.
        stated: track units in that unit, where something tells.
    """
    return stated if stated is not None and travels(relative_track(track)) else assumed_scale(track)


def in_track_units(track: CameraTrack, scale: float) -> CameraTrack:
    """A track in track units, in the world of its first camera.

    Args:
        track: in a unit of its own.
        scale: track units in that unit; 0 = the camera turns in place.
    """
    relative = relative_track(track)
    return scale_track(relative, scale) if scale else turning_only(relative)


def in_assumed_units(track: CameraTrack) -> CameraTrack:
    """A track of unknown unit in track units, see ``assumed_scale``."""
    return in_track_units(track, assumed_scale(track))


def turning_only(track: CameraTrack) -> CameraTrack:
    """The same turns from one place, the world's origin."""
    rotation = track.cam_from_world[:, :3, :3]
    still = rigid(rotation, torch.zeros_like(rotation[..., 0]))
    return CameraTrack(still, track.intrinsics, track.size)


def opposite_track(track: CameraTrack) -> CameraTrack:
    """The opposite motion from the same first camera.

    With E_i the camera ← world of frame i and R_i = E_i E_0⁻¹ its motion, the opposite is
    R_i⁻¹ E_0: a pan to the left for one to the right, a dolly out for one in.
    """
    first = track.cam_from_world[:1]
    motion = relative_to_first(track.cam_from_world)
    return CameraTrack(invert_rigid(motion) @ first, track.intrinsics, track.size)


def keep_inside(track: CameraTrack, contains: Callable[[Tensor], Tensor]) -> CameraTrack:
    """Shrink a track's translations about the origin until all centres lie inside.

    Args:
        track: in the world of ``contains``.
        contains: [F, 3] → [F]; must hold at the origin.

    Returns:
        The track; the same one where it lies inside already.
    """
    while not contains(camera_centres(track.cam_from_world).float()).all():
        track = scale_track(track, SHRINK_STEP)
    return track


def resize_track(track: CameraTrack, size: Size) -> CameraTrack:
    """The same cameras for frames scaled to cover ``size`` and cropped centrally."""
    intrinsics = cover_crop_intrinsics(track.intrinsics, track.size, size)
    return CameraTrack(track.cam_from_world, intrinsics, size)


def with_square_pixels(track: CameraTrack) -> CameraTrack:
    """The track for frames of the shape in which fx = fy, where frames were squeezed or their shape
    was guessed.
    """
    scale = float((track.intrinsics[:, 0, 0] / track.intrinsics[:, 1, 1]).median())
    size = Size(track.size.width, max(1, round(track.size.height * scale)))
    intrinsics = track.intrinsics.clone()
    intrinsics[:, 1, :] *= size.height / track.size.height
    return CameraTrack(track.cam_from_world, intrinsics, size)


def world_down(track: CameraTrack) -> tuple[Tensor, float]:
    """The down direction, from the habit of holding cameras without roll.

    Without roll every camera's x axis is horizontal, so down is orthogonal to all of them. Where
    they hardly differ, that leaves it free, and the mean camera y axis m decides. Least squares
    over both, Σᵢ (xᵢ·g)² / F + λ ‖g − m‖², give (Σᵢ xᵢxᵢᵀ / F + λ) g = λ m. The x axes weigh less
    (λ grows) the farther they are from lying in one plane: a hand that rolls at random also rolls
    together with the turning, which looks just like a tilt.

    Returns:
        The unit vector [3] in world axes, and a confidence: 0 when only m decides or the x axes
        contradict each other, towards 1 when they decide (a level pan over 20 degrees: 0.9).
    """
    x_axes, y_axes = track.cam_from_world[:, 0, :3], track.cam_from_world[:, 1, :3]
    mean_y = y_axes.mean(dim=0)
    if mean_y.norm() < 1e-6:  # as many cameras upside down as upright
        mean_y = y_axes[0]
    scatter = x_axes.mT @ x_axes / len(track)
    out_of_plane, in_plane, _ = torch.linalg.eigvalsh(scatter).clamp(min=0).tolist()
    weight = ROLL_PRIOR + ROLL_DRIFT * out_of_plane
    regular = scatter + weight * torch.eye(3, dtype=scatter.dtype, device=scatter.device)
    down = torch.linalg.solve(regular, mean_y)
    down = down / down.norm()
    roll = (down @ scatter @ down).item()
    spread = in_plane + out_of_plane - roll
    return down, max(0.0, spread - roll) / (max(0.0, spread) + weight)
