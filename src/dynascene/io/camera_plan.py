"""The path of a camera from above, as a small picture for contact sheets.

It is drawn by Pillow: importing matplotlib takes longer than all the rest of a preview's sheet.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dynascene.geometry.rigid import invert_rigid, relative_to_first
from dynascene.io.camera_symbols import shown_frames, symbol_depth, wedge
from dynascene.types import CameraTrack, Size

PAPER, INK, SOFT, GRID = "#ffffff", "#22262b", "#6b737c", "#e3e6ea"
LEFT, TOP, RIGHT, BOTTOM = 44, 24, 6, 34  # pixels around the drawing
FREE = 0.08  # of the drawing, beside what is drawn
FINE = 3  # times larger it is drawn, then shrunk, which smooths its lines
LIGHTEST = 230  # of 255: the end of the colours of time, which is pale beyond
MOST_LINES = 5  # of the grid, along the shorter side


def cameras_from_above(track: CameraTrack, size: Size) -> np.ndarray:
    """The path in the axes of the first camera, ahead is up; colour is time: uint8 [H, W, 3]."""
    poses = invert_rigid(relative_to_first(track.cam_from_world))
    path = poses[:, [0, 2], 3].numpy()
    depth, frames = symbol_depth(poses, track), shown_frames(len(track))
    wedges = [wedge(poses[frame], track, frame, depth) for frame in frames]
    plan = _Plan(np.concatenate([path, *wedges]), size)
    colours = _colours(len(track))
    page = Image.new("RGBA", (FINE * size.width, FINE * size.height), PAPER)
    draw = ImageDraw.Draw(page)
    plan.draw_grid(draw)
    dots = [tuple(point) for point in plan.pixels(path) * FINE]
    draw.line(dots, fill=GRID, width=3 * FINE, joint="curve")
    for frame, shape in zip(frames, wedges, strict=True):
        apex, left, right = [tuple(point) for point in plan.pixels(shape) * FINE]
        tint = Image.new("RGBA", page.size)
        ImageDraw.Draw(tint).polygon([apex, left, right], fill=(*colours[frame], 40))
        page.alpha_composite(tint)
        ImageDraw.Draw(page).line([left, apex, right], fill=(*colours[frame], 255), width=FINE)
    draw = ImageDraw.Draw(page)
    for (x, y), colour in zip(dots, colours, strict=True):
        reach = 1.4 * FINE
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=(*colour, 255))
    picture = page.convert("RGB").reduce(FINE)
    plan.write(ImageDraw.Draw(picture))
    return np.asarray(picture)


def _colours(frames: int) -> list[tuple[int, int, int]]:
    """One colour per frame: dark at the start, light at the end."""
    steps = np.linspace(0, LIGHTEST, frames).round().astype(np.uint8)
    blue_green_red = cv2.applyColorMap(steps[:, None], cv2.COLORMAP_VIRIDIS)[:, 0]
    return [(int(red), int(green), int(blue)) for blue, green, red in blue_green_red]


class _Plan:
    """Where points on the ground lie in the picture; one unit is equally long both ways.

    points: [N, 2] to the right and ahead, all of which are shown.
    """

    def __init__(self, points: np.ndarray, size: Size) -> None:
        self._size = size
        room = np.array([size.width - LEFT - RIGHT, size.height - TOP - BOTTOM])
        low, high = points.min(axis=0), points.max(axis=0)
        extent = np.maximum(high - low, 1e-9)
        self._scale = (room / extent).min() * (1 - 2 * FREE)  # pixels in a unit
        half = room / 2 / self._scale
        self._low, self._high = (low + high) / 2 - half, (low + high) / 2 + half

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """[N, 2] to the right and ahead → [N, 2] columns and rows."""
        right, up = ((points - self._low) * self._scale).T
        return np.stack([LEFT + right, self._size.height - BOTTOM - up], axis=1)

    def draw_grid(self, draw: ImageDraw.ImageDraw) -> None:
        """Draw the lines of the grid, ``FINE`` times enlarged."""
        for axis, value in self._lines():
            ends = np.stack([self._low, self._high])
            ends[:, axis] = value
            draw.line([tuple(p) for p in self.pixels(ends) * FINE], fill=GRID, width=FINE)

    def write(self, draw: ImageDraw.ImageDraw) -> None:
        """Write the title, the names of the axes and the numbers of the grid."""
        bottom = self._size.height - BOTTOM
        draw.text((LEFT, 4), "Path from above", INK, ImageFont.load_default(13))
        small = ImageFont.load_default(10)
        draw.text((6, 6), "ahead", SOFT, small)
        draw.text((self._size.width - RIGHT, bottom + 18), "right", SOFT, small, anchor="ra")
        for axis, value in self._lines():
            column, row = self.pixels(np.where(np.arange(2) == axis, value, self._low)[None])[0]
            at, anchor = ((column, bottom + 4), "ma") if axis == 0 else ((LEFT - 5, row), "rm")
            draw.text(at, f"{value:g}", SOFT, small, anchor=anchor)

    def _lines(self) -> list[tuple[int, float]]:
        """Axis (0 = right, 1 = ahead) and value of each line of the grid."""
        least = float((self._high - self._low).min()) / MOST_LINES
        power = 10.0 ** math.floor(math.log10(least))
        step = next(m * power for m in (1, 2, 5, 10) if m * power >= least)
        lines = []
        for axis in (0, 1):
            first = math.ceil(self._low[axis] / step)
            last = math.floor(self._high[axis] / step)
            lines += [(axis, round(n * step, 12)) for n in range(first, last + 1)]
        return lines
