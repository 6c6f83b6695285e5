"""The joints of ``body_pose`` on a synthetic person.

F frames, J = 22 joints.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dynascene.body_pose import JOINTS
from dynascene.synthetic.people.skeleton import BONES, REST_HEIGHT, Poses

# right, up and forward in metres, of a person of REST_HEIGHT in the rest pose
FACE = {
    "nose": (0.0, 1.620, 0.115),
    "right_eye": (0.032, 1.655, 0.090),
    "left_eye": (-0.032, 1.655, 0.090),
    "right_ear": (0.078, 1.630, 0.0),
    "left_ear": (-0.078, 1.630, 0.0),
}


def body_joints(poses: Poses, height: float) -> Tensor:
    """World positions in metres, [F, 22, 3]; the neck lies between the shoulders.

    Args:
        poses: of the person.
        height: of the person, metres.
    """
    head = poses.world_from_rest[:, BONES.index("head")]
    scale, joints = height / REST_HEIGHT, []
    for joint in JOINTS:
        if joint in FACE:
            right, up, forward = FACE[joint]
            rest = scale * torch.tensor([right, -up, forward], dtype=torch.float64)
            joints.append(head[:, :3, :3] @ rest + head[:, :3, 3])
        elif joint == "neck":
            joints.append((poses.joint("right_shoulder") + poses.joint("left_shoulder")) / 2)
        else:
            joints.append(poses.joint(joint))
    return torch.stack(joints, dim=1)


def faces_camera(poses: Poses, cam_from_world: Tensor) -> Tensor:
    """Whether the face is turned to the camera: bool [F].

    Args:
        cam_from_world: [F, 4, 4].
    """
    forward = poses.world_from_rest[:, BONES.index("head"), :3, 2]
    return (cam_from_world[:, 2, :3] * forward).sum(dim=-1) < 0
