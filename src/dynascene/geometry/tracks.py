"""What can be done to a camera track: each function returns a new one or measures it."""

import math

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import cover_crop_intrinsics
from dynascene.geometry.rigid import camera_centres, relative_to_first, rigid
from dynascene.geometry.rotations import interpolate_rotations, mean_rotation
from dynascene.types import CameraTrack, Size

SHORTEST_JUDGED = 8
MOST_SCATTER = 0.5  # of travels: white scatter gives 2, smooth moves of 8 frames 0.2, of 24 0.03
NO_TRANSLATION = 1e-6  # a shorter path is numerical noise of a camera that only turns
# The unit of a filmed track is mostly unknown. Its farthest camera is then taken to be so far from
# the first, in track units (median depths of the scene); training tells the network the same.
EXTENT_WHERE_UNKNOWN = 0.2
KERNEL_RADIUS = 4  # standard deviations; what lies beyond weighs less than 1e-4
# What a perfectly level pan over 6 degrees weighs in world_down; and by how much more than their
# variance handheld rolls count: a clip has about two independent ones, since rolls drift along with
# the turning, and cameras are tilted by 12 degrees or so, 1 / (2 · 0.21²).
ROLL_PRIOR, ROLL_DRIFT = 1e-3, 11.0


def relative_track(track: CameraTrack) -> CameraTrack:
    """The same motion in the world of the first camera: frame 0 is the identity."""
    return CameraTrack(relative_to_first(track.cam_from_world), track.intrinsics, track.size)


def resample_track(track: CameraTrack, frames: int) -> CameraTrack:
    """The same motion in another number of frames, first and last camera kept.

    Time runs uniformly. Rotations turn at constant speed on the shortest way, centres and
    intrinsics move straight. One frame asked for is the first; a track of one frame stands still.
    """
    if frames < 1:
        raise InputError(f"camera track: cannot be resampled to {frames} frames, 1 is the least")
    time = torch.linspace(0, len(track) - 1, frames, dtype=torch.float64)
    before = time.floor().long()
    after = (before + 1).clamp(max=len(track) - 1)
    fraction = time - before
    rotation = track.cam_from_world[:, :3, :3]
    centre = camera_centres(track.cam_from_world)
    return CameraTrack(
        _pose(
            interpolate_rotations(rotation[before], rotation[after], fraction),
            torch.lerp(centre[before], centre[after], fraction[:, None]),
        ),
        torch.lerp(track.intrinsics[before], track.intrinsics[after], fraction[:, None, None]),
        track.size,
    )


def smooth_track(track: CameraTrack, sigma_frames: float) -> CameraTrack:
    """Shake taken out with a Gaussian over time; sigma in frames, 0 changes nothing.

    Centres are averaged, rotations by their Karcher mean; intrinsics stay. Beyond its ends the
    track is continued by mirroring it through the end camera, so the first and last camera stay
    where they are and uniform motion is unchanged.
    """
    if not (math.isfinite(sigma_frames) and sigma_frames >= 0):
        raise InputError(f"camera track: smoothing over {sigma_frames} frames is not possible")
    radius = min(math.ceil(KERNEL_RADIUS * sigma_frames), len(track) - 1)
    if radius == 0:
        return track
    offset = torch.arange(-radius, radius + 1, dtype=torch.float64)
    # softmax: the Gaussian, normalised to sum 1
    weights = torch.softmax(-(offset**2) / (2 * sigma_frames**2), dim=0)
    rotation = track.cam_from_world[:, :3, :3]
    windows = _continued_rotations(rotation, radius).unfold(0, len(weights), 1).movedim(-1, 1)
    centres = _continued_centres(camera_centres(track.cam_from_world), radius)
    smooth_centres = centres.unfold(0, len(weights), 1) @ weights
    smooth_rotation = mean_rotation(windows, weights, start=rotation)
    return CameraTrack(_pose(smooth_rotation, smooth_centres), track.intrinsics, track.size)


def _continued_centres(centres: Tensor, count: int) -> Tensor:
    """[F, 3] → [count + F + count, 3], point reflection at both ends."""
    before = 2 * centres[0] - centres[1 : count + 1].flip(0)
    after = 2 * centres[-1] - centres[-count - 1 : -1].flip(0)
    return torch.cat([before, centres, after])


def _continued_rotations(rotation: Tensor, count: int) -> Tensor:
    """[F, 3, 3] → [count + F + count, 3, 3]: R₀ Rₖᵀ R₀ is Rₖ reflected through R₀."""
    first, last = rotation[0], rotation[-1]
    before = first @ rotation[1 : count + 1].flip(0).mT @ first
    after = last @ rotation[-count - 1 : -1].flip(0).mT @ last
    return torch.cat([before, rotation, after])


def _pose(rotation: Tensor, centre: Tensor) -> Tensor:
    """Rotation of cam_from_world [F, 3, 3] and camera centres [F, 3] → [F, 4, 4]."""
    return rigid(rotation, -(rotation @ centre[..., None])[..., 0])


def scale_track(track: CameraTrack, factor: float) -> CameraTrack:
    """Translations times ``factor``, about the world's origin. Rotations and intrinsics stay."""
    if not (math.isfinite(factor) and factor > 0):
        raise InputError(f"camera track: scale {factor} is not a positive number")
    poses = track.cam_from_world.clone()
    poses[:, :3, 3] *= factor
    return CameraTrack(poses, track.intrinsics, track.size)


def path_length(track: CameraTrack) -> float:
    """How far the camera travels, in the track's own unit."""
    return camera_centres(track.cam_from_world).diff(dim=0).norm(dim=-1).sum().item()


def extent(track: CameraTrack) -> float:
    """The largest distance of a camera from the first, in the track's own unit."""
    centres = camera_centres(track.cam_from_world)
    return (centres - centres[0]).norm(dim=-1).max().item()


def to_track_units(track: CameraTrack, median_depth: float | None = None) -> CameraTrack:
    """The unit of all conditioners: median scene depth at the scene camera = 1.

    median_depth: in the track's own unit. Where it is None the path's length becomes 1. A track
    without translation (path shorter than 1e-6) has no scale and is returned unchanged.
    """
    if median_depth is not None and not (math.isfinite(median_depth) and median_depth > 0):
        raise InputError(f"camera track: median depth {median_depth} is not a positive number")
    length = path_length(track)
    if length < NO_TRANSLATION:
        return track
    return scale_track(track, 1 / (length if median_depth is None else median_depth))


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


def in_assumed_units(track: CameraTrack) -> CameraTrack:
    """A track of unknown unit in track units: its farthest camera is EXTENT_WHERE_UNKNOWN away.

    Where the position only scatters about one point, the camera turns in place. In the world of
    the first camera.
    """
    relative = relative_track(track)
    if not travels(relative):
        return turning_only(relative)
    return scale_track(relative, EXTENT_WHERE_UNKNOWN / extent(relative))


def turning_only(track: CameraTrack) -> CameraTrack:
    """The same turns from one place, the world's origin."""
    rotation = track.cam_from_world[:, :3, :3]
    still = rigid(rotation, torch.zeros_like(rotation[..., 0]))
    return CameraTrack(still, track.intrinsics, track.size)


def resize_track(track: CameraTrack, size: Size) -> CameraTrack:
    """The same cameras for frames scaled to cover ``size`` and cropped centrally."""
    intrinsics = cover_crop_intrinsics(track.intrinsics, track.size, size)
    return CameraTrack(track.cam_from_world, intrinsics, size)


def with_square_pixels(track: CameraTrack) -> CameraTrack:
    """The track for frames of the shape in which fx = fy: the filmed one, where the frames were
    squeezed or their shape was guessed."""
    scale = float((track.intrinsics[:, 0, 0] / track.intrinsics[:, 1, 1]).median())
    size = Size(track.size.width, max(1, round(track.size.height * scale)))
    intrinsics = track.intrinsics.clone()
    intrinsics[:, 1, :] *= size.height / track.size.height
    return CameraTrack(track.cam_from_world, intrinsics, size)


def world_down(track: CameraTrack) -> tuple[Tensor, float]:
    """Which way is down, from the habit of holding cameras without roll.

    Without roll every camera's x axis is horizontal, so down is orthogonal to all of them; that
    leaves it free where they hardly differ, and there the mean camera y axis m decides. Least
    squares over both, Σᵢ (xᵢ·g)² / F + λ ‖g − m‖², give (Σᵢ xᵢxᵢᵀ / F + λ) g = λ m. The x axes
    count less (λ grows) the farther they are from lying in one plane: a hand that rolls at random
    also rolls together with the turning, which looks just like a tilt.

    Returns the unit vector [3] in world axes, and a confidence: 0 when it is m alone or the x
    axes contradict each other, towards 1 when they decide (a level pan over 20 degrees: 0.9).
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
