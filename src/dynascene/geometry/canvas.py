"""Scene memory: the place painted once on a panorama around the scene camera.

What the camera reveals beyond the picture is filled here, in scene space and once, so it neither
flickers nor changes when the camera comes back.
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.geometry.box_continuation import continue_place
from dynascene.geometry.panorama import PanoramaWindow
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.surface import Surface

SMALLEST_LEVEL = 8  # pixels across, where the pyramid ends
# Where in a pixel the four samples lie (a rotated grid: distinct in x and in y)
SAMPLE_OFFSETS = ((-0.125, -0.375), (0.375, -0.125), (0.125, 0.375), (-0.375, 0.125))


@dataclass
class SceneCanvas:
    """A layer of the place as a panorama.

    Attributes:
        window: the part of the panorama that the canvas covers.
        layers: [5 or 6, H, W] float32, 0 … 1: sRGB colour (3), 1 where photographed, 1 where solid;
            once a network has painted on it (see repainting.py), a sixth, 1 where painted.
    """

    window: PanoramaWindow
    layers: Tensor
    _pyramid: list[Tensor] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._pyramid = [self._close_circle(self.layers)]
        level = self.layers
        while min(level.shape[-2:]) > SMALLEST_LEVEL:
            half = [max(1, round(n / 2)) for n in level.shape[-2:]]
            level = F.interpolate(level[None], half, mode="area")[0]
            self._pyramid.append(self._close_circle(level))

    def sample(self, azimuth: Tensor, depression: Tensor) -> Tensor:
        """Sample the canvas for a grid of pixels, with the channels of ``layers``.

        Each pixel averages four samples over its footprint on the canvas, from the pyramid level at
        which the footprint is about a pixel wide: neither aliased nor blurred. Where the canvas is
        not solid, the sampled solidity depends on how far the view stretches it (``_stretch``).

        Args:
            azimuth, depression: [H, W], directions of the pixels' centres in the scene's world, in
                radians.
        """
        grid = self.window.normalised(azimuth, depression)
        across, down = self._footprint(grid)
        size = torch.tensor(self.window.size, dtype=grid.dtype, device=grid.device) / 2
        extent = torch.maximum((across * size).norm(dim=-1), (down * size).norm(dim=-1))
        level = torch.log2((extent / 2).clamp_min(1))
        total = torch.zeros(
            len(self.layers), *azimuth.shape, dtype=self.layers.dtype, device=grid.device
        )
        for dx, dy in SAMPLE_OFFSETS:
            total += self._sample_levels(grid + dx * across + dy * down, level)
        total = (total / len(SAMPLE_OFFSETS)).clamp(0, 1)
        shortest = torch.minimum((across * size).norm(dim=-1), (down * size).norm(dim=-1))
        total[4] = 1 - (1 - total[4]) * _stretch(shortest)
        return total

    def _footprint(self, grid: Tensor) -> tuple[Tensor, Tensor]:
        """The change of the canvas position over one pixel across and one down, [H, W, 2] each."""
        across = F.pad(grid.diff(dim=1).movedim(-1, 0), (0, 1), mode="replicate")
        down = F.pad(grid.diff(dim=0).movedim(-1, 0)[None], (0, 0, 0, 1), mode="replicate")[0]
        steps = []
        for step in (across.movedim(0, -1), down.movedim(0, -1)):
            period = 2 * math.pi / self.window.half_width  # of x, one full circle
            x = torch.remainder(step[..., 0] + period / 2, period) - period / 2
            steps.append(torch.stack([x, step[..., 1]], dim=-1))
        return steps[0], steps[1]

    def _sample_levels(self, grid: Tensor, level: Tensor) -> Tensor:
        """Trilinear sampling: [H, W, 2] and fractional pyramid level [H, W] → as ``layers``."""
        result = self._sample_level(grid, 0)
        for index in range(1, math.ceil(float(level.max()) - 1e-3) + 1):
            weight = (level - (index - 1)).clamp(0, 1)
            if weight.any():
                result = torch.lerp(result, self._sample_level(grid, index), weight)
        return result

    def _sample_level(self, grid: Tensor, index: int) -> Tensor:
        layers = self._pyramid[min(index, len(self._pyramid) - 1)]
        border = 1 if self.window.is_full_circle else 0
        x = grid[..., 0] * (layers.shape[-1] - 2 * border) / layers.shape[-1]
        placed = torch.stack([x, grid[..., 1]], dim=-1)[None].to(layers)
        return F.grid_sample(layers[None], placed, padding_mode="border", align_corners=False)[0]

    def _close_circle(self, layers: Tensor) -> Tensor:
        """On the full circle, pad each border with the pixels of the other one."""
        if not self.window.is_full_circle:
            return layers
        return F.pad(layers[None], (1, 1, 0, 0), mode="circular")[0]


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
