"""Who of several people the shot is about.

F frames, h w working pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from dynascene.estimators.frame_spool import FrameStack
from dynascene.estimators.person.detection import area
from dynascene.estimators.pose.track import PoseTrack
from dynascene.imaging.colour import luma

GLANCES = 24  # pairs of frames that are looked at
SMALL = 192  # pixels across, for the motion of the place
LIVELY = 0.004  # of the width a frame, at which somebody half counts as moving in the place
LEAST_PRESENCE = 0.1  # of the frames: who is seen in fewer passes by
LEAST_CERTAINTY = 0.3
HALF = 0.5  # of the weight that nobody loses for standing still, or for being blurred


def prominences(frames: FrameStack, tracks: Sequence[PoseTrack]) -> list[float]:
    """How likely each person is the one that the shot is about, 0 … 1; 0: passes by.

    Somebody large, sharp, central, surely a person and there all the time counts most, the more so
    who moves in the place: on whom the camera stays while the place goes by, or who walks through a
    picture that stands still. People who sit in a stand do neither.

    Args:
        frames: uint8 [F, h, w, 3].
        tracks: of the people.
    """
    lively, sharp = liveliness(frames, tracks), _sharpness(frames, tracks)
    height, width = frames.shape[1:3]
    weights = []
    for track, moves, edges in zip(tracks, lively, sharp, strict=True):
        boxes = np.clip(track.boxes, 0, [width, height] * 2)
        middle = np.abs(boxes[:, ::2].mean(axis=1) / width - 0.5) * 2
        size = np.sqrt(area(boxes) / (width * height))
        there = size * (1 - 0.5 * middle) * track.seen
        passes = track.seen.mean() < LEAST_PRESENCE or track.certainty < LEAST_CERTAINTY
        weight = float(there.mean()) * track.certainty * _half(moves) * _half(edges)
        weights.append(0.0 if passes else weight)
    return weights


def liveliness(frames: FrameStack, tracks: Sequence[PoseTrack]) -> list[float]:
    """How much each person moves against the place, 0 … 1."""
    if len(frames) < 2:
        return [0.0] * len(tracks)
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    height, width = frames.shape[1:3]
    size = SMALL, max(32, round(SMALL * height / width))
    speeds: list[list[float]] = [[] for _ in tracks]
    for index in np.unique(np.linspace(0, len(frames) - 2, GLANCES).astype(int)):
        one, other = (
            cv2.resize(luma(frames[i]), size, interpolation=cv2.INTER_AREA)
            for i in (index, index + 1)
        )
        field = flow.calc(one, other, None) / size[0]  # ty: ignore[no-matching-overload]
        free = np.ones(size[::-1], bool)
        for track in tracks:
            left, top, right, bottom = np.rint(track.boxes[index] * size[0] / width).astype(int)
            free[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = False
        place = np.median(field[free] if free.any() else field.reshape(-1, 2), axis=0)
        for track, own in zip(tracks, speeds, strict=True):
            before, after = track.regions[index], track.regions[index + 1]
            moved = np.array([after.x - before.x, after.y - before.y]) / width
            own.append(float(np.linalg.norm(moved - place)))
    means = [float(np.mean(own)) if own else 0.0 for own in speeds]
    return [speed / (speed + LIVELY) for speed in means]


def _sharpness(frames: FrameStack, tracks: Sequence[PoseTrack]) -> list[float]:
    """How sharp each person is against the sharpest one, 0 … 1."""
    values: list[list[float]] = [[] for _ in tracks]
    for index in np.unique(np.linspace(0, len(frames) - 1, GLANCES).astype(int)):
        edges = np.abs(cv2.Laplacian(luma(frames[index]), cv2.CV_32F))
        for track, own in zip(tracks, values, strict=True):
            left, top, right, bottom = np.rint(track.boxes[index]).astype(int)
            inside = edges[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
            if track.seen[index] and inside.size:
                own.append(float(inside.mean()))
    means = [float(np.mean(own)) if own else 0.0 for own in values]
    return [mean / max(*means, 1e-6) for mean in means]


def _half(share: float) -> float:
    return HALF + (1 - HALF) * share
