"""The ground of a place as one camera sees it."""

from typing import NamedTuple

import numpy as np

from dynascene.generation.look.coarse_grid import GRID, pixels_from_grid
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.projection import coarse_hits
from dynascene.geometry.relief import Relief
from dynascene.geometry.rigid import camera_centres
from dynascene.geometry.scene_view import view_cards_of
from dynascene.geometry.surface import Stage, Surface
from dynascene.types import CameraTrack

HORIZON_TANGENT = 0.02  # of the angle below the horizon, at which the ground fades out of sight
# Of the way to the ground: what is met before hides it. A depth map's ground is not that flat.
NEARER, NEARER_IN_RELIEF = 0.98, 0.92
BORDER = 0.01  # of the way, within which what hides the ground ends


class GroundView(NamedTuple):
    """Float32, for the pixels of a frame.

    offsets: [H, W, 2], x and z from the camera's centre to the ground in each pixel.
    share: [H, W], 1 where the pixel shows ground, 0 above the horizon and on what hides it.
    """

    offsets: np.ndarray
    share: np.ndarray


def view_ground(track: CameraTrack, scene: LiftedScene) -> GroundView:
    """The ground of a place as the one camera of a track in the scene's world sees it.

    A stage's backdrop hides no ground: where it begins is a choice of ours, not of the picture.
    """
    surface = scene.surface
    width, height = track.size
    onto_picture = (track.intrinsics[0].double() @ track.cam_from_world[0, :3, :3].double()).numpy()
    to_world = np.linalg.inv(onto_picture)
    columns = (np.arange(width) + 0.5)[None, :, None] * to_world[:, 0]
    rows = (np.arange(height) + 0.5)[:, None, None] * to_world[:, 1]
    rays = (columns + rows + to_world[:, 2]).astype(np.float32)
    level = np.hypot(rays[..., 0], rays[..., 2])
    tangent = rays[..., 1] / np.maximum(level, 1e-9)
    share = np.clip(tangent / HORIZON_TANGENT, 0, 1)
    above_ground = surface.height - float(camera_centres(track.cam_from_world)[0, 1])
    reach = above_ground / np.maximum(rays[..., 1], 1e-6 * np.maximum(level, 1e-9))
    if not isinstance(surface, Stage):
        share = share * _uncovered(track, surface)
    if scene.cards:
        _, cards = view_cards_of(track, scene)
        is_hidden = cards.is_card & (cards.points[..., 1] < surface.height)
        share = share * ~is_hidden[0].numpy()
    return GroundView(rays[..., ::2] * reach[..., None], share)


def _uncovered(track: CameraTrack, surface: Surface) -> np.ndarray:
    """1 where a ray meets the ground and nothing before it, [H, W]."""
    points = coarse_hits(track, surface, GRID)[0]
    eye = float(camera_centres(track.cam_from_world)[0, 1])
    # the rays go straight, so this is the share of the way to the ground, too; it is mixed before
    # it is compared, which puts the foot of a wall where it is, not on the grid's next row
    descent = ((points[..., 1] - eye) / (surface.height - eye)).clamp(0, 1)
    way = pixels_from_grid(descent, track.size)
    nearer = NEARER_IN_RELIEF if isinstance(surface, Relief) else NEARER
    return np.clip((way - nearer) / BORDER, 0, 1)
