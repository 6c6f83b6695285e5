"""Synthetic people, rendered once and laid into many shots.

A clip is one stride of a walk on the spot, seen by a camera that walks along; it repeats without
a jump. Or it is as long a piece of standing, which does not repeat.

F frames of a shot, h w pixels of a clip, H W of a frame.
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.body_pose import INDEX, JOINTS
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.rigid import invert_rigid, rigid
from dynascene.imaging.colour import linear_from_srgb, srgb_from_linear
from dynascene.imaging.pixels import tensor_from_bytes
from dynascene.synthetic.people.body_joints import body_joints, faces_camera
from dynascene.synthetic.people.gait import Walk
from dynascene.synthetic.people.gait_style import stride_length
from dynascene.synthetic.people.ground_path import GroundPath
from dynascene.synthetic.people.look import PersonLook, random_look
from dynascene.synthetic.people.renderer import Light, render_person
from dynascene.synthetic.people.skeleton import Poses
from dynascene.synthetic.people.standing import Stand
from dynascene.types import CameraTrack, Size

STRIDE_FRAMES = 24
CLIP_SIZE = Size(120, 176)
PIXELS_PER_METRE = 80.0
FOOT_ROW = 158.0  # of the ground straight below the person, in the clip
EYE = 1.3  # metres: height of the camera that films the clip
DISTANCE = 5.0  # metres from it to the person
VOXEL, SAMPLES = 0.018, 2


@dataclass(frozen=True)
class StrideClip:
    """A person walking on the spot.

    Attributes:
        layers: [24, 4, h, w] float32, colour (sRGB 0 … 1) times matte, and matte.
        height: of the person, metres.
        joints: [24, 22, 2] where the joints of ``body_pose`` are, in the clip's pixels.
        visibility: [24, 22]; that of eyes and nose is 0 where the face is turned away.
        step: [2] float64, metres to the right and away from the camera that the person walks from
            frame to frame.
    """

    layers: Tensor
    height: float
    joints: Tensor
    visibility: Tensor
    step: Tensor = field(default_factory=lambda: torch.zeros(2, dtype=torch.float64))


@dataclass(frozen=True)
class Placement:
    """Where a person is in each frame.

    Attributes:
        foot: [F, 2] pixels.
        scale: [F] pixels per metre.
        roll: [F] radians that the picture is rolled clockwise.
        phase: [F] frame of the stride.
    """

    foot: Tensor
    scale: Tensor
    roll: Tensor
    phase: Tensor

    def to(self, device: torch.device | str) -> "Placement":
        """The same on another device."""
        return Placement(*(x.to(device) for x in (self.foot, self.scale, self.roll, self.phase)))


@lru_cache(maxsize=64)
def person_clip(seed: int) -> StrideClip:
    """A random person walking in a random direction, rendered once per seed and process."""
    rng, look, heading, speed = _drawn_person(seed)
    away = torch.tensor([np.sin(heading), np.cos(heading)])
    walk = Walk(GroundPath(torch.stack([-9 * away, 9 * away])), speed, look.height, start=8.0)
    seconds = stride_length(speed, look.height) / speed
    times = torch.arange(STRIDE_FRAMES, dtype=torch.float64) / STRIDE_FRAMES * seconds
    positions = torch.zeros(STRIDE_FRAMES, 3, dtype=torch.float64)
    positions[:, ::2] = (speed * times + 8.0 - 9.0)[:, None] * away
    return _rendered(rng, look, walk.poses(times), positions)


@lru_cache(maxsize=64)
def standing_clip(seed: int) -> StrideClip:
    """The person of ``person_clip`` standing, turned the same way."""
    rng, look, heading, _ = _drawn_person(seed)
    stand = Stand(heading=float(np.rad2deg(heading)), height=look.height)
    times = torch.arange(STRIDE_FRAMES, dtype=torch.float64) / STRIDE_FRAMES
    positions = torch.zeros(STRIDE_FRAMES, 3, dtype=torch.float64)
    return _rendered(rng, look, stand.poses(times), positions)


def _drawn_person(seed: int) -> tuple[np.random.Generator, PersonLook, float, float]:
    """The random state of a person, their look, heading in radians, and metres per second."""
    rng = np.random.default_rng([23, seed])
    look = random_look(torch.Generator().manual_seed(int(rng.integers(2**31))))
    return rng, look, rng.uniform(0, 2 * np.pi), rng.uniform(0.9, 1.6)


def _rendered(
    rng: np.random.Generator, look: PersonLook, poses: Poses, positions: Tensor
) -> StrideClip:
    """A clip of poses whose person is at [24, 3] on the ground, under a random sun."""
    cameras = _cameras_alongside(positions)
    sun = rng.uniform(-1, 1, 3) * [1, 0, 1] + [0, -0.8, 0]
    light = Light(sun_from=(float(sun[0]), float(sun[1]), float(sun[2])))
    frames = render_person(look, poses, cameras, light=light, samples=SAMPLES, voxel=VOXEL)
    layers = []
    for frame in frames:
        matte = tensor_from_bytes(frame.matte)
        colour = tensor_from_bytes(frame.colour)
        layers.append(torch.cat([colour * matte, matte]))
    joints, visibility = _joints(poses, cameras, look.height)
    step = positions[1, ::2] - positions[0, ::2]
    return StrideClip(torch.stack(layers), look.height, joints, visibility, step)


def mirrored(clip: StrideClip) -> StrideClip:
    """The person seen in a mirror: left for right, and walking the other way across."""
    other = [INDEX[_other_side(joint)] for joint in JOINTS]
    joints = clip.joints[:, other]
    return replace(
        clip,
        layers=clip.layers.flip(-1),
        joints=torch.stack([CLIP_SIZE.width - joints[..., 0], joints[..., 1]], dim=-1),
        visibility=clip.visibility[:, other],
        step=clip.step * torch.tensor([-1.0, 1.0]),
    )


def _other_side(joint: str) -> str:
    side, _, part = joint.partition("_")
    return {"left": "right", "right": "left"}[side] + "_" + part if part else joint


def _joints(poses: Poses, cameras: CameraTrack, height: float) -> tuple[Tensor, Tensor]:
    """``StrideClip.joints`` and ``visibility``."""
    world, pose = body_joints(poses, height), cameras.cam_from_world[:, None]
    in_camera = (pose[..., :3, :3] @ world[..., None])[..., 0] + pose[..., :3, 3]
    pixels = (cameras.intrinsics[:, None] @ in_camera[..., None])[..., 0]
    visibility = torch.ones(pixels.shape[:2], dtype=torch.float64)
    face = [INDEX[joint] for joint in ("nose", "right_eye", "left_eye")]
    visibility[:, face] = faces_camera(poses, cameras.cam_from_world).double()[:, None]
    return (pixels[..., :2] / pixels[..., 2:]).float(), visibility.float()


def _cameras_alongside(positions: Tensor) -> CameraTrack:
    """Cameras before a person at [F, 3] on the ground, looking level along +z."""
    frames = len(positions)
    offset = torch.tensor([0.0, -EYE, -DISTANCE], dtype=torch.float64)
    axes = torch.eye(3, dtype=torch.float64).expand(frames, 3, 3)
    focal = PIXELS_PER_METRE * DISTANCE
    horizon = FOOT_ROW - EYE * PIXELS_PER_METRE
    intrinsics = intrinsics_matrix(focal, focal, CLIP_SIZE.width / 2, horizon)
    poses = invert_rigid(rigid(axes, positions + offset))
    return CameraTrack(poses, intrinsics.expand(frames, 3, 3), CLIP_SIZE)


def lay_person(clip: StrideClip, placement: Placement, size: Size) -> tuple[Tensor, Tensor]:
    """The person in the frames of a shot.

    Args:
        clip, placement: who, and where.
        size: of the frames.

    Returns:
        Colour [F, 3, H, W] sRGB 0 … 1, black off the person, and matte [F, 1, H, W].
    """
    device = placement.foot.device
    layers = clip.layers.to(device)
    shrink = float(placement.scale.max()) / PIXELS_PER_METRE
    if shrink < 1:  # no denser than the frames, or it would alias
        small = [max(2, round(n * shrink)) for n in layers.shape[-2:]]
        layers = F.interpolate(layers, small, mode="bilinear", antialias=True)
    u = torch.arange(size.width, device=device)[None, None] + 0.5 - placement.foot[:, 0, None, None]
    v = torch.arange(size.height, device=device)[None, :, None] + 0.5
    v = v - placement.foot[:, 1, None, None]
    c, s = placement.roll.cos()[:, None, None], placement.roll.sin()[:, None, None]
    per_pixel = PIXELS_PER_METRE / placement.scale[:, None, None]
    x = (c * u + s * v) * per_pixel / CLIP_SIZE.width * 2
    y = ((c * v - s * u) * per_pixel + FOOT_ROW) / CLIP_SIZE.height * 2 - 1
    clip_frames = layers[placement.phase % STRIDE_FRAMES]
    layer = F.grid_sample(clip_frames, torch.stack([x, y], dim=-1), align_corners=False)
    matte = layer[:, 3:].clamp(0, 1)
    matte = matte.where(matte > 1 / 255, torch.zeros_like(matte))
    matte = matte.where(matte < 254.5 / 255, torch.ones_like(matte))
    colour = (layer[:, :3] / matte.clamp_min(1e-3)).clamp(0, 1)
    return colour.where(matte > 0, torch.zeros_like(colour)), matte


def composite(person: Tensor, matte: Tensor, background: Tensor) -> Tensor:
    """The person over the background, mixed in linear light.

    Args:
        person, background: [F, 3, H, W] sRGB 0 … 1.
        matte: [F, 1, H, W], 1 = person.

    Returns:
        [F, 3, H, W] sRGB 0 … 1.
    """
    result = person.where(matte == 1, background)
    soft = ((matte > 0) & (matte < 1)).expand_as(result)
    m = matte.expand_as(result)[soft]
    light = m * linear_from_srgb(person[soft]) + (1 - m) * linear_from_srgb(background[soft])
    result[soft] = srgb_from_linear(light)
    return result
