"""Which foot rests on the ground, and when: from a body's landmarks and the ground beside the feet.

A foot that stands moves with the ground it stands on, in the picture as in the world. So its speed
is compared with that of the ground close by, and no camera track is needed.

Shapes: F frames, H W pixels.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dynascene.io.landmarks import NAMES, PoseLandmarks
from dynascene.types import FrameSource

SOLES = [[NAMES.index(f"{side}_{part}") for part in ("heel", "toes")] for side in ("left", "right")]
VISIBLE = 0.7  # least visibility of a foot …
GUESS = 0.03  # … and largest doubt, as a share of the body's extent
STEADIED = 5  # frames whose median a landmark is
RESTING = 0.25  # body heights a second: slower than this against the ground, a foot stands
FORESHORTENED = 3.0  # times as far a foot moves along the view as its rows tell, at usual distances
LEAST_RUN = 0.12  # seconds for which it must
BESIDE, ABOVE = 0.6, 0.1  # body heights: how far beside the foot, and above it, ground is looked at
MOST_POINTS, LEAST_POINTS = 60, 4
RETURN = 0.5  # pixels within which a point followed forth and back must arrive
WORKING_WIDTH = 640


@dataclass(frozen=True)
class Stances:
    """The feet that stand.

    Attributes:
        points: [2, F, 2] middle of the left and of the right sole, in pixels of the frames.
        rests: bool [2, F], whether that foot stands on the ground.
        body_height: median of the body's height, in pixels.
    """

    points: np.ndarray
    rests: np.ndarray
    body_height: float


def find_stances(landmarks: PoseLandmarks, colour: FrameSource, matte: FrameSource) -> Stances:
    """The stances of a clip.

    Args:
        landmarks: of the person, for frames of any size.
        colour: the clip's frames [H, W, 3].
        matte: [H, W, 1], 255 = person.
    """
    scale = colour.size.width / landmarks.size.width
    feet = landmarks.points[:, SOLES] * scale
    points = _steadied(feet.mean(axis=2))
    extent = np.ptp(landmarks.points[..., 1], axis=1) * scale
    height = float(np.median(extent))
    seen = _surely_seen(landmarks)
    ground = _ground_speeds(colour, matte, points, seen, height)
    moved = _steadied(np.diff(points, axis=0) - ground)
    moved[~(seen[:-1] & seen[1:])] = np.nan
    moved = np.hypot(moved[..., 0], FORESHORTENED * moved[..., 1])
    rate = float(colour.frame_rate)
    slow = moved <= RESTING * height / rate  # NaN, where foot or ground is unseen, is not
    rests = np.stack([_long_runs(foot, max(2, round(LEAST_RUN * rate))) for foot in slow.T])
    return Stances(points.transpose(1, 0, 2), rests, height)


def _steadied(values: np.ndarray) -> np.ndarray:
    """Medians over time of what is known: [N, 2, 2] in and out, NaN where all around is unknown."""
    half = STEADIED // 2
    padded = np.pad(values, ((half, half), (0, 0), (0, 0)), constant_values=np.nan)
    around = sliding_window_view(padded, min(STEADIED, len(padded)), axis=0)[: len(values)]
    medians = np.full(values.shape, np.nan)
    has_values = np.isfinite(around).any(axis=-1)
    medians[has_values] = np.nanmedian(around[has_values], axis=-1)
    return medians


def _surely_seen(landmarks: PoseLandmarks) -> np.ndarray:
    """bool [F, 2]: feet that are neither hidden nor a guess nor beyond the frame."""
    extent = np.ptp(landmarks.points, axis=1).max(axis=-1)
    sure = (landmarks.visibility >= VISIBLE) & (landmarks.doubt <= GUESS * extent[:, None])
    return (sure & landmarks.seen)[:, SOLES].all(axis=-1)


def _long_runs(slow: np.ndarray, least: int) -> np.ndarray:
    """Frames [F] at the ends of slow steps [F − 1], in runs of at least so many steps."""
    rests = np.zeros(len(slow) + 1, bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], slow, [False]]).astype(int)))
    for start, stop in edges.reshape(-1, 2):
        if stop - start >= least:
            rests[start : stop + 1] = True
    return rests


def _ground_speeds(
    colour: FrameSource, matte: FrameSource, points: np.ndarray, seen: np.ndarray, height: float
) -> np.ndarray:
    """[F − 1, 2, 2]: how the ground beside each foot moves to the next frame, in pixels.

    NaN where the foot is not seen in both frames, or no ground can be followed there.
    """
    speeds = np.full((len(points) - 1, 2, 2), np.nan)
    scale = min(1.0, WORKING_WIDTH / colour.size.width)
    before = None
    for index, (grey, person) in enumerate(_working_pictures(colour, matte, scale)):
        if before is not None:
            for foot in np.flatnonzero(seen[index - 1] & seen[index]):
                middle = points[index - 1, foot] * scale
                start = _ground_points(*before, middle, height * scale)
                speeds[index - 1, foot] = _shift(before[0], grey, start) / scale
        before = grey, person
    return speeds


def _working_pictures(
    colour: FrameSource, matte: FrameSource, scale: float
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Grey frames [h, w] and where somebody is, bool [h, w]."""
    for frame, person in zip(colour.read(), matte.read(), strict=True):
        small = cv2.resize(frame[..., :3], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        covered = cv2.resize(person[..., 0], grey.shape[::-1], interpolation=cv2.INTER_AREA)
        yield grey, cv2.dilate(covered, np.ones((9, 9), np.uint8)) > 8


def _ground_points(
    grey: np.ndarray, person: np.ndarray, foot: np.ndarray, height: float
) -> np.ndarray | None:
    """Points [N, 1, 2] that can be followed beside a foot, at about its distance."""
    top, bottom = foot[1] - ABOVE * height, foot[1] + ABOVE * height
    left, right = foot[0] - BESIDE * height, foot[0] + BESIDE * height
    area = np.zeros_like(grey)
    rows = slice(max(0, round(top)), max(0, round(bottom) + 1))
    area[rows, max(0, round(left)) : max(0, round(right) + 1)] = 255
    area[person] = 0
    return cv2.goodFeaturesToTrack(grey, MOST_POINTS, 0.02, 3, mask=area)


def _shift(before: np.ndarray, after: np.ndarray, start: np.ndarray | None) -> np.ndarray:
    """Median movement [2] of points between two pictures; NaN where too few can be followed."""
    if start is None or len(start) < LEAST_POINTS:
        return np.full(2, np.nan)
    there, ok, _ = cv2.calcOpticalFlowPyrLK(before, after, start, start.copy())
    back, ok_back, _ = cv2.calcOpticalFlowPyrLK(after, before, there, there.copy())
    good = (ok[:, 0] == 1) & (ok_back[:, 0] == 1)
    good &= np.linalg.norm(back - start, axis=-1)[:, 0] <= RETURN
    if good.sum() < LEAST_POINTS:
        return np.full(2, np.nan)
    return np.median((there - start)[good, 0], axis=0)
