"""Walkers filmed by cameras that are known exactly. The world is metric: y down, ground y = 0."""

import math
from fractions import Fraction
from functools import cache

import torch

from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.synthetic.people.gait import Walk
from dynascene.synthetic.people.ground_path import GroundPath
from dynascene.synthetic.people.look import PersonLook
from dynascene.synthetic.people.renderer import render_person
from dynascene.types import ArrayFrames, CameraTrack, Size

SIZE = Size(240, 180)
FRAMES, RATE = 30, 12
TALL = 1.75  # metres

PATHS = {
    "sideways": ((-1.3, 5.0), (1.3, 5.0)),
    "away": ((-0.5, 3.6), (0.5, 9.0)),
    "nearer": ((0.3, 7.0), (0.0, 3.6)),
}
TRAVELS = {  # metres to the right, up, forward, and degrees of pan over the clip
    "still": (0.0, 0.0, 0.0, 0.0),
    "truck": (2.5, 0.0, 0.0, -6.0),
    "dolly-out": (0.0, 0.0, -2.0, 0.0),
    "pan": (0.0, 0.0, 0.0, 12.0),
    "crane": (1.8, 0.6, 0.0, 0.0),
}


def camera(
    travel: str = "still", height: float = 1.5, pitch: float = -6.0, frames: int = FRAMES
) -> CameraTrack:
    right, up, forward, pan = TRAVELS[travel]
    time = torch.linspace(0, 1, frames, dtype=torch.float64)
    centre = torch.stack([right * time, -height - up * time, forward * time], dim=-1)
    world_from_cam = rotation_about("y", pan * (time - 0.5)) @ rotation_about("x", pitch)
    cam_from_world = rigid(world_from_cam.mT, -(world_from_cam.mT @ centre[..., None])[..., 0])
    return CameraTrack(cam_from_world, intrinsics_from_fov(50, SIZE).expand(frames, 3, 3), SIZE)


@cache
def walker(
    path: str, travel: str = "still", height: float = 1.5, pitch: float = -6.0
) -> ArrayFrames:
    """The matte of somebody of 1.75 m who walks."""
    cameras = camera(travel, height, pitch)
    walk = Walk(GroundPath(torch.tensor(PATHS[path])), speed=1.2, height=TALL)
    poses = walk.poses(torch.arange(FRAMES, dtype=torch.float64) / RATE)
    rendered = render_person(PersonLook(height=TALL), poses, cameras, samples=2, voxel=0.03)
    return ArrayFrames([frame.matte for frame in rendered], Fraction(RATE))


def horizon(pitch: float = -6.0) -> float:
    """Its row in a frame of a camera that looks up by ``pitch`` degrees."""
    focal = float(camera().intrinsics[0, 1, 1])
    return SIZE.height / 2 + focal * math.tan(math.radians(pitch))
