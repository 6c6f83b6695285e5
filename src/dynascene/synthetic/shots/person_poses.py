"""The body pose, and a picture, of the synthetic person in a short clip: exact, since all is known.

F frames, H W pixels.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dynascene.body_pose import BodyPose
from dynascene.imaging.skeleton_map import draw_skeleton
from dynascene.synthetic.shots.person_clips import (
    CLIP_SIZE,
    FOOT_ROW,
    PIXELS_PER_METRE,
    STRIDE_FRAMES,
    Placement,
    StrideClip,
    lay_person,
)
from dynascene.types import Size

TALL = 0.9  # of the frame's height: the person in the character's picture


def pose_of(clip: StrideClip, placement: Placement, size: Size) -> BodyPose:
    """The joints in frames of ``size``, where ``lay_person`` lays the person."""
    phase = placement.phase % STRIDE_FRAMES
    x = (clip.joints[phase, :, 0] - CLIP_SIZE.width / 2) / PIXELS_PER_METRE
    y = (clip.joints[phase, :, 1] - FOOT_ROW) / PIXELS_PER_METRE
    scale, c, s = (
        values[:, None] for values in (placement.scale, placement.roll.cos(), placement.roll.sin())
    )
    turned = torch.stack([(c * x - s * y) * scale, (s * x + c * y) * scale], dim=-1)
    points = turned + placement.foot[:, None]
    return BodyPose(size, points.double().numpy(), clip.visibility[phase].double().numpy())


def skeleton_of(pose: BodyPose) -> Tensor:
    """The drawn skeletons, [F, 3, H, W] in 0 … 1."""
    frames = np.stack([draw_skeleton(pose, frame) for frame in range(len(pose))])
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255


def character_of(clip: StrideClip, phase: int, size: Size) -> Tensor:
    """A picture of the person, upright in the middle: [3, H, W] in −1 … 1, black off them.

    Args:
        clip: the person.
        phase: the frame of the stride that is shown.
        size: of the picture.
    """
    foot = torch.tensor([[size.width / 2, size.height * (1 + TALL) / 2]])
    scale = torch.tensor([TALL * size.height / clip.height])
    placement = Placement(foot, scale, torch.zeros(1), torch.tensor([phase]))
    colour, matte = lay_person(clip, placement, size)
    return (colour * matte * 2 - 1)[0]
