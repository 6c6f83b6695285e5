"""Keyframes of a clip and their correspondences: tracked points and matched SIFT features.

Tracked points are dense and join neighbours. Features are detected anew in each keyframe, so they
do not drift and join keyframes that are far apart. K keyframes, n points of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from dynascene.estimators.camera.point_tracks import PointTracks, working_pictures
from dynascene.imaging.colour import luma
from dynascene.types import FrameSource

STEP = 0.03  # of the longer side, median motion from one keyframe to the next
FEWEST, MOST = 16, 60  # keyframes; a short clip has fewer
LEAST_SHARED = 60  # tracks with the keyframe before
FEATURES = 1500  # in a keyframe
CONTRAST = 0.01  # compressed and blurred frames have weak corners
RATIO = 0.8  # the best match is that much nearer than the second
OFFSETS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)  # keyframes apart that are matched
LEAST_MATCHES, MOST_MATCHES = 20, 700  # of a pair


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
    matches: dict[tuple[int, int], np.ndarray]


def choose_keyframes(tracks: PointTracks) -> list[int]:
    """Choose 16 to 60 frames between which the picture moves a few per cent; first and last too."""
    step = STEP * max(tracks.size)
    chosen = _spaced(tracks, step)
    for _ in range(12):
        if len(chosen) < min(FEWEST, tracks.frames):
            step /= 1.5
        elif len(chosen) > MOST:
            step *= 1.4
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


def join_keyframes(
    tracks: PointTracks, frames: FrameSource, matte: FrameSource | None
) -> Keyframes:
    """Collect tracked points and features of the keyframes, and match them.

    Args:
        tracks: of the whole clip.
        frames, matte: of the clip.
    """
    chosen = choose_keyframes(tracks)
    features = list(_features(frames, matte, chosen))
    followed = [tracks.at(frame) for frame in chosen]
    matches = {}
    for i in range(len(chosen)):
        for j in (i + offset for offset in OFFSETS if i + offset < len(chosen)):
            (names_i, _), (names_j, _) = followed[i], followed[j]
            _, *same = np.intersect1d(names_i, names_j, assume_unique=True, return_indices=True)
            alike = np.add(_match(features[i][1], features[j][1]), (len(names_i), len(names_j)))
            joined = np.concatenate([np.column_stack(same), alike])
            if len(joined) >= LEAST_MATCHES:
                spread = np.linspace(0, len(joined) - 1, min(len(joined), MOST_MATCHES))
                matches[i, j] = joined[spread.astype(int)]
    points = [
        np.concatenate([tracked, features_of_frame])
        for (_, tracked), (features_of_frame, _) in zip(followed, features, strict=True)
    ]
    return Keyframes(chosen, points, matches)


def _features(
    frames: FrameSource, matte: FrameSource | None, chosen: list[int]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Points [n, 2] and unit descriptors [n, 128] outside the person, for each keyframe."""
    sift = cv2.SIFT.create(FEATURES, contrastThreshold=CONTRAST)
    for picture, background in working_pictures(frames, matte, chosen):
        keypoints, codes = sift.detectAndCompute(luma(picture), background)
        points = np.array([point.pt for point in keypoints], np.float64).reshape(-1, 2) + 0.5
        codes = np.zeros((0, 128), np.float32) if codes is None else codes
        # square roots of shares: their distance is the Hellinger distance of histograms
        yield points, np.sqrt(codes / np.maximum(codes.sum(axis=1, keepdims=True), 1e-9))


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
