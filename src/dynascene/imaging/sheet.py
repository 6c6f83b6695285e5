"""Contact sheets: one named row for each kind of picture, one column for each moment.

Pictures are uint8 [H, W, 3] unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dynascene.types import Size

if TYPE_CHECKING:
    from torch import Tensor

COLUMNS = 6
GAP, MARGIN, LABEL_WIDTH, CAPTION_HEIGHT = 6, 16, 104, 22
PAPER, INK, FAINT = (250, 250, 248), (40, 40, 44), (130, 130, 136)
MOST_CELL = Size(300, 260)
TITLE_WIDTH, TITLE_LINE = 420, 22  # pixels of the title, and of each of its lines
TITLE_SIZE = 13  # of its letters
ALARM = (150, 60, 0)  # of doubts, which stand below the title
MOST_DOUBT_LINES = 4


class SheetRow(NamedTuple):
    """A row of a sheet.

    Attributes:
        name: text beside the row, in one or more lines.
        pictures: one per column, from the first column on.
    """

    name: str
    pictures: Sequence[np.ndarray]


class SheetHeader(NamedTuple):
    """What stands above the rows.

    Attributes:
        scene: picture of the place.
        title: lines of text.
        camera: picture of the camera's path; None: none.
        largest: what the picture of the place is shrunk to.
        doubts: of what the sheet shows, below all of that, across the sheet.
    """

    scene: np.ndarray
    title: str
    camera: np.ndarray | None = None
    largest: Size = MOST_CELL
    doubts: tuple[str, ...] = ()


def spread_frames(count: int, columns: int = COLUMNS) -> list[int]:
    """Up to ``columns`` frame numbers below ``count``, evenly spread from the first to the last."""
    if count == 1:
        return [0]
    return sorted({round(i * (count - 1) / (columns - 1)) for i in range(columns)})


def thumbnail(picture: np.ndarray, most: Size = MOST_CELL) -> np.ndarray:
    """Shrink a picture, uint8 [H, W, 3], or a matte, [H, W, 1], to at most the size ``most``."""
    if picture.shape[2] == 1:
        picture = np.repeat(picture, 3, axis=2)
    height, width = picture.shape[:2]
    scale = min(1.0, most.width / width, most.height / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def hatch_unseen(colour: np.ndarray, visibility: np.ndarray) -> np.ndarray:
    """A guide with grey stripes where its visibility, uint8 [H, W, 1], is below 128."""
    height, width = colour.shape[:2]
    stripe = max(6, height // 36)
    tones = np.where(np.arange(height + width) // stripe % 2 == 0, 205, 225).astype(np.uint8)
    hatch = np.lib.stride_tricks.sliding_window_view(tones, width)[:height]  # by x + y
    shown = (visibility >= 128).astype(np.uint8)
    return cv2.copyTo(colour, shown, cv2.merge([hatch.copy()] * 3))


def contact_sheet(
    rows: Sequence[SheetRow],
    captions: Sequence[str],
    header: SheetHeader | None = None,
    label_width: int = LABEL_WIDTH,
) -> np.ndarray:
    """Draw a contact sheet.

    Args:
        rows: from top to bottom; each is as high as its highest picture.
        captions: of the columns; each is as wide as the widest picture.
        header: above the rows; None: none.
        label_width: pixels for the names of the rows.

    Returns:
        uint8 [H, W, 3].
    """
    heights = [max(picture.shape[0] for picture in row.pictures) for row in rows]
    step = GAP + max(picture.shape[1] for row in rows for picture in row.pictures)
    left = MARGIN + label_width
    width = MARGIN + left + len(captions) * step
    top = MARGIN + CAPTION_HEIGHT
    if header is not None:
        head = _header_extent(header, left)
        width, top = max(width, head.width + MARGIN), top + head.height + 2 * GAP
        doubts = doubt_lines(header.doubts, width - left - MARGIN)
        top += TITLE_LINE * len(doubts) + (GAP if doubts else 0)
    page = Image.new("RGB", (width, top + sum(heights) + len(rows) * GAP + MARGIN), PAPER)
    draw = ImageDraw.Draw(page)
    if header is not None:
        _paint_header(page, draw, header, left)
        _paint_doubts(draw, doubts, left, MARGIN + head.height + 2 * GAP)
    for column, caption in enumerate(captions):
        place = (left + column * step, top - CAPTION_HEIGHT)
        draw.text(place, caption, FAINT, ImageFont.load_default(12))
    for row, height in zip(rows, heights, strict=True):
        draw.text((MARGIN, top), row.name, INK, ImageFont.load_default(15))
        for column, picture in enumerate(row.pictures):
            page.paste(Image.fromarray(picture), (left + column * step, top))
        top += height + GAP
    return np.asarray(page)


def stack_sheets(sheets: Sequence[np.ndarray]) -> np.ndarray:
    """Sheets below each other, padded with paper to the width of the widest."""
    width = max(sheet.shape[1] for sheet in sheets)
    padded = [
        np.pad(sheet, ((0, 0), (0, width - sheet.shape[1]), (0, 0)), mode="edge")
        for sheet in sheets
    ]
    return np.concatenate(padded)


def clip_grid(clips: Sequence[Tensor], columns: int = 4) -> Tensor:
    """Some frames of clips side by side, without names.

    Args:
        clips: R clips, [B, F, 3, H, W] each. Each batch entry has R rows, one per clip.
        columns: number of frames, at most, evenly spread.

    Returns:
        [3, B · R · H, columns · W].
    """
    import torch

    frames = clips[0].shape[1]
    indices = torch.linspace(0, frames - 1, min(columns, frames)).round().long()
    cells = torch.stack([clip[:, indices] for clip in clips], dim=1)  # [B, R, F, 3, H, W]
    return cells.permute(3, 0, 1, 4, 2, 5).flatten(1, 3).flatten(2, 3)


def _header_extent(header: SheetHeader, left: int) -> Size:
    """The header's right edge, and the height of its pictures and its title."""
    scene, camera = thumbnail(header.scene, header.largest), header.camera
    width = left + scene.shape[1] + TITLE_WIDTH
    height = max(scene.shape[0], TITLE_LINE * len(title_lines(header.title)))
    if camera is None:
        return Size(width, height)
    return Size(width + camera.shape[1], max(height, camera.shape[0]))


def _paint_header(
    page: Image.Image, draw: ImageDraw.ImageDraw, header: SheetHeader, left: int
) -> None:
    scene = thumbnail(header.scene, header.largest)
    right = left + scene.shape[1]
    page.paste(Image.fromarray(scene), (left, MARGIN))
    if header.camera is not None:
        page.paste(Image.fromarray(header.camera), (right + TITLE_WIDTH, MARGIN))
    draw.text((MARGIN, MARGIN), "scene", INK, ImageFont.load_default(15))
    font, title = ImageFont.load_default(TITLE_SIZE), "\n".join(title_lines(header.title))
    draw.multiline_text((right + MARGIN, MARGIN), title, FAINT, font, spacing=6)


def _paint_doubts(draw: ImageDraw.ImageDraw, lines: Sequence[str], left: int, top: int) -> None:
    if lines:
        draw.text((MARGIN, top), "doubts", ALARM, ImageFont.load_default(15))
        text, font = "\n".join(lines), ImageFont.load_default(TITLE_SIZE)
        draw.multiline_text((left, top), text, ALARM, font, spacing=6)


def doubt_lines(doubts: Sequence[str], width: int) -> list[str]:
    """At most ``MOST_DOUBT_LINES`` lines of doubts within so many pixels: the first doubt, cut
    short where it needs more, and others as long as there is room. The rest is counted."""
    lines: list[str] = []
    for number, doubt in enumerate(doubts):
        further = wrapped_lines(f"· {doubt}", width)
        left_out = len(doubts) - number
        room = MOST_DOUBT_LINES - len(lines) - (left_out > 1)  # for the line that counts the others
        if not lines:
            further = _cut_short(further, room, width)
        if len(further) > room:
            return [*lines, f"… and {left_out} more, among the notices of the run"]
        lines += further
    return lines


def _cut_short(lines: list[str], most: int, width: int) -> list[str]:
    """At most so many lines; "…" ends the last one where words are left out."""
    if len(lines) <= most:
        return lines
    font, words = ImageFont.load_default(TITLE_SIZE), lines[most - 1].split()
    while len(words) > 1 and font.getlength(" ".join([*words, "…"])) > width:
        words.pop()
    return [*lines[: most - 1], " ".join([*words, "…"])]


def title_lines(title: str) -> list[str]:
    """The lines of a title, none of which runs into what is beside it."""
    return wrapped_lines(title, TITLE_WIDTH - 2 * MARGIN)


def wrapped_lines(text: str, width: int) -> list[str]:
    """The lines of a text, broken between words so that none is longer than so many pixels."""
    font = ImageFont.load_default(TITLE_SIZE)
    lines: list[str] = []
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        lines.append(indent)
        for word in line.split():
            longer = f"{lines[-1]} {word}" if lines[-1].strip() else lines[-1] + word
            if lines[-1].strip() and font.getlength(longer) > width:
                lines.append(indent + word)
            else:
                lines[-1] = longer
    return lines
