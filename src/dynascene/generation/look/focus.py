"""Depth of field: the background out of focus where it is not as far as the person."""

from dataclasses import dataclass

import numpy as np

from dynascene.generation.look.coarse_grid import GRID, pixels_from_grid
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.projection import coarse_hits
from dynascene.geometry.rigid import camera_centres
from dynascene.geometry.scene_view import view_cards_of, view_coarsely
from dynascene.geometry.tracks import resize_track
from dynascene.imaging.blurring import gaussian_blur
from dynascene.imaging.colour import light_of, picture_of_light
from dynascene.types import CameraTrack, Size

WIDEST = 1 / 70  # of the frame's longer side: blur of what is infinitely far, at full amount
LEVELS = 4  # of blur, between which pixels are mixed


@dataclass(frozen=True)
class Focus:
    """A lens that is focused on the person.

    Attributes:
        track: in the scene's world, for the person's frames.
        scene: with its cards.
        distances: [F], depth of the person in each frame, in track units.
        amount: 0 … 1.
    """

    track: CameraTrack
    scene: LiftedScene
    distances: np.ndarray
    amount: float

    def apply(self, index: int, background: np.ndarray) -> np.ndarray:
        """One frame, uint8 or float32 [H, W, 3] → the same, blurred in linear light."""
        height, width = background.shape[:2]
        person = float(self.distances[index])
        # circle of confusion of a thin lens: c = c∞ · |1 − D_person / D|
        track = resize_track(self.track[index : index + 1], Size(width, height))
        spread = np.abs(1 - person / pixel_depths(track, self.scene))
        level = np.clip(spread, 0, 1) * (LEVELS - 1)
        light = light_of(background)
        result = np.zeros_like(light)
        for number in range(LEVELS):
            share = np.clip(1 - np.abs(level - number), 0, 1)[..., None]
            sigma = self.amount * WIDEST * max(width, height) * number / (LEVELS - 1)
            result += share * gaussian_blur(light, sigma)
        return picture_of_light(result, background)


def pixel_depths(track: CameraTrack, scene: LiftedScene) -> np.ndarray:
    """Depth of a place with its cards along the axis of a track's one camera, float32 [H, W]."""
    points = coarse_hits(track, scene.surface, GRID)[0]
    centre = camera_centres(track.cam_from_world)[0].to(points)
    depth = (points - centre) @ track.cam_from_world[0, 2, :3].to(points)
    depths = pixels_from_grid(depth.clamp_min(1e-3), track.size)
    if not scene.cards:
        return depths
    rays, cards = view_cards_of(track, scene)
    return np.where(cards.is_card[0], rays.depth_of(cards.points)[0], depths)


def focus_distances(track: CameraTrack, points: np.ndarray, scene: LiftedScene) -> np.ndarray:
    """The person's depth in each frame, [F]: where they stand, else the nearest that is seen.

    Args:
        track: in the scene's world.
        points: [F, 3], where the person stands; NaN = unknown.
        scene: with its cards.
    """
    pose = track.cam_from_world.double().numpy()
    depths = np.einsum("fj,fj->f", pose[:, 2, :3], np.nan_to_num(points)) + pose[:, 2, 3]
    if np.isfinite(points).all():
        return np.maximum(depths, 1e-3)
    nearest = []
    for index in range(len(track)):
        one = track[index : index + 1]
        hits = view_coarsely(one, scene).points.reshape(-1, 3).double().numpy()
        nearest.append(max(1e-3, float((hits @ pose[index, 2, :3] + pose[index, 2, 3]).min())))
    return np.array(nearest)
