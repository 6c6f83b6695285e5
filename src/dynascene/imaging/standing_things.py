"""Things that stand in the picture of a place, drawn on it: what was cut out, and its foot.

H W pixels of the picture as the things were cut out of it, h w of the one that is drawn on.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

OUTLINE, FOOT, CASING = (92, 179, 255), (255, 196, 92), (0, 0, 0)
FINE = 3  # times larger the lines are drawn, then shrunk, which smooths them
THIN, CASED = 5, 9  # pixels of the enlarged picture: a line, and with the dark beside it
TEXT = 20  # pixels


class DrawnThing(NamedTuple):
    """mask: [H, W], above 0.5 where the thing is seen. feet: pixels [K, 2] of its foot line."""

    mask: np.ndarray
    feet: np.ndarray


def draw_things(picture: np.ndarray, things: Sequence[DrawnThing]) -> np.ndarray:
    """A picture with the outline, the foot line and the number of each thing, from 1 on.

    Args:
        picture: uint8 [h, w, 3].
        things: each seen in one pixel at least.

    Returns:
        uint8 [h, w, 3], one that can be drawn on.
    """
    if not things:
        return picture.copy()
    height, width = picture.shape[:2]
    page = cv2.resize(picture, (FINE * width, FINE * height), interpolation=cv2.INTER_NEAREST)
    centres = []
    for mask, feet in things:
        scale = np.array([width / mask.shape[1], height / mask.shape[0]])
        seen = (mask > 0.5).astype(np.uint8)
        contours, _ = cv2.findContours(seen, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        outlines = [(contour[:, 0] + 0.5) * scale for contour in contours]
        _draw_lines(page, outlines, OUTLINE, is_closed=True)
        _draw_lines(page, [feet * scale], FOOT, is_closed=False)
        rows, columns = np.nonzero(seen)
        centres.append((np.array([columns.mean(), rows.mean()]) + 0.5) * scale)
    return _numbered(cv2.resize(page, (width, height), interpolation=cv2.INTER_AREA), centres)


def _draw_lines(
    page: np.ndarray, lines: Sequence[np.ndarray], colour: tuple[int, ...], *, is_closed: bool
) -> None:
    """Draw lines of points [N, 2], pixels of the picture, into the enlarged one."""
    points = [np.rint(line * FINE - 0.5).astype(np.int32) for line in lines]
    for ink, thick in ((CASING, CASED), (colour, THIN)):
        cv2.polylines(page, points, is_closed, ink, thick)


def _numbered(picture: np.ndarray, centres: Sequence[np.ndarray]) -> np.ndarray:
    """A picture with numbers from 1 on, each about a column and row."""
    page = Image.fromarray(picture)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(TEXT)
    for number, (column, row) in enumerate(centres, 1):
        at = float(column), float(row)
        draw.text(at, f"{number}", OUTLINE, font, anchor="mm", stroke_width=2, stroke_fill=CASING)
    return np.array(page)
