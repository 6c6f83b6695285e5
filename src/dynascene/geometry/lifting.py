"""From a picture to a place in 2.5-D, in track units (median depth at the scene camera = 1)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.surface import Stage

# Distance of the backdrop in heights of the camera above the ground. At eye level this is some
# 16 m: the line where ground turns into backdrop then lies f/10 below the horizon, about where
# houses, hedges and forest edges stand in ordinary photographs.
BACKDROP_DISTANCE = 10.0
GRID = (45, 80)


@dataclass(frozen=True)
class LiftedScene:
    """A picture with its camera and its shape.

    picture: [3, H, W] float32, sRGB 0 … 1.
    camera: where it was taken.
    surface: the shape of the place, in track units.
    """

    picture: Tensor
    camera: PictureCamera
    surface: Stage


def lift_to_stage(picture: Tensor, camera: PictureCamera) -> LiftedScene:
    """Ground plane and backdrop, scaled so that the median depth over the picture is 1."""
    stage = Stage(height=1.0, radius=BACKDROP_DISTANCE)
    return LiftedScene(picture, camera, stage.scaled(1 / median_depth(camera, stage)))


def median_depth(camera: PictureCamera, stage: Stage) -> float:
    """Median over the picture of the depth along its camera's view axis."""
    rows, columns = GRID
    v = (torch.arange(rows) + 0.5) / rows * camera.size.height - camera.size.height / 2
    u = (torch.arange(columns) + 0.5) / columns * camera.size.width - camera.size.width / 2
    y, x = torch.meshgrid(v / camera.focal, u / camera.focal, indexing="ij")
    rays = torch.stack([x, y, torch.ones_like(x)], dim=-1)
    rotation = camera.scene_from_picture.float()
    points = stage.hit(torch.zeros_like(rays), rays @ rotation.mT)
    return float((points @ rotation)[..., 2].median())
