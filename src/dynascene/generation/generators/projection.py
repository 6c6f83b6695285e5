"""The guide as the picture: scene memory along the camera track. Needs no weights."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from dynascene.generation.clip import GeneratedClip, GeneratedFrame, GenerationOptions
from dynascene.geometry.canvas import SceneCanvas, paint_canvas
from dynascene.geometry.framing import check_inside, choose_framing, place_track, seen_share
from dynascene.geometry.intrinsics import contain_intrinsics
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.projection import render_guide, window_for_track
from dynascene.types import CameraTrack, Shot


def projection(shot: Shot, scene: LiftedScene, options: GenerationOptions) -> GeneratedClip:
    """The scene projected along the track; what the picture does not show is filled once.

    Raises InputError when the track leaves the place.
    """
    size = options.size or shot.cameras.size
    intrinsics = contain_intrinsics(shot.cameras.intrinsics, shot.cameras.size, size)
    framing = choose_framing(options.framing, shot.cameras, scene, options.attitude)
    filmed = place_track(shot.cameras, framing)
    track = CameraTrack(filmed.cam_from_world, intrinsics, size)
    check_inside(track, scene.surface)
    surfaces = [layer.surface for layer in scene.layers]
    canvases: list[SceneCanvas] = []  # painted when they are first needed

    def frames() -> Iterator[GeneratedFrame]:
        if not canvases:
            window = window_for_track(track, scene.surface)
            canvases.extend(paint_canvas(x.picture, scene.camera, window) for x in scene.layers)
        for frame in render_guide(track, surfaces, canvases):
            colour, visibility = _bytes(frame.colour), _bytes(frame.visibility)
            yield GeneratedFrame(colour, _hide_unseen(colour, visibility), visibility)

    share = seen_share(filmed, scene.surface, scene.camera)
    return GeneratedClip(track, framing, share, frames)


def _bytes(image: Tensor) -> np.ndarray:
    """[C, H, W] 0 … 1 → uint8 [H, W, C]."""
    return (image * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def _hide_unseen(colour: np.ndarray, visibility: np.ndarray) -> np.ndarray:
    return np.where(visibility >= 128, colour, np.uint8(0))
