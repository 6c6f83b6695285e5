"""Pictures of boxes whose planes carry frames and joints, drawn ray by ray."""

import math

import numpy as np
import torch

from dynascene.geometry.box import FACES, PlaceBox
from dynascene.geometry.picture import PictureCamera
from dynascene.types import Size

SIZE = Size(480, 320)
FINER = 3  # rays per pixel and direction
SHADES = {"floor": 90, "ceiling": 235, "left wall": 190, "right wall": 160, "back wall": 210}
SKY = 250
JOINT = 0.02  # camera heights


def drawn_place(box: PlaceBox, focal: float, pitch: float) -> tuple[np.ndarray, PictureCamera]:
    """A picture, uint8 [H, W, 3], of a box with its camera 1 above the floor, and its camera."""
    horizon = SIZE.height / 2 + focal * math.tan(math.radians(pitch))
    camera = PictureCamera(focal, SIZE, horizon)
    rays = camera.rays(FINER * SIZE.height, FINER * SIZE.width)
    rays = rays.double() @ camera.scene_from_picture.mT
    origins = torch.zeros_like(rays)
    face = box.face(origins, rays).numpy()
    x, y, z = (box.hit(origins, rays) @ box.scene_from_box).unbind(-1)
    shades = np.array([SHADES[name] for name in FACES] + [SKY], dtype=np.float64)
    grey = shades[face]
    for name, across, along in (
        ("floor", x, z), ("ceiling", x, z), ("left wall", y, z), ("right wall", y, z),
        ("back wall", x, y),
    ):  # fmt: skip
        joints = _joints(across, 0.45) | _joints(along, 0.8)
        grey[(face == FACES.index(name)) & joints.numpy()] -= 60
    grey = grey.reshape(SIZE.height, FINER, SIZE.width, FINER).mean((1, 3))
    picture = np.repeat(grey.round().clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
    return picture, camera


def _joints(place: torch.Tensor, apart: float) -> torch.Tensor:
    """Lines ``apart``, off the corners."""
    return torch.remainder(place + 0.37 * apart, apart) < JOINT
