"""How a card goes on beyond the picture, and the canvas on which it is painted.

A card that the picture's border cuts goes on there as the place does (continuation.py), but within
a window alone and not below the ground. That counts as not photographed.
"""

import math

import torch
from torch import Tensor

from dynascene.geometry.canvas import SceneCanvas, paint_canvas
from dynascene.geometry.canvas_pixels import SOLID, portions
from dynascene.geometry.lifting import SceneLayer
from dynascene.geometry.panorama import (
    PanoramaWindow,
    angles_from_directions,
    directions_from_angles,
)
from dynascene.geometry.picture import PictureCamera

MARGIN = 0.5  # of a card's width and height, transparent around it
REACH = 0.85  # of the window, up to which a card goes on; coarse levels of the canvas end so, too


def paint_card(card: SceneLayer, camera: PictureCamera, density: float) -> SceneCanvas:
    """Paint a card onto a canvas of its own, with a transparent border.

    Args:
        card: see ``stand_up``.
        camera: of the picture.
        density: of the canvas, in pixels per radian.
    """
    window = _window(card, camera, density)
    pixels = paint_canvas(card.picture, camera, window).pixels
    azimuth, depression = window.pixel_angles()
    for rows in portions(*window.size[::-1]):
        beta, alpha = torch.meshgrid(depression[rows], azimuth, indexing="ij")
        directions = directions_from_angles(alpha, beta)
        points = card.surface.hit(torch.zeros_like(directions), directions)
        pixels.solid[rows] *= goes_on(card, camera, points).numpy()
    pixels.solid[[0, -1]] = pixels.solid[:, [0, -1]] = 0
    return SceneCanvas(window, pixels, is_card=True)


def goes_on(card: SceneLayer, camera: PictureCamera, points: Tensor) -> Tensor:
    """Whether a card may show at points of its screen: in the picture, or beyond a border it meets.

    Args:
        card: see ``stand_up``.
        camera: of the picture.
        points: [..., 3] of its screen, in the scene's world.

    Returns:
        bool [...].
    """
    seen = card.picture[SOLID] > 0
    pixel, inside = camera.pixels_from_directions(points)
    (x, y), (width, height) = pixel.unbind(-1), camera.size
    left, right, bottom = (bool(side.any()) for side in (seen[:, 0], seen[:, -1], seen[-1]))
    beyond = ((x < 0) & left) | ((x > width) & right) | ((y > height) & bottom)
    place = _window(card, camera).normalised(*angles_from_directions(points))
    is_near = (place.abs() <= REACH).all(dim=-1)
    return inside | (beyond & is_near & (points[..., 1] < card.surface.height))


def _window(card: SceneLayer, camera: PictureCamera, density: float = 1.0) -> PanoramaWindow:
    """What holds a card, its continuation where a border cuts it, and a margin."""
    seen = card.picture[SOLID] > 0
    columns, rows = seen.any(dim=0).nonzero()[:, 0], seen.any(dim=1).nonzero()[:, 0]
    left, right = float(columns.min()), float(columns.max()) + 1
    width = right - left
    cut_left, cut_right = left == 0, right == seen.shape[1]
    across = torch.linspace(left - cut_left * width, right + cut_right * width, 9)
    down = torch.linspace(float(rows.min()), float(rows.max()) + 1, 9)
    y, x = torch.meshgrid(down, across, indexing="ij")
    directions = camera.directions_from_pixels(torch.stack([x, y], dim=-1))
    azimuth, depression = angles_from_directions(directions)
    first, last = float(azimuth.min()), float(azimuth.max())
    top, bottom = float(depression.min()), float(depression.max())
    if seen[-1].any():  # upright, so it meets the ground below the border's own points
        feet = card.surface.hit(torch.zeros_like(directions[-1]), directions[-1])
        feet[:, 1] = card.surface.height
        bottom = max(bottom, float(angles_from_directions(feet)[1].max()))
    margin = MARGIN * (bottom - top)
    return PanoramaWindow(
        (first + last) / 2,
        min((last - first) / 2 * (1 + 2 * MARGIN), 0.99 * math.pi),
        max(top - margin, -math.pi / 2),
        min(bottom + margin, math.pi / 2),
        density,
    )
