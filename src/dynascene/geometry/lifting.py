"""From a picture to a place in 2.5-D, in track units (median depth at the scene camera = 1)."""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.box import PlaceBox
from dynascene.geometry.occlusion import cut_layers
from dynascene.geometry.panorama import PanoramaWindow
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.relief import relief_from_depth
from dynascene.geometry.surface import Stage, Surface

# Distance of the backdrop in heights of the camera above the ground. At eye level this is some
# 10 m: the line where ground turns into backdrop then lies f/6 below the horizon. Farther, and
# what stands upright in the picture is laid flat and smears; nearer, and the ground stands still.
BACKDROP_DISTANCE = 6.0
GRID = (45, 80)
MOST_DEPTH_WIDTH = 720  # pixels across of the depth map in use; relief needs no more
FINEST_RELIEF = 0.1  # degrees
HIDDEN_REACH = 0.2  # how far the place goes on behind a thing, as a share of the picture's width


@dataclass(frozen=True)
class SceneLayer:
    """One picture on one surface.

    Attributes:
        picture: [5, H, W] float32, 0 … 1: sRGB colour (3), 1 where photographed, 1 where solid.
        surface: its shape.
        window: the part of the panorama around the camera that the picture is; None: the picture is
            flat, as the scene's camera saw it.
    """

    picture: Tensor
    surface: Surface
    window: PanoramaWindow | None = None


@dataclass(frozen=True)
class LiftedScene:
    """A picture with its camera and its shape.

    Attributes:
        picture: [3, H, W] float32, sRGB 0 … 1.
        camera: of the picture.
        layers: front to back, in track units; the last one is solid everywhere.
        cards: things that stand in front of the layers, front to back (see cards.py).
    """

    picture: Tensor
    camera: PictureCamera
    layers: tuple[SceneLayer, ...]
    cards: tuple[SceneLayer, ...] = ()

    @property
    def surface(self) -> Surface:
        """The surface of the front layer; what cards stand on."""
        return self.layers[0].surface

    @property
    def stack(self) -> tuple[SceneLayer, ...]:
        """Cards and layers, front to back."""
        return (*self.cards, *self.layers)


def lift_to_stage(
    picture: Tensor, camera: PictureCamera, distance: float = BACKDROP_DISTANCE
) -> LiftedScene:
    """Ground plane and backdrop, scaled so that the median depth over the picture is 1.

    Args:
        picture: [3, H, W].
        camera: of the picture.
        distance: of the backdrop, in heights of the camera above the ground.
    """
    stage = Stage(height=1.0, radius=distance)
    stage = stage.scale(1 / median_depth(camera, stage))
    return LiftedScene(picture, camera, (SceneLayer(_solid(picture), stage),))


def lift_to_box(picture: Tensor, camera: PictureCamera, box: PlaceBox) -> LiftedScene:
    """A box of any unit, scaled so that the median depth over the picture is 1."""
    box = box.scale(1 / median_depth(camera, box))
    return LiftedScene(picture, camera, (SceneLayer(_solid(picture), box),))


def lift_with_depth(picture: Tensor, camera: PictureCamera, depth: Tensor) -> LiftedScene:
    """A relief by a depth map [H, W] along the camera's axis, in any unit, larger = farther.

    The map may have another size than the picture, but the same shape. It is scaled so that its
    median is 1; things are cut out along their edges, and the place goes on behind them.

    Raises:
        InputError: when the map has another shape or values that are not positive and finite.
    """
    depth = depth.float()
    if not (depth.isfinite().all() and (depth > 0).all()):
        raise InputError("depth map: values must be positive and finite (larger = farther)")
    height, width = depth.shape
    if abs(width / height / (camera.size.width / camera.size.height) - 1) > 0.02:
        raise InputError(
            f"depth map is {width}x{height}, another shape than the {camera.size} picture"
        )
    depth = _limited(depth[None], MOST_DEPTH_WIDTH) / depth.median()
    colour = F.interpolate(picture[None], depth.shape[-2:], mode="bilinear", antialias=True)[0]
    reach = max(2, round(HIDDEN_REACH * depth.shape[-1]))
    cut = cut_layers(colour.permute(1, 2, 0).numpy(), depth[0].numpy(), reach)
    front = _solid(picture)
    front[4:] = _resized(cut.front_opacity[None], picture)
    back = _solid(picture)
    photographed = _resized(cut.back_known[None], picture)
    back[:3] = torch.lerp(
        _resized(cut.back_colour.transpose(2, 0, 1), picture), picture, photographed
    )
    back[3:4] = photographed
    pixel = max(FINEST_RELIEF, math.degrees(1 / camera.focal) * camera.size.width / depth.shape[-1])
    hidden = torch.from_numpy(cut.back_depth)[None]
    layers = (
        SceneLayer(front, relief_from_depth(depth, camera, pixel)),
        SceneLayer(back, relief_from_depth(hidden, camera, pixel)),
    )
    return LiftedScene(picture, camera, layers)


def _solid(picture: Tensor) -> Tensor:
    return torch.cat([picture, torch.ones_like(picture[:2])])


def _limited(image: Tensor, width: int) -> Tensor:
    """[C, H, W] shrunk to a width, by nearest values: depths must not mix across edges."""
    if image.shape[-1] <= width:
        return image
    size = (round(image.shape[-2] * width / image.shape[-1]), width)
    return F.interpolate(image[None], size, mode="nearest-exact")[0]


def _resized(array: np.ndarray, like: Tensor) -> Tensor:
    image = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
    return F.interpolate(image[None], like.shape[-2:], mode="bilinear")[0]


def median_depth(camera: PictureCamera, surface: Surface) -> float:
    """Median over the picture of the depth along its camera's view axis."""
    rays = camera.rays(*GRID)
    rotation = camera.scene_from_picture.float()
    points = surface.hit(torch.zeros_like(rays), rays @ rotation.mT)
    return float((points @ rotation)[..., 2].median())
