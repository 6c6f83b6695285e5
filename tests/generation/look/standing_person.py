"""A card of a person on level ground, drawn from geometry, for several tests."""

from typing import NamedTuple

import numpy as np
import torch

from dynascene.estimators.scale.silhouette import person_silhouette
from dynascene.generation.look.footing import Footing, find_footing
from dynascene.geometry.lifting import LiftedScene, SceneLayer
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.geometry.screen import Screen
from dynascene.geometry.surface import Surface
from dynascene.types import ArrayFrames, CameraTrack, Size

SIZE = Size(321, 243)
GROUND = 1.5  # below the scene camera
FOCAL = 300.0


def place_of(surface: Surface, cards: tuple[SceneLayer, ...] = ()) -> LiftedScene:
    """A white picture on a surface."""
    picture = torch.ones(5, SIZE.height, SIZE.width)
    camera = PictureCamera(FOCAL, SIZE, horizon=100.0)
    return LiftedScene(picture[:3], camera, (SceneLayer(picture, surface),), cards)


def card_at(distance: float) -> SceneLayer:
    """A post in columns 130 to 190 and rows 60 to 150 of that picture, so far ahead."""
    picture = torch.ones(5, SIZE.height, SIZE.width)
    picture[4] = 0
    picture[4, 60:150, 130:190] = 1
    feet = torch.tensor([[-1.0, distance], [1.0, distance]], dtype=torch.float64)
    return SceneLayer(picture, Screen(feet, GROUND))


class Scene(NamedTuple):
    """track: F cameras. mattes: uint8 [H, W, 1] each. foot: [3], where the person stands."""

    track: CameraTrack
    mattes: list[np.ndarray]
    foot: np.ndarray


def camera_track(yaws: list[float], pitch: float = -8.0) -> CameraTrack:
    k = torch.tensor([[FOCAL, 0, SIZE.width / 2], [0, FOCAL, SIZE.height / 2], [0, 0, 1]])
    poses = []
    for number, yaw in enumerate(yaws):
        world_from_camera = rotation_about("y", yaw) @ rotation_about("x", pitch)
        centre = torch.tensor([0.02 * number, -0.01 * number, 0.03 * number], dtype=torch.float64)
        poses.append(rigid(world_from_camera.mT, -world_from_camera.mT @ centre))
    return CameraTrack(torch.stack(poses), k.double().expand(len(yaws), 3, 3), SIZE)


def pixels_of(track: CameraTrack, frame: int, points: np.ndarray) -> np.ndarray:
    """World points [..., 3] → pixels [..., 2], one by one from the definition."""
    pose = track.cam_from_world[frame].numpy()
    in_camera = points @ pose[:3, :3].T + pose[:3, 3]
    image = in_camera @ track.intrinsics[frame].numpy().T
    return image[..., :2] / image[..., 2:]


def coverage(length: int, *ends: float) -> np.ndarray:
    """How much of each of so many pixels lies between two positions, [length] in 0 … 1."""
    start, stop = sorted(ends)
    pixels = np.arange(length)
    return np.clip(np.minimum(pixels + 1, stop) - np.maximum(pixels, start), 0, 1)


def scene(yaws: list[float], height: float = 1.2, width: float = 0.3, lifted: float = 0.0) -> Scene:
    """An upright rectangle, which faces −z, with its feet in the middle of the ground ahead."""
    track = camera_track(yaws)
    foot = np.array([0.2, GROUND, 5.0])
    mattes = []
    for frame in range(len(yaws)):
        low, high = (
            pixels_of(track, frame, foot + np.array([x, -up, 0]))
            for x, up in ((-width / 2, lifted), (width / 2, lifted + height))
        )
        rows, columns = (
            coverage(length, start, stop)
            for length, start, stop in zip(SIZE[::-1], high[::-1], low[::-1], strict=True)
        )
        mattes.append(np.rint(255 * rows[:, None, None] * columns[:, None]).astype(np.uint8))
    return Scene(track, mattes, foot)


def footing_of(made: Scene) -> Footing:
    silhouette = person_silhouette(ArrayFrames(made.mattes))
    return find_footing(silhouette, None, made.track, GROUND, frame_rate=24)
