"""The demo's clip: a person walks across a studio, followed by a camera on rails."""

import math
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.parallel import frames_in_threads
from dynascene.synthetic.people.body import build_body
from dynascene.synthetic.people.gait import Walk
from dynascene.synthetic.people.ground_path import GroundPath
from dynascene.synthetic.people.look import PersonLook
from dynascene.synthetic.people.renderer import RenderedPerson, render_person
from dynascene.synthetic.people.skeleton import Poses
from dynascene.types import ArrayFrames, CameraTrack, Size

DEMO_SIZE = Size(640, 360)
VOXEL = 0.009  # metres, see build_body: fine enough at the demo's size
FIELD_OF_VIEW = 42.0  # degrees, horizontal
CAMERA_HEIGHT = 1.5
TRUCK = 2.3  # metres that the camera travels to the right
SPEED = 1.1  # of the walker, metres a second
AIM_HEIGHT = 1.36  # that the camera looks at: the walker is seen from the waist up
STUDIO_GREY = 148  # behind the person
DISTANCE = 2.9  # metres from the rails to the middle of the walker's path, without its arc


def demo_shot(
    frames: int = 72, size: Size = DEMO_SIZE, frame_rate: int = 24
) -> tuple[ArrayFrames, ArrayFrames, CameraTrack]:
    """A walking person before a studio's grey, filmed by a moving camera; always the same clip.

    Args:
        frames: how many.
        size: of the frames.
        frame_rate: frames per second.

    Returns:
        Colour frames, mattes (255 = person), and the exact cameras in metres: y down, the ground at
        y = 0, the camera about 1.5 m above it.

    Raises:
        InputError: there is no frame, or no frame rate.
    """
    if frames < 1 or frame_rate < 1:
        raise InputError(f"demo: {frames} frames at {frame_rate} a second are no clip")
    seconds = torch.arange(frames, dtype=torch.float64) / frame_rate
    look = PersonLook()
    walk = _walk(frames / frame_rate, look)
    poses = walk.poses(seconds)
    cameras = _following_camera(poses.joint("pelvis"), seconds, size)
    people = _render_walk(look, poses, cameras)
    rate = Fraction(frame_rate)
    return (
        ArrayFrames([_lay_on_grey(frame) for frame in people], rate),
        ArrayFrames([frame.matte for frame in people], rate),
        cameras,
    )


def _render_walk(look: PersonLook, poses: Poses, cameras: CameraTrack) -> list[RenderedPerson]:
    build_body(look, VOXEL)  # once, before the threads ask for it

    def frame(index: int) -> RenderedPerson:
        here = slice(index, index + 1)
        return next(render_person(look, poses[here], cameras[here], voxel=VOXEL))

    return list(frames_in_threads(frame, len(poses)))


def _walk(duration: float, look: PersonLook) -> Walk:
    """From the left to the right, slightly towards the camera, on a shallow arc."""
    length = SPEED * duration
    along = torch.linspace(-0.75, 0.75, 9)
    depth = DISTANCE - 0.50 * along - 0.10 * (1 - (along / 0.5).square()).clamp(min=-1)
    path = GroundPath(torch.stack([along * length, depth], dim=-1))
    return Walk(path, speed=SPEED, height=look.height, start=(path.length - length) / 2)


def _following_camera(walker: Tensor, seconds: Tensor, size: Size) -> CameraTrack:
    """Trucks along x at an eased pace and pans after the walker; both breathe as if hand held."""
    share = (seconds / seconds[-1].clamp(min=1e-9)) * 2 - 1  # −1 … 1
    pace = share * (1.25 - 0.25 * share.square())
    truck = TRUCK / 2 * pace
    sway = _sway(seconds)
    ones = torch.ones_like(seconds)
    centre = torch.stack([truck, -CAMERA_HEIGHT * ones, 0 * ones], dim=-1) + 0.006 * sway[:, :3]
    # the operator aims at a smoothed walker, who therefore drifts a little within the frame
    aim = _smooth(walker[:, [0, 2]], 0.5 / float(seconds.diff().mean()) if len(seconds) > 1 else 1)
    yaw = torch.rad2deg(torch.atan2(aim[:, 0] - centre[:, 0], aim[:, 1] - centre[:, 2]))
    pitch = torch.full_like(yaw, -math.degrees(math.atan2(CAMERA_HEIGHT - AIM_HEIGHT, DISTANCE)))
    world_from_cam = (
        rotation_about("y", yaw + 0.18 * sway[:, 3])
        @ rotation_about("x", pitch + 0.15 * sway[:, 4])
        @ rotation_about("z", 0.12 * sway[:, 5])
    )
    cam_from_world = rigid(world_from_cam.mT, -(world_from_cam.mT @ centre[..., None])[..., 0])
    intrinsics = intrinsics_from_fov(FIELD_OF_VIEW, size).expand(len(seconds), 3, 3)
    return CameraTrack(cam_from_world, intrinsics, size)


def _sway(seconds: Tensor) -> Tensor:
    """Six slow, unrelated oscillations within about −1 … 1, [F, 6]."""
    rates = torch.tensor([0.31, 0.43, 0.27, 0.37, 0.53, 0.23], dtype=torch.float64)
    starts = torch.tensor([0.1, 1.3, 2.9, 4.1, 5.2, 0.7], dtype=torch.float64)
    turn = 2 * math.pi * seconds[:, None]
    return 0.7 * (turn * rates + starts).sin() + 0.3 * (turn * rates * 2.7 + 2 * starts).sin()


def _smooth(track: Tensor, width: float) -> Tensor:
    """Gaussian average over time, [F, C] → same; the ends are continued in a straight line."""
    reach = min(int(3 * width), len(track) - 1)
    if reach < 1:
        return track
    before = 2 * track[:1] - track[1 : reach + 1].flip(0)
    after = 2 * track[-1:] - track[-reach - 1 : -1].flip(0)
    extension = torch.cat([before, track, after])
    offsets = torch.arange(-reach, reach + 1, dtype=track.dtype)
    weights = torch.exp(-0.5 * (offsets / width) ** 2)
    return (extension.unfold(0, 2 * reach + 1, 1) * (weights / weights.sum())).sum(-1)


def _lay_on_grey(frame: RenderedPerson) -> np.ndarray:
    """The frame as a keyer gives it: the person's own colour up to the edge, grey beyond it."""
    return np.where(frame.matte > 0, frame.colour, np.uint8(STUDIO_GREY))
