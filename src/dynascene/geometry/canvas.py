"""Scene memory: the place painted once on a panorama around the scene camera.

What the camera reveals beyond the picture is filled here, in scene space and once, so it neither
flickers nor changes when the camera comes back.
"""

from __future__ import annotations

import math
from copy import copy
from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.geometry.box_continuation import continue_place
from dynascene.geometry.canvas_pixels import (
    FIRST_GROUP,
    ONE,
    PHOTOGRAPHED,
    SOLID_GROUP,
    CanvasPixels,
    portions,
)
from dynascene.geometry.panorama import PanoramaWindow
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.surface import Surface

SMALLEST_LEVEL = 8  # pixels across, where the pyramid ends
ROWS_AT_ONCE = 16  # of a view: what is added up stays in the processor's cache
# Where in a pixel two of its four samples lie, and the others opposite to them (a rotated grid:
# distinct in x and in y)
SAMPLE_OFFSETS = ((0.125, 0.375), (0.375, -0.125))


class CanvasSample(NamedTuple):
    """What a view shows of a canvas, float32 in 0 … 1.

    Attributes:
        colour: [3, H, W] sRGB; its channels lie side by side in memory, as pictures want them.
        photographed, solid: [1, H, W].
        painted: [1, H, W]; None where nothing has been painted.
    """

    colour: Tensor
    photographed: Tensor
    solid: Tensor
    painted: Tensor | None


@dataclass
class SceneCanvas:
    """A layer of the place as a panorama.

    Attributes:
        window: the part of the panorama that the canvas covers.
        pixels: of the window.
        is_card: whether it ends where it is not solid, rather than tears there when stretched.
    """

    window: PanoramaWindow
    pixels: CanvasPixels
    is_card: bool = False
    _pyramid: list[CanvasPixels] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.pixels.close()
        self._pyramid = [self.pixels]
        side = min(self.window.size)
        while side > SMALLEST_LEVEL:
            self._pyramid.append(self._pyramid[-1].coarser())
            side = max(1, round(side / 2))

    def without_paint(self) -> SceneCanvas:
        """The same pixels, which no longer say where they are painted; nothing is copied."""
        canvas = copy(self)
        canvas._pyramid = [level.without_paint() for level in self._pyramid]
        canvas.pixels = canvas._pyramid[0]
        return canvas

    def sample(
        self, azimuth: Tensor, depression: Tensor, *, is_backmost: bool = False
    ) -> CanvasSample:
        """Sample the canvas for a grid of pixels.

        Each pixel averages four samples over its footprint on the canvas, from the pyramid level at
        which the footprint is about a pixel wide: neither aliased nor blurred. Where the canvas is
        not solid and no card, the sampled solidity depends on how far the view stretches it
        (``_stretch``).

        Args:
            azimuth, depression: [H, W], directions of the pixels' centres in the scene's world, in
                radians.
            is_backmost: nothing is behind this layer, so it counts as solid everywhere.
        """
        height, width = azimuth.shape
        count = len(self.pixels.groups)
        groups = [n for n in range(count) if n != SOLID_GROUP or not is_backmost]
        colour = np.empty((height, width, 3), np.float32)
        planes = np.ones((count, height, width), np.float32)
        footprint = np.empty((height, width), np.float32)
        # the last row takes its step down from the one before it, so it is not sampled alone
        for start in range(0, max(height - 1, 1), ROWS_AT_ONCE):
            stop = start + ROWS_AT_ONCE if start + ROWS_AT_ONCE < height - 1 else height
            rows, with_next = slice(start, stop), slice(start, stop + 1)
            x, y = self._places(azimuth[with_next].numpy(), depression[with_next].numpy())
            means, footprint[rows] = self._sample_rows(groups, x, y, stop - start)
            cv2.cvtColor(means[FIRST_GROUP], cv2.COLOR_RGBA2RGB, dst=colour[rows])
            cv2.extractChannel(means[FIRST_GROUP], PHOTOGRAPHED, planes[0, rows])
            for group in groups[1:]:
                planes[group, rows] = means[group]
        if not is_backmost and not self.is_card:
            stretch = _stretch(torch.from_numpy(footprint)).numpy()
            planes[SOLID_GROUP] = 1 - (1 - planes[SOLID_GROUP]) * stretch
        photographed, solid, *painted = torch.from_numpy(planes).split(1)
        shown = torch.from_numpy(colour).movedim(-1, 0)
        return CanvasSample(shown, photographed, solid, painted[0] if painted else None)

    def _places(self, azimuth: np.ndarray, depression: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Columns x and rows y [H, W] of the canvas in these directions; OpenCV's first pixel
        centre is at 0."""
        window, size = self.window, self.window.size
        x = azimuth - np.float32(window.centre_azimuth)
        x -= np.float32(2 * np.pi) * np.rint(x / np.float32(2 * np.pi))
        x *= size.width / 2 / window.half_width
        x += size.width / 2 - 0.5
        y = depression - np.float32(window.top)
        y *= size.height / (window.bottom - window.top)
        y -= 0.5
        return x, y

    def _footprint(
        self, x: np.ndarray, y: np.ndarray, rows: int
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """How the position on the canvas changes over a pixel across and a pixel down, [rows, W].

        x, y: of these rows and of the next one, where there is one.
        """
        circle = 2 * np.pi / self.window.half_width * self.window.size.width / 2
        has_seam = float(x.max() - x.min()) > circle / 2
        steps = []
        for axis in (1, 0):
            step_x, step_y = (np.diff(values, axis=axis) for values in (x, y))
            if has_seam:
                step_x -= circle * np.rint(step_x / circle)
            missing = 0, max(rows - len(step_x), 0), 0, x.shape[1] - step_x.shape[1]
            mode = cv2.BORDER_REPLICATE
            steps.append([cv2.copyMakeBorder(s[:rows], *missing, mode) for s in (step_x, step_y)])
        return steps[0], steps[1]

    def _sample_rows(
        self, groups: list[int], x: np.ndarray, y: np.ndarray, rows: int
    ) -> tuple[dict[int, np.ndarray], np.ndarray]:
        """The means of ``_means``, and the narrower side of each footprint, [rows, W].

        x, y: as ``_footprint`` takes them.
        """
        across, down = self._footprint(x, y, rows)
        widths = cv2.magnitude(*across), cv2.magnitude(*down)
        wider = np.maximum(*widths)
        level = np.log2(np.maximum(wider / 2, 1)) if wider.max() > 2 else None
        return self._means(groups, (x[:rows], y[:rows]), across, down, level), np.minimum(*widths)

    def _means(
        self,
        groups: list[int],
        places: tuple[np.ndarray, np.ndarray],
        across: list[np.ndarray],
        down: list[np.ndarray],
        level: np.ndarray | None,
    ) -> dict[int, np.ndarray]:
        """The mean of each pixel's four samples, [H, W, C] or [H, W], for groups of channels.

        places: x and y of the pixels. across, down: their footprints. level: of the pyramid, with
        fractions, between whose levels samples are mixed; None: the finest everywhere. All [H, W].
        """
        totals = {
            n: np.zeros(places[0].shape + self.pixels.groups[n].shape[2:], np.float32)
            for n in groups
        }
        for dx, dy in SAMPLE_OFFSETS:
            offsets = [cv2.addWeighted(a, dx, d, dy, 0) for a, d in zip(across, down, strict=True)]
            for move in (cv2.add, cv2.subtract):
                x, y = (move(p, offset) for p, offset in zip(places, offsets, strict=True))
                for group, sample in self._sample_levels(groups, x, y, level).items():
                    cv2.accumulate(sample, totals[group])
        for total in totals.values():
            total *= np.float32(1 / (2 * len(SAMPLE_OFFSETS) * ONE))
            np.minimum(total, 1, out=total)
        return totals

    def _sample_levels(
        self, groups: list[int], x: np.ndarray, y: np.ndarray, level: np.ndarray | None
    ) -> dict[int, np.ndarray]:
        """Trilinear sampling at positions and fractional pyramid levels [H, W], by group.

        In the numbers that are stored; with fractions where levels are mixed.
        """
        samples = self._sample_level(groups, x, y, 0)
        if level is None:
            return samples
        samples = {group: sample.astype(np.float32) for group, sample in samples.items()}
        for index in range(1, math.ceil(float(level.max())) + 1):
            weight = (level - (index - 1)).clip(0, 1)
            for group, coarser in self._sample_level(groups, x, y, index).items():
                sample = samples[group]
                change = coarser - sample
                change *= weight[..., None] if change.ndim == 3 else weight
                sample += change
        return samples

    def _sample_level(
        self, groups: list[int], x: np.ndarray, y: np.ndarray, index: int
    ) -> dict[int, np.ndarray]:
        """One level of the pyramid at positions of the canvas, by group.

        Bilinear, and exact from OpenCV 5 on; 4.x rounds positions to 1/32 pixel.
        """
        stored = self._pyramid[min(index, len(self._pyramid) - 1)]
        height, width = stored.groups[FIRST_GROUP].shape[:2]
        scale = (width - 2 * stored.border) / self.window.size.width
        columns = _rescaled(x, scale, stored.border)
        rows = _rescaled(y, height / self.window.size.height)
        mode = cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE
        return {n: np.asarray(cv2.remap(stored.groups[n], columns, rows, *mode)) for n in groups}


def _rescaled(places: np.ndarray, scale: float, border: int = 0) -> np.ndarray:
    """Places on pixels of another size, after so many of them; the first centre is at 0."""
    if scale == 1 and not border:
        return places
    return places * scale + ((scale - 1) / 2 + border)


def _stretch(footprint: Tensor) -> Tensor:
    """How far the surface between a near and a far thing is stretched, 0 … 1, [H, W].

    A cut edge opens where its footprint on the canvas is much smaller than usual: one canvas pixel
    covers several pixels of the view. From the picture's own position nothing is stretched, and the
    picture stays whole.
    """
    usual = footprint.median().clamp_min(1e-9)
    return ((0.65 - footprint / usual) / 0.3).clamp(0, 1)


def paint_canvas(
    picture: Tensor,
    camera: PictureCamera,
    window: PanoramaWindow,
    surface: Surface | None = None,
) -> SceneCanvas:
    """Paint a layer's picture [5, H, W] and its continuation onto a window.

    Reads the picture bicubically after bringing it, anti-aliased, to the density of the window.

    Args:
        surface: of the layer; a box is continued plane by plane.
    """
    picture = _at_density(picture, window.density / camera.focal)
    width, height = camera.size
    azimuth, depression = window.pixel_angles()
    pixels = CanvasPixels.empty(window)
    for rows in portions(*window.size[::-1]):
        beta, alpha = torch.meshgrid(depression[rows], azimuth, indexing="ij")
        pixel, photographed, _ = continue_place(camera, surface, alpha, beta)
        grid = pixel / pixel.new_tensor([width, height]) * 2 - 1
        painted = F.grid_sample(
            picture[None], grid[None], mode="bicubic", padding_mode="border", align_corners=False
        )
        values = painted[0].clamp(0, 1)
        values[PHOTOGRAPHED] *= photographed  # not where it is a continuation
        pixels.write(rows, values)
    return SceneCanvas(window, pixels)


def _at_density(picture: Tensor, scale: float) -> Tensor:
    """Shrink the picture to the density of the window; never enlarge it."""
    if scale >= 1:
        return picture
    size = [max(1, round(n * scale)) for n in picture.shape[-2:]]
    shrunk = F.interpolate(picture[None], size, mode="bicubic", antialias=True)[0]
    return shrunk.clamp(0, 1)
