"""Where a synthetic person is in the frames of a shot.

F frames. Image positions in pixels.
"""

import math

import numpy as np
import torch
from torch import Tensor

from dynascene.geometry.rigid import camera_centres
from dynascene.synthetic.shots.person_clips import STRIDE_FRAMES, Placement, StrideClip
from dynascene.types import CameraTrack

FOLLOWED_SHARE = 0.6  # of the shots, in which the operator keeps the person in the picture
NEAR = 0.05  # heights of the camera above the ground: nearer people are left out
OUT_OF_SIGHT = -1e5  # pixels


def random_placement(
    rng: np.random.Generator, clip: StrideClip, track: CameraTrack, ground: float, metre: float
) -> Placement:
    """A person whom the camera follows, or who stays or walks where they are.

    Args:
        rng: draws which, and where.
        clip: the person.
        track: in the scene's world, y down.
        ground: its y.
        metre: its length in the track's unit.

    Returns:
        Where the person is in each frame.
    """
    phase = torch.arange(len(track)) + int(rng.integers(STRIDE_FRAMES))
    if rng.random() < FOLLOWED_SHARE:
        return _place_in_picture(rng, clip, track, phase)
    return _place_in_world(rng, track, phase, ground, metre)


def _roll(track: CameraTrack) -> Tensor:
    """Radians [F] by which upright things lean clockwise in the picture."""
    down = track.cam_from_world[:, :3, 1]
    return torch.atan2(-down[:, 0], down[:, 1]).float()


def _place_in_picture(
    rng: np.random.Generator, clip: StrideClip, track: CameraTrack, phase: Tensor
) -> Placement:
    """The person drifts slowly through the picture, whole or from the knees or the waist up."""
    width, height = track.size
    time = torch.linspace(-0.5, 0.5, len(track))
    tall = height * float(np.exp(rng.normal(math.log(0.75), 0.35)))
    tall = min(max(tall, 0.35 * height), 1.8 * height)
    growth = torch.exp(rng.normal(0, 0.08) * time)
    x = width * (rng.uniform(0.25, 0.75) + rng.normal(0, 0.12) * time)
    head = height * rng.uniform(0.04, max(0.05, 0.95 - tall / height)) if tall < height else 8.0
    foot = torch.stack([x, head + tall * growth], dim=-1).float()
    return Placement(foot, (tall / clip.height * growth).float(), _roll(track), phase)


def _place_in_world(
    rng: np.random.Generator, track: CameraTrack, phase: Tensor, ground: float, metre: float
) -> Placement:
    """The person is where they are: the camera's motion alone moves them through the picture."""
    frames = len(track)
    middle = frames // 2
    forward = track.cam_from_world[middle, 2, :3]
    azimuth = math.atan2(float(forward[0]), float(forward[2])) + rng.normal(0, 0.15)
    centre = camera_centres(track.cam_from_world)[middle]
    away = metre * rng.uniform(2.5, 7.0)
    walk = torch.from_numpy(rng.normal(0, 0.03, 2)) * metre if rng.random() < 0.6 else 0.0
    position = torch.zeros(frames, 3, dtype=torch.float64)
    position[:, ::2] = centre[::2] + away * torch.tensor([math.sin(azimuth), math.cos(azimuth)])
    position[:, ::2] += (torch.arange(frames) - middle)[:, None] * walk
    position[:, 1] = ground
    return placement_at(position, track, phase, ground, metre)


def placement_at(
    position: Tensor, track: CameraTrack, phase: Tensor, ground: float, metre: float
) -> Placement:
    """Where people at [F, 3] on the ground are in the frames; arguments as ``random_placement``.

    phase: [F] of the stride.
    """
    pose = track.cam_from_world
    in_camera = (pose[:, :3, :3] @ position[..., None])[..., 0] + pose[:, :3, 3]
    visible = in_camera[:, 2] > NEAR * ground
    depth = in_camera[:, 2].where(visible, torch.ones_like(in_camera[:, 2]))
    pixel = (track.intrinsics @ (in_camera / depth[:, None])[..., None])[:, :2, 0]
    foot = pixel.where(visible[:, None], torch.full_like(pixel, OUT_OF_SIGHT))
    scale = metre * track.intrinsics[:, 1, 1] / depth
    return Placement(foot.float(), scale.float(), _roll(track), phase)
