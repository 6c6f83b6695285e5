"""Where on the ground of the place the person stands, steadily over the clip.

F frames. The scene's world: x right, y down, z forward.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from dynascene.estimators.scale.feet import rays_through
from dynascene.estimators.scale.silhouette import Silhouette
from dynascene.geometry.rigid import camera_centres
from dynascene.io.landmarks import NAMES, PoseLandmarks
from dynascene.types import CameraTrack

FEET = [i for i, name in enumerate(NAMES) if name.split("_")[-1] in ("ankle", "heel", "toes")]
LEAST_SLOPE = 0.03  # tangent below the horizon: nearer to it, the ground is too far to tell
STRIDE = 0.5  # seconds: within them one foot or the other is on the ground
LOW_SHARE = 65.0  # percentile of the soles' depth below the horizon within a stride
STEADY = 0.12  # seconds
RAMP = 0.25  # seconds in which a shadow comes, before feet leave the frame, or goes


@dataclass(frozen=True)
class Footing:
    """The person on the ground.

    Attributes:
        points: [F, 3], where they stand in the scene's world; NaN without feet in any frame.
        rows: [F], the row of those points in pixels.
        heights: [F], the person's height in pixels.
        presence: [F], 1 where the feet are seen, 0 where they are not, with ramps between.
    """

    points: np.ndarray
    rows: np.ndarray
    heights: np.ndarray
    presence: np.ndarray


def find_footing(
    silhouette: Silhouette,
    landmarks: PoseLandmarks | None,
    track: CameraTrack,
    ground: float,
    frame_rate: float,
) -> Footing:
    """Where the person stands, by the lowest points of the matte, steadied over time.

    Args:
        silhouette: of the person's matte.
        landmarks: of the person, which tell whether the feet are seen; None = unknown.
        track: in the scene's world, for the matte's frames.
        ground: the ground's y in the scene's world.
        frame_rate: frames per second.
    """
    centres = camera_centres(track.cam_from_world).double().numpy()
    slope, azimuth = _angles(rays_through(track, silhouette.foot))
    usable = silhouette.seen & ~silhouette.feet_cut & (slope > LEAST_SLOPE)
    if landmarks is not None:
        usable &= landmarks.seen[:, FEET].any(axis=1)
    if not usable.any():
        nothing = np.full(len(slope), np.nan)
        return Footing(np.full((len(slope), 3), np.nan), nothing, nothing, np.zeros(len(slope)))
    slope = _filled(slope[usable], usable)
    azimuth = _filled(np.unwrap(azimuth[usable]), usable)
    offset = _offset(ground - centres[:, 1], slope, azimuth)
    # What the camera's own travel does to the angles is taken out, then they are steadied.
    still = ndimage.gaussian_filter1d(centres + offset, STRIDE * frame_rate, 0, mode="nearest")
    still_slope, still_azimuth = _angles(still - centres)
    turn = np.unwrap(azimuth - still_azimuth)
    offset = _offset(
        ground - centres[:, 1],
        still_slope * _steady(_lowest(slope / still_slope, frame_rate), frame_rate),
        still_azimuth + _steady(turn, frame_rate),
    )
    heights = _filled(silhouette.height[usable], usable)
    heights = ndimage.median_filter(heights, _odd(STRIDE * frame_rate), mode="nearest")
    return Footing(
        centres + offset,
        _rows(track, offset),
        _steady(heights, frame_rate),
        _presence(usable, frame_rate),
    )


def _angles(rays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of rays [F, 3]: the tangent of the angle below the horizon, and the azimuth in radians."""
    x, y, z = rays.T
    return y / np.hypot(x, z), np.arctan2(x, z)


def _offset(height: np.ndarray, slope: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
    """From cameras at a height above the ground to the ground that they see so, [F, 3]."""
    distance = height / slope
    return np.stack([distance * np.sin(azimuth), height, distance * np.cos(azimuth)], axis=1)


def _rows(track: CameraTrack, offset: np.ndarray) -> np.ndarray:
    """Rows of points [F, 3] that are given from the cameras' centres."""
    rotation = track.cam_from_world[:, :3, :3].double().numpy()
    in_camera = np.einsum("fij,fj->fi", rotation, offset)
    pixels = np.einsum("fij,fj->fi", track.intrinsics.double().numpy(), in_camera)
    return pixels[:, 1] / pixels[:, 2]


def _filled(values: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """The values of the usable frames, and between them straight lines."""
    return np.interp(np.arange(len(usable)), np.flatnonzero(usable), values)


def _lowest(slope: np.ndarray, frame_rate: float) -> np.ndarray:
    """The foot that is on the ground, while the other one swings."""
    return ndimage.percentile_filter(slope, LOW_SHARE, _odd(STRIDE * frame_rate), mode="nearest")


def _steady(values: np.ndarray, frame_rate: float) -> np.ndarray:
    return ndimage.gaussian_filter1d(values, STEADY * frame_rate, mode="nearest")


def _presence(usable: np.ndarray, frame_rate: float) -> np.ndarray:
    ramp = max(1.0, RAMP * frame_rate)
    gap = np.ones(_odd(ramp), bool)
    # a frame or two without feet are a mistake; the clip's ends are none
    longer = np.pad(usable, len(gap), mode="edge")
    closed = ndimage.binary_closing(longer, gap)[len(gap) : -len(gap)]
    if closed.all():
        return np.ones(len(usable))
    return np.minimum(ndimage.distance_transform_edt(closed) / (ramp + 1), 1.0)


def _odd(frames: float) -> int:
    return 2 * round(frames / 2) + 1
