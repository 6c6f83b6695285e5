"""How far standing feet slide over the place's ground, and the track's unit that they tell.

A foot that stands is followed over a moment: the ground under it in one frame should be seen under
it in the other.

Shapes: M moments, S scales.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.estimators.scale.stance import Stances
from dynascene.geometry.rigid import camera_centres
from dynascene.geometry.tracks import resize_track
from dynascene.types import CameraTrack, Size

MOMENT = 0.12  # seconds
LEAST_MOMENTS = 8
SCALES = np.geomspace(0.1, 10.0, 121)  # tried of the track's travel
TELLING = 0.75  # of the slip must remain at most, for feet to tell the unit better …
APART = 0.004  # … and they must slide by so many body heights a second less
SURE = 1.15  # times the least slip must be that of half and of twice the scale


class Slip(NamedTuple):
    """How fast standing feet slide over the ground.

    Attributes:
        pixels: median, in pixels of the filmed frames a frame.
        bodies: the same in body heights a second.
        moments: over how many.
    """

    pixels: float
    bodies: float
    moments: int


class FeetMoments(NamedTuple):
    """Standing feet in two frames each.

    Attributes:
        first, last: [M] frame numbers.
        before, after: [M, 2] pixels.
    """

    first: np.ndarray
    last: np.ndarray
    before: np.ndarray
    after: np.ndarray


def standing_moments(stances: Stances, frame_rate: float) -> FeetMoments:
    """Every moment in which a foot stands from its beginning to its end."""
    step = max(1, round(MOMENT * frame_rate))
    feet, frames = np.nonzero(_rests_throughout(stances.rests, step))
    return FeetMoments(
        frames, frames + step, stances.points[feet, frames], stances.points[feet, frames + step]
    )


def _rests_throughout(rests: np.ndarray, step: int) -> np.ndarray:
    """bool [2, F − step], where a foot rests in all frames from one to ``step`` later."""
    count = max(0, rests.shape[1] - step)
    throughout = np.ones((2, count), bool)
    for later in range(step + 1):
        throughout &= rests[:, later : later + count]
    return throughout


def stands_long_enough(stances: Stances, frame_rate: float) -> bool:
    """Whether feet stand for enough moments to tell a slip, wherever they stand."""
    return len(standing_moments(stances, frame_rate).first) >= LEAST_MOMENTS


def slides(
    moments: FeetMoments, track: CameraTrack, size: Size, ground: float, scales: np.ndarray
) -> np.ndarray:
    """[S, M] pixels a frame by which the feet slide, for each scale of the track's travel.

    Args:
        moments: for frames of ``size``.
        track: in the scene's world.
        size: of the filmed frames.
        ground: its depth below the scene camera.
        scales: [S], of the way from the first camera.

    Returns:
        NaN where a foot is not below the horizon.
    """
    track = resize_track(track, size)
    first, last = torch.from_numpy(moments.first), torch.from_numpy(moments.last)
    origin, centres = _scaled_centres(track, scales)
    world_from_camera = track.cam_from_world[:, :3, :3].mT
    rays = _rays(track.intrinsics[first], world_from_camera[first], moments.before)
    # C + s·d meets the level y = ground
    descent = rays[:, 1].where(rays[:, 1] > 1e-3 * rays.norm(dim=-1), torch.nan)
    start = origin + centres[:, first]
    point = start + ((ground - start[..., 1]) / descent)[..., None] * rays
    seen = torch.linalg.solve(
        world_from_camera[last], (point - origin - centres[:, last])[..., None]
    )
    x, y, z = (track.intrinsics[last] @ seen)[..., 0].unbind(-1)
    z = z.where(z > 1e-6, torch.nan)
    off = torch.stack([x / z, y / z], dim=-1) - torch.from_numpy(moments.after)
    return (off.norm(dim=-1) / (last - first)).numpy()


def _scaled_centres(track: CameraTrack, scales: np.ndarray) -> tuple[Tensor, Tensor]:
    """The first camera's position [3], and the ways from it [S, F, 3]."""
    centres = camera_centres(track.cam_from_world)
    return centres[0], torch.from_numpy(scales)[:, None, None] * (centres - centres[0])


def _rays(intrinsics: Tensor, world_from_camera: Tensor, pixels: np.ndarray) -> Tensor:
    points = torch.from_numpy(np.column_stack([pixels, np.ones(len(pixels))]))[..., None]
    return (world_from_camera @ torch.linalg.solve(intrinsics, points))[..., 0]


def feet_slip(
    stances: Stances, track: CameraTrack, size: Size, ground: float, frame_rate: float
) -> Slip | None:
    """The slip under a track; None where feet are not seen to stand for long enough.

    Args:
        stances: in frames of ``size``.
        track: in the scene's world.
        size: of the filmed frames.
        ground: its depth below the scene camera.
        frame_rate: frames a second.
    """
    moments = standing_moments(stances, frame_rate)
    if len(moments.first) < LEAST_MOMENTS:
        return None
    off = slides(moments, track, size, ground, np.ones(1))[0]
    if np.isfinite(off).sum() < LEAST_MOMENTS:
        return None
    pixels = float(np.nanmedian(off))
    return Slip(pixels, pixels * frame_rate / stances.body_height, int(np.isfinite(off).sum()))


def travel_by_feet(
    stances: Stances, track: CameraTrack, size: Size, ground: float, frame_rate: float
) -> float | None:
    """By how much the track's travel must be scaled for the feet to stand; None: as it is, or
    untold.

    Args: as for ``feet_slip``.
    """
    moments = standing_moments(stances, frame_rate)
    if len(moments.first) < LEAST_MOMENTS:
        return None
    off = slides(moments, track, size, ground, SCALES)
    below = np.isfinite(off).sum(axis=1) >= LEAST_MOMENTS  # at these scales, enough feet are
    scales = SCALES[below]
    if not (len(scales) and scales[0] <= 1 <= scales[-1]):
        return None
    slips = np.nanmedian(off[below], axis=1)
    best = int(slips.argmin())
    scale, least = float(scales[best]), float(slips[best])
    now, half, twice = np.interp(np.log([1.0, scale / 2, scale * 2]), np.log(scales), slips)
    is_clear = min(half, twice) >= SURE * least and 0 < best < len(scales) - 1
    gain = (now - least) * frame_rate / stances.body_height
    is_better = least <= TELLING * now and gain >= APART
    return scale if is_clear and is_better else None
