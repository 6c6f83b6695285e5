"""How well cameras explain point tracks that they were not fitted to.

Every track gets the point in space (or, where the camera only turns, the direction) that fits its
observations best. The remaining error is that of the cameras. T tracks, N observations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dynascene.estimators.camera.point_tracks import PointTracks

FREEDOMS = {True: 2, False: 3}  # of a direction, for a camera that only turns, and of a point
LEAST_SEEN = {True: 2, False: 3}  # frames: fewer always fit, or nearly
REPETITIONS = 4
SCALE = 1.0  # pixels: observations further off count less and less
LOST = 1e3  # pixels: the error of a point behind the camera
SAME_PLACE = 1e-9
AT_ONCE = 50_000  # observations: 30 MB, however long the clip is


@dataclass(frozen=True)
class TriangulatedTracks:
    """Tracks with enough observations to have an error, and their triangulated points.

    Attributes:
        tracks: their observations [N], sorted by frame.
        errors: [N] in pixels, corrected for the degrees of freedom that the point takes.
        points: [T, 4], homogeneous, in the world of the cameras.
        point_of: [N], the point of each observation.
    """

    tracks: PointTracks
    errors: np.ndarray
    points: np.ndarray
    point_of: np.ndarray


def explain_tracks(
    tracks: PointTracks, cam_from_world: np.ndarray, focal: float
) -> TriangulatedTracks:
    """Triangulate the tracks and compute their errors.

    Args:
        tracks: of the clip.
        cam_from_world: [F, 4, 4]; frames with a pose that is not finite are left out.
        focal: in pixels.
    """
    normal, scale = _normalised(cam_from_world)
    turning = scale is None
    tracks = tracks.where(np.isfinite(cam_from_world[tracks.frame, 0, 0]))
    _, point_of, seen = np.unique(tracks.track, return_inverse=True, return_counts=True)
    tracks = tracks.where(seen[point_of] >= LEAST_SEEN[turning])
    _, point_of, seen = np.unique(tracks.track, return_inverse=True, return_counts=True)
    if not len(seen):
        return TriangulatedTracks(tracks, np.zeros(0), np.zeros((0, 4)), point_of)
    rays = (tracks.point - np.array(tracks.size) / 2) / focal
    points, errors = np.empty((len(seen), 4)), np.empty(len(rays))
    for numbers, rows in _portions(point_of, len(seen)):
        poses, local = normal[tracks.frame[rows], :3], point_of[rows] - numbers.start
        count = numbers.stop - numbers.start
        points[numbers], errors[rows] = _fit(poses, rays[rows], local, count, focal, turning)
    errors = errors * np.sqrt(2 * seen / (2 * seen - FREEDOMS[turning]))[point_of]
    if scale is not None:
        points = np.column_stack([points[:, :3] * scale, points[:, 3]])
    return TriangulatedTracks(tracks, errors, points, point_of)


def _portions(point_of: np.ndarray, count: int) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield consecutive ones of ``count`` points, with the indices of their observations."""
    order = np.argsort(point_of, kind="stable")
    ends = np.bincount(point_of, minlength=count).cumsum()
    first, begin = 0, 0
    while first < count:
        last = max(first + 1, int(np.searchsorted(ends, begin + AT_ONCE, side="right")))
        yield slice(first, last), order[begin : ends[last - 1]]
        first, begin = last, int(ends[last - 1])


def _normalised(cam_from_world: np.ndarray) -> tuple[np.ndarray, float | None]:
    """Poses with translations of size 1, and their scale; None where the camera only turns."""
    translations = cam_from_world[:, :3, 3]
    scale = float(np.nanmax(np.linalg.norm(translations, axis=1)))
    if scale < SAME_PLACE:
        return cam_from_world, None
    result = cam_from_world.copy()
    result[:, :3, 3] /= scale
    return result, scale


def _fit(
    poses: np.ndarray, rays: np.ndarray, point_of: np.ndarray, count: int, focal: float,
    turning: bool,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Homogeneous points [T, 4] and errors [N] in pixels, by repeated linear least squares.

    poses are those of each observation, [N, 3, 4].
    Weighting the equation by 1 / depth makes its residual the one in the picture.
    """
    equations = rays[..., None] * poses[:, 2:3] - poses[:, :2]  # [N, 2, 4]
    if turning:
        equations = equations[..., :3]
    size = equations.shape[-1]
    order = np.argsort(point_of, kind="stable")
    starts = np.searchsorted(point_of[order], np.arange(count))
    squares = np.einsum("nki,nkj->nij", equations, equations)
    weights = np.ones(len(rays))
    for _ in range(REPETITIONS):
        sums = np.add.reduceat((squares * weights[:, None, None])[order], starts)
        points = np.zeros((count, 4))
        points[:, :size] = np.linalg.eigh(sums)[1][..., 0]
        seen = np.einsum("nij,nj->ni", poses, points[point_of])
        ahead = np.sign(np.bincount(point_of, np.sign(seen[:, 2]), minlength=count) + 0.5)
        points, seen = points * ahead[:, None], seen * ahead[point_of, None]
        depth = np.where(seen[:, 2] > 1e-9, seen[:, 2], np.nan)
        errors = focal * np.linalg.norm(seen[:, :2] / depth[:, None] - rays, axis=1)
        errors = np.minimum(np.nan_to_num(errors, nan=LOST), LOST)
        safe = np.maximum(np.nan_to_num(depth, nan=1e-3), 1e-3)
        weights = 1 / safe**2 / (1 + (errors / SCALE) ** 2)
    return points, errors
