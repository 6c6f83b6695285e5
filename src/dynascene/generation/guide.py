"""The guide of one clip: the place along its cameras, sharp for the result and coarse for a model.

``prepare`` makes it from a shot and a scene, or takes it from a batch that brings its own.

F frames, H W pixels of the background.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple, Protocol

import cv2
import numpy as np
import torch
from torch import Tensor

from dynascene.clip_fields import BUILT_IN, CLIP_FIELDS
from dynascene.errors import InputError
from dynascene.generation.clip import GeneratedClip, GeneratedFrame, GenerationOptions
from dynascene.generation.model_input import model_batches, stretched
from dynascene.generation.scene_memory import SceneMemory
from dynascene.geometry.framing import (
    Framing,
    check_inside,
    choose_framing,
    place_track,
    seen_shares,
)
from dynascene.geometry.intrinsics import contain_intrinsics
from dynascene.geometry.lifting import LiftedScene
from dynascene.imaging.pixels import (
    bytes_from_tensor,
    channels_last,
    floats_from_tensor,
    tensor_from_bytes,
)
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.types import Batch, CameraTrack, Shot, Size

NOTHING_SEEN = 0.005  # of the view; would be told as 0 %


class SharpFrame(NamedTuple):
    """frame: as the projection delivers it. colour: [3, H, W] in 0 … 1, its background."""

    frame: GeneratedFrame
    colour: Tensor


def unrounded(colour: Tensor, sharp: SharpFrame, share: np.ndarray | float) -> np.ndarray:
    """What was painted over a guide, with what the guide lost when it was rounded.

    Args:
        colour: [3, H, W] in 0 … 1.
        sharp: the frame of the guide.
        share: how much of the guide's finest detail the colours hold, 0 … 1, [H, W, 1] or one.

    Returns:
        float32 [H, W, 3] in 0 … 1.
    """
    lost = sharp.frame.exact_background - floats_from_tensor(sharp.colour)
    return (floats_from_tensor(colour) + share * lost).clip(0, 1).astype(np.float32)


class SceneGuide(Protocol):
    """What every generator builds on.

    clip: as the projection delivers it. memory: what the guide is rendered from, and may be
        painted; None where the guide came with a batch.
    """

    @property
    def clip(self) -> GeneratedClip: ...

    @property
    def memory(self) -> SceneMemory | None: ...

    def frames(self) -> Iterator[SharpFrame]:
        """The frames of ``clip``, with their colours as exact as they are known."""
        ...

    def batches(self, size: Size, frames_at_once: int, *, has_camera: bool) -> Iterator[Batch]:
        """The clip as a model takes it, part by part.

        size: of the model's frames; a guide that came with a batch keeps the batch's size.
        frames_at_once: of a part, where parts are rendered one by one.
        has_camera: False for the null camera.
        """
        ...


class BackgroundGenerator(Protocol):
    """One way to make a background from a guide."""

    def __call__(self, guide: SceneGuide, options: GenerationOptions) -> GeneratedClip: ...


def check_seen(clip: GeneratedClip) -> None:
    """Raise InputError where the cameras see nothing of the picture."""
    if clip.seen_share < NOTHING_SEEN:
        raise InputError(
            "the scene: the camera sees nothing of it: the picture shows 0% of the view; are the "
            "cameras right? (`framing` centre, `horizon` or a smaller movement)"
        )


@dataclass(frozen=True)
class RenderedGuide:
    """A guide that is rendered from the scene memory, at any size."""

    shot: Shot
    clip: GeneratedClip
    memory: SceneMemory

    def frames(self) -> Iterator[SharpFrame]:
        for frame in self.clip.frames():
            yield SharpFrame(frame, tensor_from_bytes(frame.background))

    def batches(self, size: Size, frames_at_once: int, *, has_camera: bool) -> Iterator[Batch]:
        coarse = at_size(self.clip, self.memory, size)
        shape = self.clip.track.size
        return model_batches(
            self.shot, self.memory.scene, coarse, shape, frames_at_once, has_camera=has_camera
        )


@dataclass(frozen=True)
class BatchGuide:
    """A guide that came with a batch of one clip, at the batch's size alone."""

    batch: Batch
    clip: GeneratedClip
    memory: None = None

    def frames(self) -> Iterator[SharpFrame]:
        colours = _guide_of(self.batch)
        return map(SharpFrame, batch_frames(self.batch), colours)

    def batches(self, size: Size, frames_at_once: int, *, has_camera: bool) -> Iterator[Batch]:
        batch = self.batch
        if not has_camera:
            batch = batch.replace(has_camera=torch.zeros(len(batch.matte), dtype=torch.bool))
        yield batch


def prepare(
    shot: Shot | Batch, scene: LiftedScene | None, options: GenerationOptions
) -> RenderedGuide | BatchGuide:
    """The guide of a shot in a scene, see ``generate``.

    Raises InputError when the track leaves the place, or the input lacks what its kind needs.
    """
    if isinstance(shot, Shot):
        if scene is None:
            raise InputError("`scene`: None; a shot is placed in a scene")
        return _of_shot(shot, scene, options)
    if len(shot) != 1:
        raise InputError(f"batch: holds {len(shot)} clips; give one at a time")
    if options.scene_memory:
        if scene is None:
            raise InputError(
                "`scene`: None; the scene memory needs one, or scene_memory=False for the "
                "batch's own guide"
            )
        return _of_memory(shot, scene)
    if shot.guide is None:
        raise InputError("batch: without the scene memory it brings a guide, and this one has none")
    return _of_batch(shot)


def _of_shot(shot: Shot, scene: LiftedScene, options: GenerationOptions) -> RenderedGuide:
    size = options.size or shot.cameras.size
    intrinsics = contain_intrinsics(shot.cameras.intrinsics, shot.cameras.size, size)
    framing = choose_framing(options.framing, shot.cameras, scene, options.attitude)
    filmed = place_track(shot.cameras, framing)
    track = CameraTrack(filmed.cam_from_world, intrinsics, size)
    check_inside(track, scene)
    shares = seen_shares(filmed, scene)
    return _rendered(shot, track, scene, framing, shares)


def _of_memory(batch: Batch, scene: LiftedScene) -> RenderedGuide:
    """The scene along a batch's cameras, without the person."""
    track = _track_of(batch)
    further = [CLIP_FIELDS[name] for name in batch if name not in BUILT_IN]
    inputs = {
        field.name: batch[field.name][0]
        for field in further
        if field.derive is None and not field.empty_without_person
    }
    shares = seen_shares(track, scene)
    alone = Shot(None, None, track, DEFAULT_FRAME_RATE, inputs)
    return _rendered(alone, track, scene, Framing(0.0, scene.camera.pitch), shares)


def _rendered(
    shot: Shot, track: CameraTrack, scene: LiftedScene, framing: Framing, shares: Tensor
) -> RenderedGuide:
    memory = SceneMemory(scene, track)
    frames = partial(guide_frames, memory, track, with_paint=False)
    clip = GeneratedClip(track, framing, tuple(shares.tolist()), frames)
    return RenderedGuide(shot, clip, memory)


def _of_batch(batch: Batch) -> BatchGuide:
    shares = tuple(_visibility_of(batch).mean(dim=(1, 2, 3)).tolist())
    track, ahead = _track_of(batch), Framing(0.0, 0.0)
    return BatchGuide(batch, GeneratedClip(track, ahead, shares, partial(batch_frames, batch)))


def _track_of(batch: Batch) -> CameraTrack:
    return CameraTrack(batch.cam_from_world[0].double(), batch.intrinsics[0], batch.size)


def _guide_of(batch: Batch) -> Tensor:
    """[F, 3, H, W] in 0 … 1."""
    assert batch.guide is not None, "prepare has looked"
    return (batch.guide[0].float() / 2 + 0.5).clamp(0, 1)


def _visibility_of(batch: Batch) -> Tensor:
    assert batch.guide_visibility is not None, "a guide comes with its visibility"
    return batch.guide_visibility[0]


def at_size(clip: GeneratedClip, memory: SceneMemory, size: Size) -> GeneratedClip:
    """A clip of the memory at another size, of the same view: see ``stretched``."""
    track = stretched(clip.track, size)
    return replace(clip, track=track, frames=lambda: guide_frames(memory, track))


def guide_frames(
    memory: SceneMemory, track: CameraTrack, *, with_paint: bool = True
) -> Iterator[GeneratedFrame]:
    """The guide along a track in the scene's world, as a generator delivers it.

    with_paint: whether frames tell where they are painted, for models; it takes time.
    """
    for frame in memory.render(track, with_paint=with_paint):
        painted = None if frame.painted is None else bytes_from_tensor(frame.painted)
        yield _frame(frame.colour, frame.visibility, painted)


def batch_frames(batch: Batch) -> Iterator[GeneratedFrame]:
    """A batch's own guide, as a generator delivers it."""
    return map(_frame, _guide_of(batch), _visibility_of(batch))


def _frame(colour: Tensor, visibility: Tensor, painted: np.ndarray | None = None) -> GeneratedFrame:
    background, seen = bytes_from_tensor(colour), bytes_from_tensor(visibility)
    shown = _hide_unseen(background, seen)
    return GeneratedFrame(background, shown, seen, painted, fine=channels_last(colour))


def _hide_unseen(colour: np.ndarray, visibility: np.ndarray) -> np.ndarray:
    return cv2.copyTo(colour, (visibility >= 128).astype(np.uint8))
