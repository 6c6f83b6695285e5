"""Pictures of filmed places with known cameras, as generation lifts them, and the guides they give.

F frames, H W pixels.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.filmed.cropping import cropped_frames
from dynascene.datasets.filmed.opening import OpenClip
from dynascene.estimators.depth.protocol import DepthEstimator, scene_depth
from dynascene.estimators.horizon import estimate_horizon
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.generate import generate
from dynascene.generation.model_input import model_batch
from dynascene.geometry.framing import Framing, within_scene
from dynascene.geometry.lifting import LiftedScene, lift_to_stage, lift_with_depth
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.tracks import in_track_units, resize_track, scale_of
from dynascene.imaging.pixels import channels_last, tensor_from_bytes
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.types import Batch, CameraTrack, Shot, Size


def scene_shape(clip: OpenClip, size: Size) -> Size:
    """The largest size in the shape of ``size`` that a clip's frames have."""
    square = clip.square.size
    width = min(square.width, round(square.height * size.width / size.height))
    return Size(width, round(width * size.height / size.width))


def first_frame(clip: OpenClip, size: Size) -> np.ndarray:
    """A clip's first frame in the shape of ``size``, as large as it is: uint8 [H, W, 3]."""
    frames = cropped_frames(clip.frames, [0], scene_shape(clip, size), clip.square.size)
    return channels_last(frames[0, :3])


def lifted(
    picture: np.ndarray, cameras: CameraTrack, depth: DepthEstimator | None = None
) -> LiftedScene:
    """A picture, uint8 [H, W, 3], in 2.5-D: its camera is the first of ``cameras``, which are for
    frames of its shape; the horizon is estimated. depth: None takes ground and backdrop."""
    size = Size(picture.shape[1], picture.shape[0])
    focal = float(resize_track(cameras[:1], size).intrinsics[0, 0, 0])
    camera = PictureCamera(focal, size, estimate_horizon(picture, focal).row)
    colours = tensor_from_bytes(picture)
    if depth is None:
        return lift_to_stage(colours, camera)
    return lift_with_depth(colours, camera, torch.from_numpy(scene_depth(depth(picture), camera)))


def filmed_batch(
    cameras: CameraTrack,
    scene: LiftedScene,
    inputs: Mapping[str, Tensor] | None = None,
    stated_scale: float | None = None,
) -> Batch:
    """What models are given: the scene and its guide along the cameras, the first of which took
    the picture. Nobody is there. inputs: further fields of the clip, for its frames.
    stated_scale: track units in the cameras' unit, where their file tells it."""
    framing = Framing(0.0, scene.camera.pitch)
    track = in_track_units(cameras, scale_of(cameras, stated_scale))
    track = within_scene(track, scene, framing)
    alone = Shot(None, None, track, DEFAULT_FRAME_RATE, inputs or {})
    options = GenerationOptions(generator="projection", framing=framing)
    guide = generate(alone, scene, options)
    return model_batch(alone, scene, guide, cameras.size)
