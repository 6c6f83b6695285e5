"""Keyframes of a clip and their correspondences: tracked points and matched SIFT features.

Tracked points are dense and join neighbours. Features are detected anew in each keyframe, so they
do not drift and join keyframes that are far apart. K keyframes, n points of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from dynascene.estimators.camera.point_tracks import PointTracks
from dynascene.estimators.frame_spool import FrameStack
from dynascene.types import Size

STEP = 0.03  # of the longer side, median motion from one keyframe to the next
FEWEST, MOST = 16, 60  # keyframes; a short clip has fewer
LEAST_SHARED = 60  # tracks with the keyframe before
FEATURES = 800  # in a keyframe
FEATURE_SIDE = 576  # pixels of the picture's longer side in which features are looked for
CONTRAST = 0.01  # compressed and blurred frames have weak corners
RATIO = 0.8  # the best match is that much nearer than the second
OFFSETS = (1, 2, 4, 8, 16, 32)  # keyframes apart that are matched
LEAST_MATCHES = 20  # of a pair
MOST_JOINED = 450  # of a keyframe's followed points, and of its features
GRID = (8, 6)  # cells of the picture, across and down

Matches = dict[tuple[int, int], np.ndarray]  # of pairs of keyframes, rows [m, 2] of their points


@dataclass(frozen=True)
class Keyframes:
    """Keyframes with their points and correspondences.

    Attributes:
        frames: [K] frame numbers, rising.
        points: K arrays [n, 2] in working pixels.
        matches: for pairs (i, j) of keyframes, int [m, 2], rows of their points.
    """

    frames: list[int]
    points: list[np.ndarray]
    matches: Matches


def choose_keyframes(tracks: PointTracks) -> list[int]:
    """Choose 16 to 60 frames between which the picture moves a few per cent; first and last too."""
    step = STEP * max(tracks.size)
    chosen = _spaced(tracks, step)
    for _ in range(30):
        if len(chosen) < min(FEWEST, tracks.frames):
            step /= 1.2
        elif len(chosen) > MOST:
            step *= 1.2
        else:
            break
        chosen = _spaced(tracks, step)
    return chosen


def _spaced(tracks: PointTracks, step: float) -> list[int]:
    chosen = [0]
    for frame in range(1, tracks.frames):
        _, before, now = tracks.shared(chosen[-1], frame)
        moved = np.median(np.linalg.norm(now - before, axis=1)) if len(now) else np.inf
        if frame == tracks.frames - 1 or len(now) < LEAST_SHARED or moved > step:
            chosen.append(frame)
    return chosen


def join_keyframes(tracks: PointTracks, pictures: FrameStack) -> Keyframes:
    """Collect tracked points and features of the keyframes, and match them.

    Of either kind at most MOST_JOINED of a keyframe are joined, see ``_spread``.

    Args:
        tracks: of the whole clip.
        pictures: of the whole clip, as ``follow_points`` leaves them.
    """
    chosen = choose_keyframes(tracks)
    followed = [tracks.at(frame) for frame in chosen]
    features = [_features(pictures[frame]) for frame in chosen]
    pairs = [(i, i + apart) for i in range(len(chosen)) for apart in OFFSETS]
    pairs = [(i, j) for i, j in pairs if j < len(chosen)]
    same = {(i, j): _same_tracks(followed[i][0], followed[j][0]) for i, j in pairs}
    alike = {(i, j): _match(features[i][1], features[j][1]) for i, j in pairs}
    same = _thinned(same, [points for _, points in followed], tracks.size)
    alike = _thinned(alike, [points for points, _ in features], tracks.size)
    matches = {}
    for i, j in pairs:
        first = len(followed[i][0]), len(followed[j][0])  # rows of the features
        joined = np.concatenate([same[i, j], alike[i, j] + first])
        if len(joined) >= LEAST_MATCHES:
            matches[i, j] = joined
    points = [
        np.concatenate([tracked, featured])
        for (_, tracked), (featured, _) in zip(followed, features, strict=True)
    ]
    return Keyframes(chosen, points, matches)


def _same_tracks(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Rows [m, 2] of the tracks that two frames have in common."""
    _, *rows = np.intersect1d(a, b, assume_unique=True, return_indices=True)
    return np.column_stack(rows)


def _thinned(matches: Matches, points: list[np.ndarray], size: Size) -> Matches:
    """The matches between points that ``_spread`` keeps."""
    times = [np.zeros(len(some), np.int64) for some in points]
    for (i, j), rows in matches.items():
        np.add.at(times[i], rows[:, 0], 1)
        np.add.at(times[j], rows[:, 1], 1)
    chosen = [_spread(some, seen, size) for some, seen in zip(points, times, strict=True)]
    return {
        (i, j): rows[chosen[i][rows[:, 0]] & chosen[j][rows[:, 1]]]
        for (i, j), rows in matches.items()
    }


def _spread(points: np.ndarray, times: np.ndarray, size: Size) -> np.ndarray:
    """Which points of a keyframe to keep, bool [n]: MOST_JOINED from all over the picture.

    A pose is the more certain the farther apart its points lie and the more keyframes see them;
    many points in one place tell the same again. So each cell of a grid gives its best point, that
    with the most matches, then each its second best, until there are enough.

    Args:
        points: [n, 2] in pixels.
        times: [n], in how many pairs each is matched.
    """
    cell = (points / np.array(size) * GRID).astype(int).clip(0, np.array(GRID) - 1)
    cell = cell[:, 0] + GRID[0] * cell[:, 1]
    order = np.lexsort((-times, cell))
    first = np.searchsorted(cell[order], cell[order])
    rank = np.empty(len(points), np.int64)
    rank[order] = np.arange(len(points)) - first
    matched = np.flatnonzero(times)
    best = matched[np.lexsort((-times[matched], rank[matched]))[:MOST_JOINED]]
    chosen = np.zeros(len(points), bool)
    chosen[best] = True
    return chosen


def _features(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Some FEATURES points [n, 2] and unit descriptors [n, 128] outside the person.

    picture: as ``follow_points`` leaves it.
    """
    grey, background = picture
    sift = cv2.SIFT.create(FEATURES, contrastThreshold=CONTRAST)
    scale = min(1.0, FEATURE_SIDE / max(grey.shape))
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        background = cv2.resize(background, grey.shape[::-1], interpolation=cv2.INTER_NEAREST)
    keypoints, codes = sift.detectAndCompute(grey, background)
    points = (np.array([point.pt for point in keypoints], np.float64).reshape(-1, 2) + 0.5) / scale
    codes = np.zeros((0, 128), np.float32) if codes is None else codes
    # square roots of shares: their distance is the Hellinger distance of histograms
    return points, np.sqrt(codes / np.maximum(codes.sum(axis=1, keepdims=True), 1e-9))


def _match(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Rows [m, 2] of unit descriptors that are each other's best match by a clear margin.

    No row is in two matches: where several of ``a`` fit one of ``b`` equally well, as in a texture
    that repeats, nothing tells which is meant, and none is taken.
    """
    if len(a) < 2 or len(b) < 2:
        return np.zeros((0, 2), np.int64)
    likeness = a @ b.T
    best, rows = likeness.argmax(axis=1), np.arange(len(a))
    highest = likeness[rows, best]
    mutual = highest == likeness.max(axis=0)[best]  # its argmax would take thirty times as long
    mutual &= np.bincount(best[mutual], minlength=len(b))[best] == 1
    nearest = np.sqrt(np.maximum(0, 2 - 2 * highest))
    likeness[rows, best] = -1
    second = np.sqrt(np.maximum(0, 2 - 2 * likeness.max(axis=1)))
    matches = mutual & (nearest < RATIO * second)
    return np.column_stack([rows[matches], best[matches]])
