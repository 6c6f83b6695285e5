"""What makes a matte look wrong, without any truth.

h w pixels of the matte.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from dynascene.errors import some_of

ACROSS = 192  # pixels on which a matte is looked at
JUMP, NEIGHBOURS = 0.35, 4  # of the usual area in these frames before and after
HOLES = 0.03  # of the person's area
PIECE = 0.08  # of the person's area: a smaller one may be a hand behind a pole
OFTEN = 0.2  # of the frames: less is left to the eye


class MatteShape(NamedTuple):
    """One frame's matte.

    Attributes:
        area: of the person, as a share of the frame.
        holes: their area as a share of the person's.
        pieces: how many there are of some size.
        sides: whether it touches the left, the right, the upper and the lower border.
    """

    area: float
    holes: float
    pieces: int
    sides: tuple[bool, bool, bool, bool]


def shape_of(matte: np.ndarray) -> MatteShape:
    """The shape of a matte, uint8 [h, w, 1], 255 = person."""
    height, width = matte.shape[:2]
    size = ACROSS, max(8, round(ACROSS * height / width))
    person = cv2.resize(matte[..., 0], size, interpolation=cv2.INTER_AREA) > 127
    area = int(person.sum())
    if not area:
        return MatteShape(0.0, 0.0, 0, (False, False, False, False))
    outside = np.pad(~person, 1, constant_values=True).astype(np.uint8)
    _, gaps = cv2.connectedComponents(outside, connectivity=4)
    holes = int(((gaps > 0) & (gaps != gaps[0, 0])).sum())
    _, _, figures, _ = cv2.connectedComponentsWithStats(person.astype(np.uint8))
    pieces = int((figures[1:, cv2.CC_STAT_AREA] >= PIECE * area).sum())
    borders = person[:, 0], person[:, -1], person[0], person[-1]
    left, right, top, bottom = (bool(border.any()) for border in borders)
    return MatteShape(area / person.size, holes / area, pieces, (left, right, top, bottom))


def doubts(shapes: Sequence[MatteShape], *, with_things: bool = False) -> list[str]:
    """What speaks against a clip's matte, one line each; empty where nothing does.

    Args:
        shapes: of all frames.
        with_things: things are taken along: a bicycle has holes, and a ball is a piece of its own.
    """
    areas = np.array([shape.area for shape in shapes])
    lines = []
    jumps = [index for index in range(len(areas)) if _jumps(areas, index)]
    if jumps:
        lines.append(f"its area jumps in frame {some_of(jumps)}")
    share = float(np.mean([shape.holes > HOLES for shape in shapes]))
    if share > OFTEN and not with_things:
        lines.append(f"it has holes in {share:.0%} of the frames")
    share = float(np.mean([shape.pieces > 1 for shape in shapes]))
    if share > OFTEN and not with_things:
        lines.append(f"it is in several pieces in {share:.0%} of the frames")
    share = float(np.mean([all(shape.sides[:2]) for shape in shapes]))
    if share > OFTEN:
        lines.append(f"it reaches from the left border to the right in {share:.0%} of the frames")
    share = float(np.mean([_hangs(*shape.sides) for shape in shapes]))
    if share > OFTEN:
        lines.append(
            f"it reaches the upper border and a side, but not the lower border, in {share:.0%} of "
            "the frames"
        )
    return lines


def _hangs(left: bool, right: bool, top: bool, bottom: bool) -> bool:
    """Whether a matte fills a corner above, as a wall does; people whose heads are cut off stand
    lower.
    """
    return top and left != right and not bottom


def _jumps(areas: np.ndarray, index: int) -> bool:
    """Whether a frame's area is unlike that before and after it; a steady change is none."""
    around = np.concatenate(
        [areas[max(0, index - NEIGHBOURS) : index], areas[index + 1 : index + 1 + NEIGHBOURS]]
    )
    if len(around) < NEIGHBOURS:
        return False
    low, high = np.quantile(around, (0.25, 0.75))
    usual = max(float(np.median(around)), 1e-6)
    return bool(areas[index] < low - JUMP * usual or areas[index] > high + JUMP * usual)
