"""Poses for all frames from poses of some: resection, then interpolation.

F frames; poses are cam_from_world, NaN where missing; pixels of the working picture.
"""

from __future__ import annotations

import numpy as np
import torch

from dynascene.estimators.camera.point_tracks import PointTracks
from dynascene.estimators.camera.structure import SEED, load_pycolmap, pinhole_camera
from dynascene.estimators.camera.triangulation import explain_tracks
from dynascene.geometry.rigid import camera_centres, rigid
from dynascene.geometry.rotations import interpolate_rotations

POINT_ERROR = 2.0  # pixels: points of the keyframes that fit worse are not used
LEAST_POINTS = 12
INLIER_ERROR = 3.0  # pixels, in resection


def resect_frames(tracks: PointTracks, poses: np.ndarray, focal: float) -> np.ndarray:
    """Add the pose of each frame that sees enough points of the posed frames: [F, 4, 4]."""
    explained = explain_tracks(tracks, poses, focal)
    fit = np.bincount(
        explained.point_of, explained.errors, minlength=len(explained.points)
    ) / np.maximum(np.bincount(explained.point_of, minlength=len(explained.points)), 1)
    reliable = (fit < POINT_ERROR) & (explained.points[:, 3] > 1e-6)
    space = explained.points[:, :3] / np.where(reliable, explained.points[:, 3], 1)[:, None]
    names = np.zeros(len(explained.points), np.int64)
    names[explained.point_of] = explained.tracks.track
    names, space = names[reliable], space[reliable]

    result = poses.copy()
    for frame in np.flatnonzero(~np.isfinite(poses[:, 0, 0])):
        seen, points = tracks.at(frame)
        _, here, there = np.intersect1d(seen, names, assume_unique=True, return_indices=True)
        if len(here) >= LEAST_POINTS:
            pose = _resect(space[there], points[here], focal, tracks)
            result[frame] = np.nan if pose is None else pose
    return result


def _resect(
    space: np.ndarray, points: np.ndarray, focal: float, tracks: PointTracks
) -> np.ndarray | None:
    """The pose [4, 4] for points in space [n, 3] and in the picture [n, 2]; None if few agree."""
    pycolmap = load_pycolmap()
    options = pycolmap.AbsolutePoseEstimationOptions()
    options.ransac.max_error, options.ransac.random_seed = INLIER_ERROR, SEED
    camera = pinhole_camera(pycolmap, tracks.size, focal)
    solution = pycolmap.estimate_and_refine_absolute_pose(points, space, camera, options)
    if solution is None or solution["num_inliers"] < LEAST_POINTS:
        return None
    pose = np.eye(4)
    pose[:3] = solution["cam_from_world"].matrix()
    return pose


def interpolate_missing(poses: np.ndarray) -> np.ndarray:
    """Fill all gaps in poses [F, 4, 4], of which at least one is finite.

    Between two poses the camera turns at a constant rate and travels straight. Before the first and
    after the last one the nearest pose is repeated.
    """
    anchors = np.flatnonzero(np.isfinite(poses[:, 0, 0]))
    frames = np.arange(len(poses))
    place = np.interp(frames, anchors, np.arange(len(anchors)))
    before = np.floor(place).astype(int)
    after = np.minimum(before + 1, len(anchors) - 1)
    fraction = torch.from_numpy(place - before)
    certain = torch.from_numpy(poses[anchors])
    rotation, centre = certain[:, :3, :3], camera_centres(certain)
    turned = interpolate_rotations(rotation[before], rotation[after], fraction)
    moved = torch.lerp(centre[before], centre[after], fraction[:, None])
    filled = rigid(turned, -(turned @ moved[..., None])[..., 0]).numpy()
    return np.where(np.isfinite(poses), poses, filled)
