"""A person's feet and head in each frame, from the matte.

Shapes: F frames, H W pixels. Rows and columns are positions: the first pixel reaches from 0 to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from dynascene.errors import InputError
from dynascene.types import FrameSource

SOLID = 128  # of 255: less is the edge's softness
KEPT_PART = 0.2  # of the largest part's area: smaller parts are specks, larger ones a cut-off limb
HEAD_WIDTH = 0.03  # of the person's height: what is narrower is hair or a finger
FOOT_WIDTH = 0.015
HEAD_SHARE, FOOT_SHARE = 0.08, 0.025  # of the height, over which the column is taken
SIDE_SHARE = 0.3  # of the height that may touch a side border
SMALLEST = 12  # pixels of height: less tells nothing

Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Silhouette:
    """The person's ends in each frame; NaN where nobody is seen.

    Attributes:
        foot: [F, 2], column and row of the lowest point, which touches the ground unless the person
            jumps.
        head: [F, 2], column and row of the highest point.
        sole: [F, 2], columns of the left and the right end of the lowest part.
        width: [F], pixels from the leftmost to the rightmost point.
        feet_cut, head_cut, side_cut: [F], whether that end lies beyond the picture's border.
    """

    foot: np.ndarray
    head: np.ndarray
    sole: np.ndarray
    width: np.ndarray
    feet_cut: np.ndarray
    head_cut: np.ndarray
    side_cut: np.ndarray

    def __len__(self) -> int:
        return len(self.foot)

    @property
    def height(self) -> np.ndarray:
        """[F] rows from head to foot."""
        return self.foot[:, 1] - self.head[:, 1]

    @property
    def lean(self) -> np.ndarray:
        """[F], horizontal distance of the head from the foot as a share of the height."""
        return np.abs(self.head - self.foot)[:, 0] / self.height

    @property
    def seen(self) -> np.ndarray:
        """[F], whether somebody is visible, in whole or in part."""
        return np.isfinite(self.height)

    @property
    def whole(self) -> np.ndarray:
        """[F], whether the person is visible from head to foot."""
        return self.seen & ~self.feet_cut & ~self.head_cut & ~self.side_cut


def person_silhouette(matte: FrameSource, boxes: Sequence[Box | None] | None = None) -> Silhouette:
    """The silhouette of the person in a matte.

    Args:
        matte: [H, W, 1], 255 = person.
        boxes: left, top, right, bottom in pixels for each frame, or None for a frame without one;
            what lies outside belongs to somebody else.

    Raises:
        InputError: the matte has another number of channels, or the boxes do not fit.
    """
    if matte.channels != 1:
        raise InputError(f"matte: has {matte.channels} channels, expected 1 (white = person)")
    if boxes is not None and len(boxes) != len(matte):
        raise InputError(f"matte: has {len(matte)} frames and there are {len(boxes)} boxes")
    rows = [
        _outline(frame[..., 0], boxes[index] if boxes is not None else None)
        for index, frame in enumerate(matte.read())
    ]
    table = np.array(rows, dtype=np.float64).reshape(-1, 10)
    cuts = table[:, 7:].T == 1
    return Silhouette(table[:, 0:2], table[:, 2:4], table[:, 4:6], table[:, 6], *cuts)


NOBODY = (np.nan,) * 10


def _outline(matte: np.ndarray, box: Box | None) -> tuple[float, ...]:
    """The numbers of a Silhouette, in its order, for one frame [H, W]."""
    person = _main_parts(matte if box is None else _within(matte, box))
    rows = np.flatnonzero(person.any(axis=1))
    if not len(rows) or rows[-1] - rows[0] < SMALLEST:
        return NOBODY
    span = rows[-1] - rows[0] + 1
    across = person.sum(axis=1)
    top = int(np.flatnonzero(across >= max(1, HEAD_WIDTH * span))[0])
    bottom = int(np.flatnonzero(across >= max(1, FOOT_WIDTH * span))[-1])
    height = bottom - top + 1
    head = person[top : top + max(1, round(HEAD_SHARE * height))]
    foot = person[bottom + 1 - max(1, round(FOOT_SHARE * height)) : bottom + 1]
    columns, sole = (np.flatnonzero(part.any(axis=0)) for part in (person, foot))
    sides = max(person[:, 0].sum(), person[:, -1].sum())
    return (
        _column(foot), bottom + 1 + _soft_row(matte, bottom + 1, foot),
        _column(head), top - _soft_row(matte, top - 1, head),
        float(sole[0]), float(sole[-1] + 1), float(columns[-1] - columns[0] + 1),
        float(bottom >= len(matte) - 2), float(top <= 1), float(sides > SIDE_SHARE * height),
    )  # fmt: skip


def _within(matte: np.ndarray, box: Box) -> np.ndarray:
    left, top, right, bottom = (max(0, round(x)) for x in box)
    inside = np.zeros_like(matte)
    inside[top:bottom, left:right] = matte[top:bottom, left:right]
    return inside


def _main_parts(matte: np.ndarray) -> np.ndarray:
    """The largest connected part, and others that are not much smaller, bool [H, W]."""
    solid = (matte >= SOLID).astype(np.uint8)
    parts = np.zeros(matte.shape, bool)
    left, top, width, height = cv2.boundingRect(solid)
    if not width:
        return parts
    near = np.s_[top : top + height, left : left + width]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(solid[near])
    areas = stats[:, cv2.CC_STAT_AREA] * (np.arange(len(stats)) > 0)  # the first is nobody
    is_large = areas >= KEPT_PART * areas.max()
    parts[near] = is_large[labels.astype(np.intp)]
    return parts


def _column(part: np.ndarray) -> float:
    """The mean column of a part [h, W]."""
    across = part.sum(axis=0)
    return float(across @ (np.arange(len(across)) + 0.5) / across.sum())


def _soft_row(matte: np.ndarray, row: int, part: np.ndarray) -> float:
    """How far the soft edge reaches into the row next to the solid ones, 0 … 0.5."""
    if not 0 <= row < len(matte):
        return 0.0
    edge = matte[row, part.any(axis=0)]
    return float(edge[edge < SOLID].max(initial=0)) / 255
