"""Tracks of background corners through a clip: Lucas–Kanade with a forward–backward check.

N observations, F frames, H W pixels. Points are in pixels of the working picture, the frame shrunk
to at most WORKING_SIDE; pixel centres at +0.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

import cv2
import numpy as np

from dynascene.errors import InputError
from dynascene.estimators.frame_spool import FrameSpool
from dynascene.imaging.colour import luma
from dynascene.phrases import count_of
from dynascene.types import FrameSource, Size

WORKING_SIDE = 768  # pixels of the longer side; more costs time and gives no better poses
POINTS = 700  # kept alive in each frame
SPACING = 1 / 60  # of the longer side, between new corners
QUALITY = 0.004  # of the strongest corner's response: weak corners too, the check sorts them out
BORDER = 4  # pixels; the window of a corner nearer to the edge leaves the picture
PERSON_MARGIN = 0.015  # of the longer side: soft edges, hair, motion blur, shadows at the feet
PERSON = 16  # matte values from here on count as person
BACKWARD_TOLERANCE = 0.6  # pixels between a corner and its return
WINDOW, LEVELS = (21, 21), 5
REFINEMENT = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 0.01)
HELD_OUT = 5  # every fifth track judges the others' cameras


@dataclass(frozen=True)
class PointTracks:
    """Observations of tracked points, sorted by frame, then by track.

    Attributes:
        frame, track: int [N].
        point: float64 [N, 2] in pixels of a picture of ``size``.
        frames: number of frames in the clip.
        size: of the working picture.
    """

    frame: np.ndarray
    track: np.ndarray
    point: np.ndarray
    frames: int
    size: Size

    @cached_property
    def starts(self) -> np.ndarray:
        """[F + 1], index of each frame's first observation, and N."""
        return np.searchsorted(self.frame, np.arange(self.frames + 1))

    def at(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Tracks [n] and points [n, 2] of one frame."""
        here = slice(self.starts[frame], self.starts[frame + 1])
        return self.track[here], self.point[here]

    def shared(self, a: int, b: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Tracks of two frames in common: track numbers [n], points in a and in b [n, 2]."""
        (tracks_a, points_a), (tracks_b, points_b) = self.at(a), self.at(b)
        tracks, in_a, in_b = np.intersect1d(
            tracks_a, tracks_b, assume_unique=True, return_indices=True
        )
        return tracks, points_a[in_a], points_b[in_b]

    @property
    def followed_share(self) -> float:
        """Share of a frame's points that the next frame has too, median over frames; 0 without
        points.
        """
        shares = [
            len(self.shared(frame, frame + 1)[0]) / max(1, len(self.at(frame)[0]))
            for frame in range(self.frames - 1)
        ]
        return float(np.median(shares))

    def where(self, keep: np.ndarray) -> PointTracks:
        """The observations selected by bool [N]."""
        return PointTracks(
            self.frame[keep], self.track[keep], self.point[keep], self.frames, self.size
        )

    def fitted(self) -> PointTracks:
        """Four fifths of the tracks, to fit cameras to."""
        return self.where(self.track % HELD_OUT != 0)

    def held_out(self) -> PointTracks:
        """The other fifth, to score cameras on."""
        return self.where(self.track % HELD_OUT == 0)


def follow_points(
    frames: FrameSource,
    matte: FrameSource | None,
    step: Callable[[], None] = lambda: None,
    pictures: FrameSpool | None = None,
) -> PointTracks:
    """Track background corners through all frames; lost ones are replaced by new ones.

    Args:
        frames: [H, W, 3 or 4].
        matte: [H, W, 1] of the same size and number, 255 = person; None: all is background.
        step: called after each frame.
        pictures: takes what was seen of each frame, see ``picture_spool``.

    Raises:
        InputError: the matte does not fit.
    """
    if matte is not None and (matte.size != frames.size or len(matte) != len(frames)):
        raise InputError(
            f"the matte has {count_of(len(matte), 'frame')} of {matte.size} and the video "
            f"{len(frames)} of {frames.size}: they must agree"
        )
    follower = _Follower(working_size(frames.size))
    for grey, background in _working_pictures(frames, matte):
        follower.advance(grey, background)
        if pictures is not None:
            pictures.append(np.stack([grey, background]))
        step()
    return follower.tracks()


def picture_spool(size: Size) -> FrameSpool:
    """An empty spool of pictures uint8 [2, h, w] in working size: luma; 255 = background.

    size: of the frames.
    """
    width, height = working_size(size)
    return FrameSpool((2, height, width), np.uint8)


def working_size(size: Size) -> Size:
    """The size of the working picture: the longer side at most WORKING_SIDE."""
    shrink = min(1.0, WORKING_SIDE / max(size))
    return Size(max(1, round(size.width * shrink)), max(1, round(size.height * shrink)))


def _working_pictures(
    frames: FrameSource, matte: FrameSource | None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield luma and a mask, 255 = background, uint8 [h, w] of working size."""
    size = working_size(frames.size)
    mattes = repeat(None, len(frames)) if matte is None else matte.read()
    for frame, person in zip(frames.read(), mattes, strict=True):
        grey = cv2.resize(luma(frame[..., :3]), size, interpolation=cv2.INTER_AREA)
        yield grey, background_mask(person, size)


def background_mask(person: np.ndarray | None, size: Size) -> np.ndarray:
    """A mask uint8 [h, w], 255 outside the person and a margin around them.

    Args:
        person: matte [H, W, 1], 255 = person; None: nobody.
        size: of the mask.
    """
    if person is None:
        return np.full((size.height, size.width), 255, np.uint8)
    small = cv2.resize(person[..., 0], size, interpolation=cv2.INTER_AREA)
    radius = max(2, round(PERSON_MARGIN * max(size)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.where(cv2.dilate(small, disc) >= PERSON, np.uint8(0), np.uint8(255))


class _Follower:
    """The corners that are tracked now, and all observations so far."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.grey: np.ndarray | None = None
        self.points = np.zeros((0, 2), np.float32)  # OpenCV's pixels: centres at +0
        self.names = np.zeros(0, np.int64)
        self.named = 0
        self.seen: list[tuple[np.ndarray, np.ndarray]] = []

    def advance(self, grey: np.ndarray, background: np.ndarray) -> None:
        if self.grey is not None and len(self.points):
            moved, alive = follow(self.grey, grey, self.points)
            alive &= _inside(moved, background)
            self.points, self.names = moved[alive], self.names[alive]
        self._renew(grey, background)
        self.grey = grey
        self.seen.append((self.names, self.points))

    def _renew(self, grey: np.ndarray, background: np.ndarray) -> None:
        """Add corners in regions without any."""
        if len(self.points) >= POINTS:
            return
        spacing = max(4.0, SPACING * max(self.size))
        free = background.copy()
        free[:BORDER], free[-BORDER:], free[:, :BORDER], free[:, -BORDER:] = 0, 0, 0, 0
        for x, y in self.points:
            cv2.circle(free, (round(float(x)), round(float(y))), round(spacing), 0, -1)
        corners = cv2.goodFeaturesToTrack(
            grey, POINTS - len(self.points), QUALITY, spacing, mask=free, blockSize=5
        )
        if corners is None:
            return
        new = corners.reshape(-1, 2)
        self.points = np.concatenate([self.points, new])
        names = np.arange(self.named, self.named + len(new))
        self.names = np.concatenate([self.names, names])
        self.named += len(new)

    def tracks(self) -> PointTracks:
        counts = [len(names) for names, _ in self.seen]
        return PointTracks(
            frame=np.repeat(np.arange(len(self.seen)), counts),
            track=np.concatenate([names for names, _ in self.seen]),
            point=np.concatenate([points for _, points in self.seen]).astype(np.float64) + 0.5,
            frames=len(self.seen),
            size=self.size,
        )


def follow(a: np.ndarray, b: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Track points from picture a to b and back.

    A corner that is hidden or blurred, or slides along an edge, does not return to its start.

    Args:
        a, b: grey pictures, uint8 [H, W].
        points: float32 [N, 2] in a.

    Returns:
        The points in b [N, 2], and bool [N], whether they returned.
    """
    there, matched = _flow(a, b, points)
    back, returned = _flow(b, a, there)
    close = np.linalg.norm(back - points, axis=1) < BACKWARD_TOLERANCE
    return there, close & matched & returned


def _flow(a: np.ndarray, b: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    there, matched, _ = cv2.calcOpticalFlowPyrLK(
        a, b, points, points.copy(), winSize=WINDOW, maxLevel=LEVELS, criteria=REFINEMENT
    )
    return there, matched[:, 0] == 1


def _inside(points: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Which points [N, 2] lie within the picture and outside the person."""
    height, width = background.shape
    x, y = np.round(points).astype(int).T
    inside = (x >= BORDER) & (y >= BORDER) & (x < width - BORDER) & (y < height - BORDER)
    inside[inside] = background[y[inside], x[inside]] > 0
    return inside
