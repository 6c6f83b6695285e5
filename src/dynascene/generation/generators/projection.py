"""The guide as the picture: scene memory along the camera track. Needs no weights."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from dynascene.generation.clip import GeneratedClip, GeneratedFrame, GenerationOptions
from dynascene.generation.scene_memory import SceneMemory
from dynascene.geometry.framing import (
    Framing,
    check_inside,
    choose_framing,
    place_track,
    seen_share,
)
from dynascene.geometry.intrinsics import contain_intrinsics
from dynascene.geometry.lifting import LiftedScene
from dynascene.types import CameraTrack, Shot


def projection(shot: Shot, scene: LiftedScene, options: GenerationOptions) -> GeneratedClip:
    """The scene projected along the track; what the picture does not show is filled once.

    Raises InputError when the track leaves the place.
    """
    clip, _ = projected(shot, scene, options)
    return clip


def projected(
    shot: Shot, scene: LiftedScene, options: GenerationOptions
) -> tuple[GeneratedClip, SceneMemory]:
    """As ``projection``, and the memory that its frames are rendered from."""
    size = options.size or shot.cameras.size
    intrinsics = contain_intrinsics(shot.cameras.intrinsics, shot.cameras.size, size)
    framing = choose_framing(options.framing, shot.cameras, scene, options.attitude)
    filmed = place_track(shot.cameras, framing)
    track = CameraTrack(filmed.cam_from_world, intrinsics, size)
    check_inside(track, scene.surface)
    return remembered(track, scene, framing, seen_share(filmed, scene.surface, scene.camera))


def remembered(
    track: CameraTrack, scene: LiftedScene, framing: Framing, share: float
) -> tuple[GeneratedClip, SceneMemory]:
    """The scene along a track in its own world, and the memory that its frames are rendered from.

    framing, share: for reports, as in GeneratedClip (``seen_share``).
    """
    memory = SceneMemory(scene, track)
    return GeneratedClip(track, framing, share, lambda: guide_frames(memory, track)), memory


def guide_frames(memory: SceneMemory, track: CameraTrack) -> Iterator[GeneratedFrame]:
    """The guide along a track in the scene's world, as a generator delivers it."""
    for frame in memory.render(track):
        colour, visibility = _bytes(frame.colour), _bytes(frame.visibility)
        painted = None if frame.painted is None else _bytes(frame.painted)
        yield GeneratedFrame(colour, _hide_unseen(colour, visibility), visibility, painted)


def _bytes(image: Tensor) -> np.ndarray:
    """[C, H, W] 0 … 1 → uint8 [H, W, C]."""
    return (image * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def _hide_unseen(colour: np.ndarray, visibility: np.ndarray) -> np.ndarray:
    return np.where(visibility >= 128, colour, np.uint8(0))
