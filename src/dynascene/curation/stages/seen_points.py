"""Background points as they were tracked, and as the clip's camera projects them.

People judge the camera by how far the two lie apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dynascene.estimators.camera.point_tracks import PointTracks, follow_points
from dynascene.estimators.camera.triangulation import explain_tracks
from dynascene.types import CameraTrack, FrameSource

SHOWN = 160  # points; more hide the picture


@dataclass(frozen=True)
class SeenPoints:
    """The longest tracks, N observations of T points.

    Attributes:
        points: [T, 4], homogeneous in the cameras' world (w = 0: a direction, where the camera only
            turns).
        frame, point: int [N], sorted by frame.
        seen: [N, 2], where the point was tracked, in shares of the picture's width and height.
    """

    points: np.ndarray
    frame: np.ndarray
    point: np.ndarray
    seen: np.ndarray


def seen_points(frames: FrameSource, matte: FrameSource | None, cameras: CameraTrack) -> SeenPoints:
    """Track corners through the clip, and triangulate them with its cameras.

    The tracks do not depend on the cameras: where a camera is wrong, its projected points lie
    beside the tracked ones.

    Args:
        frames: [H, W, 3 or 4].
        matte: [H, W, 1], 255 = person; None: everything is background.
        cameras: one for each frame.

    Raises:
        InputError: a frame cannot be read, or the matte does not fit.
    """
    tracks = _longest(follow_points(frames, matte), SHOWN)
    pinhole, focal = _as_one_pinhole(tracks, cameras)
    poses = cameras.cam_from_world.numpy()
    explained = explain_tracks(pinhole, poses, focal)
    names, number = np.unique(explained.tracks.track, return_inverse=True)
    seen = tracks.where(np.isin(tracks.track, names))
    return SeenPoints(explained.points, seen.frame, number, seen.point / np.array(seen.size))


def _longest(tracks: PointTracks, count: int) -> PointTracks:
    names, lengths = np.unique(tracks.track, return_counts=True)
    longest = names[np.argsort(-lengths, kind="stable")[:count]]
    return tracks.where(np.isin(tracks.track, longest))


def _as_one_pinhole(tracks: PointTracks, cameras: CameraTrack) -> tuple[PointTracks, float]:
    """The tracks as a pinhole with one focal length and a centred principal point would see them,
    and that focal length in working pixels; cameras that zoom have another one in each frame.
    """
    shrink = np.array(tracks.size) / np.array(cameras.size)
    view = cameras.intrinsics.numpy()[tracks.frame]
    focals, centres = view[:, [0, 1], [0, 1]] * shrink, view[:, :2, 2] * shrink
    focal = float(np.median(focals)) if len(focals) else 1.0
    centred = (tracks.point - centres) / focals * focal + np.array(tracks.size) / 2
    return replace(tracks, point=centred), focal
