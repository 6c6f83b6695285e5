"""A photographed panorama as the place: seen all around, with a flat view out of it as its picture.

The panorama is equirectangular, its middle column lies ahead, and its horizon is level.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.geometry.canvas import SceneCanvas
from dynascene.geometry.canvas_pixels import PHOTOGRAPHED, CanvasPixels, portions
from dynascene.geometry.lifting import BACKDROP_DISTANCE, LiftedScene, SceneLayer, median_depth
from dynascene.geometry.panorama import (
    PanoramaWindow,
    angles_from_directions,
    directions_from_angles,
)
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.surface import Stage
from dynascene.types import Size

FLAT_FOV = 90.0  # degrees across the flat view
SEAM = 4  # columns that are repeated beyond each border of a full circle


@dataclass(frozen=True)
class PanoramaCamera(PictureCamera):
    """The camera of the flat view; what it sees goes on in ``window``, so that is inside too."""

    window: PanoramaWindow

    def pixels_from_directions(self, directions: Tensor) -> tuple[Tensor, Tensor]:
        """As of the flat view; inside is all that the panorama shows."""
        pixel, _ = super().pixels_from_directions(directions)
        place = self.window.normalised(*angles_from_directions(directions))
        return pixel, (place.abs() <= 1 + 1e-6).all(dim=-1)


def flat_camera(window: PanoramaWindow) -> PanoramaCamera:
    """Level and ahead, 16:9, as dense in its middle as the panorama."""
    width = max(64, round(2 * window.density / 16) * 16)
    size = Size(width, width * 9 // 16)
    focal = width / 2 / math.tan(math.radians(FLAT_FOV) / 2)
    return PanoramaCamera(focal, size, size.height / 2, window)


def flat_view(panorama: Tensor, camera: PanoramaCamera) -> Tensor:
    """The flat view out of a panorama, [C, H, W] → [C, h, w]."""
    directions = camera.rays(*camera.size[::-1]) @ camera.scene_from_picture.float().mT
    return _sampled(panorama, camera.window, *angles_from_directions(directions)).clamp(0, 1)


def lift_panorama(panorama: Tensor, camera: PanoramaCamera) -> LiftedScene:
    """Ground plane and backdrop all around, scaled as those of a picture.

    Args:
        panorama: [3, H, W] float32, sRGB 0 … 1, of the camera's window.
        camera: of its flat view.
    """
    stage = Stage(height=1.0, radius=BACKDROP_DISTANCE)
    stage = stage.scale(1 / median_depth(camera, stage))
    solid = torch.cat([panorama, torch.ones_like(panorama[:2])])
    layer = SceneLayer(solid, stage, camera.window)
    return LiftedScene(flat_view(panorama, camera), camera, (layer,))


def paint_panorama(picture: Tensor, shown: PanoramaWindow, window: PanoramaWindow) -> SceneCanvas:
    """Paint a panorama onto the window of a canvas; beyond what it shows its border goes on.

    Args:
        picture: [5, H, W] of a layer.
        shown: the part of the panorama that the picture shows.
        window: of the canvas.
    """
    scale = window.density / shown.density
    if scale < 1:
        size = [max(2, round(n * scale)) for n in picture.shape[-2:]]
        picture = F.interpolate(picture[None], size, mode="bicubic", antialias=True)[0].clamp(0, 1)
    azimuth, depression = window.pixel_angles()
    pixels = CanvasPixels.empty(window)
    for rows in portions(*window.size[::-1]):
        beta, alpha = torch.meshgrid(depression[rows], azimuth, indexing="ij")
        values = _sampled(picture, shown, alpha, beta).clamp(0, 1)
        directions = directions_from_angles(alpha, beta)
        place = shown.normalised(*angles_from_directions(directions))
        values[PHOTOGRAPHED] *= (place.abs() <= 1 + 1e-6).all(dim=-1)
        pixels.write(rows, values)
    return SceneCanvas(window, pixels)


def _sampled(picture: Tensor, shown: PanoramaWindow, azimuth: Tensor, depression: Tensor) -> Tensor:
    """Bicubic samples at angles [H, W], across the seam of a full circle."""
    grid = shown.normalised(azimuth, depression)
    if shown.is_full_circle:
        width = picture.shape[-1]
        picture = F.pad(picture[None], (SEAM, SEAM, 0, 0), mode="circular")[0]
        grid = torch.stack([grid[..., 0] * width / (width + 2 * SEAM), grid[..., 1]], dim=-1)
    return F.grid_sample(
        picture[None],
        grid[None].to(picture),
        mode="bicubic",
        padding_mode="border",
        align_corners=False,
    )[0]
