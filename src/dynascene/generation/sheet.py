"""The contact sheet: what went in and what came out, over time."""

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

COLUMNS = 6
GAP, MARGIN, LABEL_WIDTH, CAPTION_HEIGHT = 6, 16, 104, 22
PAPER, INK, FAINT = (250, 250, 248), (40, 40, 44), (130, 130, 136)
MOST_CELL_WIDTH, MOST_CELL_HEIGHT = 300, 260
TITLE_WIDTH = 420


def sheet_frames(count: int, columns: int = COLUMNS) -> list[int]:
    """The frames shown, spread evenly, first and last included."""
    if count == 1:
        return [0]
    return sorted({round(i * (count - 1) / (columns - 1)) for i in range(columns)})


def thumbnail(image: np.ndarray) -> np.ndarray:
    """Shrink uint8 [H, W, C] to a cell of the sheet; a matte becomes grey colour."""
    if image.shape[2] == 1:
        image = np.repeat(image, 3, axis=2)
    height, width = image.shape[:2]
    scale = min(1.0, MOST_CELL_WIDTH / width, MOST_CELL_HEIGHT / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def mark_unseen(colour: np.ndarray, visibility: np.ndarray) -> np.ndarray:
    """The guide as shown: what the picture does not hold is a hatched grey."""
    height, width = colour.shape[:2]
    y, x = np.mgrid[:height, :width]
    stripe = max(6, height // 36)
    hatch = np.where((x + y) // stripe % 2 == 0, 205, 225).astype(np.uint8)[..., None]
    return np.where(visibility >= 128, colour, hatch)


def contact_sheet(
    rows: dict[str, list[np.ndarray]],
    captions: list[str],
    title: str,
    scene: np.ndarray,
    camera: np.ndarray | None = None,
) -> np.ndarray:
    """Rows of thumbnails by name, one column a moment: uint8 [H, W, 3].

    Above them the scene picture, the title's lines and, if there is one, a picture of the camera.
    """
    cell_width = max(image.shape[1] for images in rows.values() for image in images)
    heights = {name: max(image.shape[0] for image in images) for name, images in rows.items()}
    scene = thumbnail(scene)
    columns = len(captions)
    width = 2 * MARGIN + LABEL_WIDTH + columns * (cell_width + GAP)
    beside = MARGIN + LABEL_WIDTH + scene.shape[1] + TITLE_WIDTH
    headed = [scene] if camera is None else [scene, camera]
    width = max(width, beside + MARGIN + (0 if camera is None else camera.shape[1]))
    top = MARGIN + max(picture.shape[0] for picture in headed) + 2 * GAP + CAPTION_HEIGHT
    height = top + sum(h + GAP for h in heights.values()) + MARGIN
    page = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(page)
    left = MARGIN + LABEL_WIDTH
    page.paste(Image.fromarray(scene), (left, MARGIN))
    if camera is not None:
        page.paste(Image.fromarray(camera), (beside, MARGIN))
    draw.text((MARGIN, MARGIN), "scene", INK, ImageFont.load_default(15))
    draw.multiline_text(
        (left + scene.shape[1] + MARGIN, MARGIN),
        title,
        FAINT,
        ImageFont.load_default(13),
        spacing=6,
    )
    for column, caption in enumerate(captions):
        x = left + column * (cell_width + GAP)
        draw.text((x, top - CAPTION_HEIGHT), caption, FAINT, ImageFont.load_default(12))
    for name, images in rows.items():
        draw.text((MARGIN, top), name, INK, ImageFont.load_default(15))
        for column, image in enumerate(images):
            page.paste(Image.fromarray(image), (left + column * (cell_width + GAP), top))
        top += heights[name] + GAP
    return np.asarray(page)
