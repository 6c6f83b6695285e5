"""The ground of a place as one camera sees it."""

from typing import NamedTuple

import cv2
import numpy as np
import torch

from dynascene.geometry.projection import coarse_hits
from dynascene.geometry.rays import border_to_border
from dynascene.geometry.rigid import camera_centres
from dynascene.geometry.surface import Stage, Surface
from dynascene.types import CameraTrack, Size

HORIZON_TANGENT = 0.02  # of the angle below the horizon, at which the ground fades out of sight
GRID = Size(81, 46)  # of the rays that tell floor from walls
NEARER = 0.92  # of the ground's distance: what is met so much before it hides it


class GroundView(NamedTuple):
    """Float32, for the pixels of a frame.

    offsets: [H, W, 2], x and z from the camera's centre to the ground in each pixel.
    share: [H, W], 1 where the pixel shows ground, 0 above the horizon and on what hides it.
    """

    offsets: np.ndarray
    share: np.ndarray


def view_ground(track: CameraTrack, surface: Surface) -> GroundView:
    """The ground of a surface as the one camera of a track in the scene's world sees it.

    A stage's backdrop hides no ground: where it begins is a choice of ours, not of the picture.
    """
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
    return GroundView(rays[..., ::2] * reach[..., None], share)


def _uncovered(track: CameraTrack, surface: Surface) -> np.ndarray:
    """1 where a ray meets the ground and nothing before it, [H, W]."""
    points = coarse_hits(track, surface, GRID)[0]
    centre = camera_centres(track.cam_from_world)[0].to(points)
    u, v = border_to_border(track.size, GRID, like=points)
    pixels = torch.stack(
        [u.expand(len(v), -1), v[:, None].expand(-1, len(u)), torch.ones(len(v), len(u))], dim=-1
    )
    onto_picture = track.intrinsics[0].to(points) @ track.cam_from_world[0, :3, :3].to(points)
    rays = pixels @ torch.linalg.inv(onto_picture).mT
    ground = (surface.height - centre[1]) / rays[..., 1].clamp_min(1e-6)
    reach = ((points - centre) * rays).sum(-1) / (rays * rays).sum(-1)
    free = (rays[..., 1] > 0) & (reach > NEARER * ground)
    grid = np.ascontiguousarray(free.numpy(), dtype=np.float32)
    return cv2.resize(grid, (track.size.width, track.size.height), interpolation=cv2.INTER_LINEAR)
