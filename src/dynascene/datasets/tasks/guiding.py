"""The guide of a filmed sample: what the pipeline makes of its scene picture along its track.

F frames, H W pixels.
"""

from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.errors import InputError
from dynascene.estimators.horizon import estimate_horizon
from dynascene.geometry.lifting import lift_to_stage
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.picture_guide import picture_guide
from dynascene.geometry.rays import track_rays
from dynascene.geometry.rigid import invert_rigid, rigid
from dynascene.geometry.tracks import keep_inside
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.types import CameraTrack

FILL_RADIUS = 3.0  # pixels


def with_guide(sample: TrainingSample) -> TrainingSample:
    """The sample with the guide that generation begins with, and its cameras in the scene's world.

    The picture is lifted to ground and backdrop by its estimated horizon, and seen from the
    network's cameras. So the guide has the same errors of geometry in training as in use, and the
    network learns to correct them. Travel that leaves the lifted place is shortened, as in
    generation. What the picture does not show is filled and not visible; so is a person who was
    taken out of it. Nothing is painted: see ``guide_visibility`` in ``clip_fields``.

    Raises:
        InputError: the scene picture's camera is unknown.
    """
    if sample.scene_camera is None:
        raise InputError(
            f"{sample.task}: the scene picture's camera is not known, and a guide needs it; "
            "give the clips cameras, or train without a guide"
        )
    picture, visibility = sample.scene_image / 2 + 0.5, sample.scene_visibility
    pixels = bytes_from_tensor(picture)
    camera = picture_camera(pixels, sample.scene_camera)
    surface = lift_to_stage(picture, camera).surface
    track = CameraTrack(sample.cam_from_world, sample.intrinsics, camera.size)
    track = keep_inside(
        in_world_of(track, sample.scene_camera, camera),
        lambda centres: surface.contains(centres, margin=0.05),
    )
    layers = torch.cat([_fill(picture, pixels, visibility), visibility])
    seen, inside = picture_guide(layers, camera, surface, track_rays(track))
    return replace(
        sample,
        cam_from_world=track.cam_from_world,
        scene_camera=in_world_of(sample.scene_camera, sample.scene_camera, camera),
        guide=seen[:, :3] * 2 - 1,
        guide_visibility=inside * (seen[:, 3:] > 0.5),
    )


def picture_camera(pixels: np.ndarray, camera: CameraTrack) -> PictureCamera:
    """The camera of a picture: its focal length is known, its horizon estimated.

    Args:
        pixels: uint8 [H, W, 3].
        camera: of one frame, for the picture's size; its pixels are square, its centre in the
            middle.
    """
    focal = float(camera.intrinsics[0, 0, 0])
    return PictureCamera(focal, camera.size, estimate_horizon(pixels, focal).row)


def in_world_of(track: CameraTrack, scene: CameraTrack, camera: PictureCamera) -> CameraTrack:
    """A track in the world in which the scene picture's camera is at the origin, level.

    Args:
        track: in any world.
        scene: the scene picture's camera in that world, one frame.
        camera: the same camera, with its horizon.
    """
    picture_from_scene = rigid(camera.scene_from_picture.mT, torch.zeros(3, dtype=torch.float64))
    world_from_picture = invert_rigid(scene.cam_from_world[0])
    poses = track.cam_from_world @ world_from_picture @ picture_from_scene
    return CameraTrack(poses, track.intrinsics, track.size)


def _fill(picture: Tensor, pixels: np.ndarray, visibility: Tensor) -> Tensor:
    """The picture [3, H, W] with its holes filled from around them."""
    hole = (visibility[0] < 0.5).byte().numpy()
    if not hole.any() or hole.all():
        return picture
    filled = cv2.inpaint(pixels, hole, FILL_RADIUS, cv2.INPAINT_TELEA)
    return torch.where(visibility < 0.5, torch.from_numpy(filled).permute(2, 0, 1) / 255, picture)
