"""Scene memory: the place painted once on a panorama around the scene camera.

What the camera reveals beyond the picture is filled here, in scene space and once, so it neither
flickers nor changes when the camera comes back.
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.geometry.box_continuation import continue_place
from dynascene.geometry.panorama import PanoramaWindow
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.surface import Surface

SMALLEST_LEVEL = 8  # pixels across, where the pyramid ends
ROWS_AT_ONCE = 16  # of a view: what is added up stays in the processor's cache
SOLID = 4  # the channel that says where a layer is solid
# Where in a pixel the four samples lie (a rotated grid: distinct in x and in y)
SAMPLE_OFFSETS = ((-0.125, -0.375), (0.375, -0.125), (0.125, 0.375), (-0.375, 0.125))


@dataclass
class SceneCanvas:
    """A layer of the place as a panorama.

    Attributes:
        window: the part of the panorama that the canvas covers.
        layers: [5 or 6, H, W] float32, 0 … 1: sRGB colour (3), 1 where photographed, 1 where solid;
            once a network has painted on it (see repainting.py), a sixth, 1 where painted.
        is_card: whether it ends where it is not solid, rather than tears there when stretched.
    """

    window: PanoramaWindow
    layers: Tensor
    is_card: bool = False
    _pyramid: list[list[np.ndarray]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._pyramid = [self._stored(self.layers)]
        level = self.layers
        while min(level.shape[-2:]) > SMALLEST_LEVEL:
            half = [max(1, round(n / 2)) for n in level.shape[-2:]]
            level = F.interpolate(level[None], half, mode="area")[0]
            self._pyramid.append(self._stored(level))

    def sample(self, azimuth: Tensor, depression: Tensor, *, is_backmost: bool = False) -> Tensor:
        """Sample the canvas for a grid of pixels, with the channels of ``layers``.

        Each pixel averages four samples over its footprint on the canvas, from the pyramid level at
        which the footprint is about a pixel wide: neither aliased nor blurred. Where the canvas is
        not solid and no card, the sampled solidity depends on how far the view stretches it
        (``_stretch``).

        Args:
            azimuth, depression: [H, W], directions of the pixels' centres in the scene's world, in
                radians.
            is_backmost: nothing is behind this layer, so it counts as solid everywhere.
        """
        normalised = self.window.normalised(azimuth.float(), depression.float()).numpy()
        size = self.window.size
        places = [(normalised[..., axis] + 1) * (size[axis] / 2) for axis in (0, 1)]
        across, down = self._footprint(*places)
        widths = np.hypot(*across), np.hypot(*down)
        level = np.log2(np.maximum(np.maximum(*widths) / 2, 1))
        top = math.ceil(float(level.max()) - 1e-3)  # the coarsest level that is read
        total = np.empty((*azimuth.shape, len(self.layers)), np.float32)
        for start in range(0, len(total), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            samples = [
                [
                    p[rows] + dx * a[rows] + dy * d[rows]
                    for p, a, d in zip(places, across, down, strict=True)
                ]
                for dx, dy in SAMPLE_OFFSETS
            ]
            for group, channels in enumerate(_groups(len(self.layers))):
                if not (is_backmost and channels.start == SOLID):
                    total[rows, :, channels] = self._mean(group, samples, level[rows], top)
        np.clip(total, 0, 1, out=total)
        if is_backmost:
            total[..., SOLID] = 1
        elif not self.is_card:
            stretch = _stretch(torch.from_numpy(np.minimum(*widths))).numpy()
            total[..., SOLID] = 1 - (1 - total[..., SOLID]) * stretch
        return torch.from_numpy(total).movedim(-1, 0).contiguous()

    def _footprint(self, x: np.ndarray, y: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """How the position on the canvas changes over a pixel across and a pixel down, [H, W]."""
        circle = 2 * np.pi / self.window.half_width * self.window.size.width / 2
        steps = []
        for axis in (1, 0):
            step_x, step_y = (np.diff(values, axis=axis) for values in (x, y))
            step_x -= circle * np.rint(step_x / circle)
            last = [(0, int(axis == other)) for other in (0, 1)]
            steps.append([np.pad(step, last, mode="edge") for step in (step_x, step_y)])
        return steps[0], steps[1]

    def _mean(
        self, group: int, places: list[list[np.ndarray]], level: np.ndarray, top: int
    ) -> np.ndarray:
        """The mean of the samples at several positions x, y [H, W]: [H, W, C] of one group."""
        total = self._sample_levels(group, *places[0], level, top)
        for place in places[1:]:
            total += self._sample_levels(group, *place, level, top)
        total /= len(places)
        return total

    def _sample_levels(
        self, group: int, x: np.ndarray, y: np.ndarray, level: np.ndarray, top: int
    ) -> np.ndarray:
        """Trilinear sampling at positions and fractional pyramid levels [H, W]: [H, W, C].

        top: no level above it is read.
        """
        result = self._sample_level(group, x, y, 0)
        for index in range(1, top + 1):
            weight = (level - (index - 1)).clip(0, 1)[..., None]
            if weight.any():
                result += weight * (self._sample_level(group, x, y, index) - result)
        return result

    def _sample_level(self, group: int, x: np.ndarray, y: np.ndarray, index: int) -> np.ndarray:
        """One level of the pyramid at positions of the canvas: [H, W, C] of one group.

        Bilinear, and exact from OpenCV 5 on; 4.x rounds positions to 1/32 pixel.
        """
        stored = self._pyramid[min(index, len(self._pyramid) - 1)][group]
        height, width = stored.shape[:2]
        border = 1 if self.window.is_full_circle else 0
        # OpenCV's first pixel centre is at 0
        columns = x * ((width - 2 * border) / self.window.size.width) + (border - 0.5)
        rows = y * (height / self.window.size.height) - 0.5
        taken = cv2.remap(stored, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return taken.reshape(*x.shape, -1)

    def _stored(self, level: Tensor) -> list[np.ndarray]:
        """A level as OpenCV samples it: float32 [H, W, C] for each group of channels.

        On the full circle each border is padded with the pixels of the other one.
        """
        if self.window.is_full_circle:
            level = F.pad(level[None], (1, 1, 0, 0), mode="circular")[0]
        planes = level.numpy()
        return [cv2.merge(list(planes[:4])), *planes[4:]]


def _groups(count: int) -> list[slice]:
    """The channels that OpenCV samples at once: four, or one alone; two it samples less exactly."""
    return [slice(0, 4), *(slice(n, n + 1) for n in range(4, count))]


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
    rows_at_once: int = 256,
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
    layers = torch.empty(len(picture), *window.size[::-1])
    for start in range(0, len(depression), rows_at_once):
        rows = slice(start, start + rows_at_once)
        beta, alpha = torch.meshgrid(depression[rows], azimuth, indexing="ij")
        pixel, photographed, _ = continue_place(camera, surface, alpha, beta)
        grid = pixel / pixel.new_tensor([width, height]) * 2 - 1
        painted = F.grid_sample(
            picture[None], grid[None], mode="bicubic", padding_mode="border", align_corners=False
        )
        layers[:, rows] = painted[0].clamp(0, 1)
        layers[3, rows] *= photographed  # not where it is a continuation
    return SceneCanvas(window, layers)


def _at_density(picture: Tensor, scale: float) -> Tensor:
    """Shrink the picture to the density of the window; never enlarge it."""
    if scale >= 1:
        return picture
    size = [max(1, round(n * scale)) for n in picture.shape[-2:]]
    shrunk = F.interpolate(picture[None], size, mode="bicubic", antialias=True)[0]
    return shrunk.clamp(0, 1)
