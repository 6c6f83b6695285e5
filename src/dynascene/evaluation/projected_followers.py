"""Rows without training that know the scene picture's camera: the projection, and its first frame.

Unlike the guide of a benchmark, they can be made along any track.

Legend: B clips, F frames, H W pixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import cv2
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.evaluation.systems import PROJECTION
from dynascene.geometry.lifting import lift_to_stage
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.picture_guide import picture_guide
from dynascene.geometry.rays import track_rays
from dynascene.geometry.rigid import invert_rigid, rigid, rotation_about
from dynascene.geometry.tracks import keep_inside
from dynascene.imaging.pixels import bytes_from_tensor, tensor_from_bytes
from dynascene.types import Batch, CameraTrack, Size

FRAMED = "still, framed"
FILL_RADIUS = 3  # pixels, of the classical fill where the picture shows nothing
INSIDE = 0.05  # the least distance from the stage's wall and ground, as a share


class ProjectedFollower:
    """The scene picture on ground and backdrop, seen along the track and continued classically.

    The clip's world is level, so the picture's own pose says where its horizon is.
    """

    name = PROJECTION
    weights: Mapping[str, str] = {}
    sampling: Mapping[str, float] = {}

    def frames(self, clip: Batch, seed: int) -> Tensor:
        """See ``CameraFollower``.

        Raises:
            InputError: the clips do not say where their scene picture was taken.
        """
        return torch.stack([projected(clip, number) for number in range(len(clip))])


class FramedFollower(ProjectedFollower):
    """The first frame of the projection, held: it is framed as the clip is, and follows nothing."""

    name = FRAMED

    def frames(self, clip: Batch, seed: int) -> Tensor:
        """See ``ProjectedFollower``."""
        return super().frames(clip, seed)[:, :1].expand(-1, clip.frames, -1, -1, -1)


def projected(clip: Batch, number: int) -> Tensor:
    """A clip's guide from its scene picture alone.

    Args:
        clip: in track units, in a level world.
        number: of the clip.

    Returns:
        [F, 3, H, W] in 0 … 1.

    Raises:
        InputError: the clip does not say where its scene picture was taken.
    """
    if clip.scene_cam_from_world is None or clip.scene_intrinsics is None:
        raise InputError(f"{PROJECTION}: the clips do not say where their scene picture was taken")
    height, width = clip.scene_image.shape[-2:]
    size, pose = Size(width, height), clip.scene_cam_from_world[number].double().cpu()
    focal = float(clip.scene_intrinsics[number, 0, 0])
    forward = pose[2, :3]  # the camera's z axis in the world
    pitch = math.asin(max(-1.0, min(1.0, -float(forward[1]))))
    yaw = math.degrees(math.atan2(float(forward[0]), float(forward[2])))
    camera = PictureCamera(focal, size, height / 2 + focal * math.tan(pitch))
    picture = _without_hole(clip.scene_image[number], clip.scene_visibility[number])
    surface = lift_to_stage(picture, camera).surface
    # the scene's world stands where the picture was taken, and looks as it looked, but level
    centre = invert_rigid(pose)[:3, 3]
    world_from_scene = rigid(rotation_about("y", yaw), centre)
    poses = clip.cam_from_world[number].double().cpu() @ world_from_scene
    frame_size = Size(clip.foreground.shape[-1], clip.foreground.shape[-2])
    track = CameraTrack(poses, clip.intrinsics[number].double().cpu(), frame_size)
    track = keep_inside(track, lambda x: surface.contains(x, margin=INSIDE))
    return picture_guide(picture, camera, surface, track_rays(track))[0]


def _without_hole(scene_image: Tensor, visibility: Tensor) -> Tensor:
    """The picture in 0 … 1, continued where it shows nothing."""
    picture = scene_image.cpu() / 2 + 0.5
    hole = bytes_from_tensor(1 - visibility.cpu())[..., 0]
    if not hole.any():
        return picture
    filled = cv2.inpaint(bytes_from_tensor(picture), hole, FILL_RADIUS, cv2.INPAINT_TELEA)
    return tensor_from_bytes(filled)
