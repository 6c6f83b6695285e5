"""Relative to which camera the cameras of a clip are told."""

from typing import Literal

import torch
from torch import Tensor

from dynascene.geometry.rigid import invert_rigid, relative_to_first
from dynascene.models.latents import EncodedClip

CameraOrigin = Literal["first_frame", "scene_camera"]


def relative_cameras(clip: EncodedClip, origin: CameraOrigin, reader: str) -> Tensor:
    """The cameras in the axes of the origin, cam_from_origin [B, F, 4, 4].

    Args:
        clip: whose cameras.
        origin: ``first_frame``: the clip's, or window's, own first frame. ``scene_camera``: the
            camera of the scene picture.
        reader: for the message of a clip that lacks it.
    """
    with torch.autocast(clip.cam_from_world.device.type, enabled=False):
        if origin == "first_frame":
            return relative_to_first(clip.cam_from_world)
        (scene,) = clip.require(["scene_cam_from_world"], reader)
        return clip.cam_from_world @ invert_rigid(scene)[:, None]
