"""A shot and a scene as the tensors that models take: resized, placed, on the guide's track.

F frames, H W pixels of the model's frame.
"""

import itertools
import math
from collections.abc import Iterator

import cv2
import numpy as np
import torch
from torch import Tensor

from dynascene.clip_fields import CLIP_FIELDS
from dynascene.generation.clip import GeneratedClip, GeneratedFrame
from dynascene.generation.compositing import fit_background
from dynascene.generation.further_inputs import further_inputs
from dynascene.geometry.intrinsics import cover_crop_intrinsics
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.picture import picture_track
from dynascene.imaging.pixels import bytes_from_tensor, tensor_from_bytes
from dynascene.types import Batch, CameraTrack, Shot, Size

LEAST_CELLS = 4  # latent cells along the shorter side of a very long frame


def model_size(shape: Size, trained: Size, stride: int) -> Size:
    """A size of about the shape of ``shape`` and the pixel count of ``trained``.

    Width and height are multiples of ``stride``, so the shape is met within half a latent cell.
    """
    scale = math.sqrt(trained.width * trained.height / (shape.width * shape.height))
    width, height = (max(LEAST_CELLS, round(n * scale / stride)) * stride for n in shape)
    return Size(width, height)


def stretched(track: CameraTrack, size: Size) -> CameraTrack:
    """The same view on frames of ``size``: a shape that differs makes pixels that are not square.

    So a frame of either size is the other one resized, and nothing has to be cropped or added.
    """
    across, down = size.width / track.size.width, size.height / track.size.height
    scale = torch.tensor([across, down, 1.0], dtype=torch.float64)
    return CameraTrack(track.cam_from_world, scale[:, None] * track.intrinsics, size)


def model_batch(
    shot: Shot, scene: LiftedScene, guide: GeneratedClip, shape: Size, *, has_camera: bool = True
) -> Batch:
    """One clip for a model, at the size of ``guide``.

    guide: the projection along the track, in the scene's world. shape: the background's size, of
    which the person's frame takes the middle. has_camera: False for the null camera.
    """
    return next(model_batches(shot, scene, guide, shape, len(guide.track), has_camera=has_camera))


def model_batches(
    shot: Shot,
    scene: LiftedScene,
    guide: GeneratedClip,
    shape: Size,
    frames_at_once: int,
    *,
    has_camera: bool = True,
) -> Iterator[Batch]:
    """``model_batch`` of the same clip part by part, for clips that are long."""
    track = guide.track
    picture = bytes_from_tensor(scene.picture)
    scene_image = _signed(fit_background(picture, track.size))[None]
    scene_camera = cropped_picture_track(scene, track.size)
    place = _place_of_person(shot.size, shape, track.size)
    further = further_inputs(shot, shape, track.size, place)
    layers = zip(guide.frames(), placed_people(shot, shape, track.size), strict=True)
    for start in range(0, len(track), frames_at_once):
        cameras = track[start : start + frames_at_once]
        frames, people = zip(*itertools.islice(layers, len(cameras)), strict=True)
        person = torch.stack(people)
        yield Batch(
            matte=person[None, :, 3:],
            foreground=person[None, :, :3],
            scene_image=scene_image,
            scene_visibility=torch.ones_like(scene_image[:, :1]),
            cam_from_world=cameras.cam_from_world[None],
            intrinsics=cameras.intrinsics[None],
            scene_cam_from_world=scene_camera.cam_from_world,
            scene_intrinsics=scene_camera.intrinsics,
            guide=torch.stack([_signed(frame.background) for frame in frames])[None],
            guide_visibility=torch.stack([_coverage(frame) for frame in frames])[None],
            has_camera=torch.tensor([has_camera]),
            **_part(further, start, start + len(cameras)),
        )


def cropped_picture_track(scene: LiftedScene, size: Size) -> CameraTrack:
    """The camera of the scene picture as a model of frames of ``size`` sees it, of one frame."""
    camera = picture_track(scene.camera)
    intrinsics = cover_crop_intrinsics(camera.intrinsics, scene.camera.size, size)
    return CameraTrack(camera.cam_from_world, intrinsics, size)


def _part(further: dict[str, Tensor], start: int, stop: int) -> dict[str, Tensor]:
    """Further fields of a range of frames, with the axis B."""
    return {
        name: (values[start:stop] if CLIP_FIELDS[name].per_frame else values)[None]
        for name, values in further.items()
    }


def _coverage(frame: GeneratedFrame) -> Tensor:
    """``guide_visibility`` (``clip_fields``) [1, H, W], 0 … 1: the picture's part and the paint."""
    if frame.painted is None:
        return tensor_from_bytes(frame.visibility)
    return (tensor_from_bytes(frame.visibility) + tensor_from_bytes(frame.painted)).clamp(max=1)


def placed_people(shot: Shot, shape: Size, size: Size, start: int = 0) -> Iterator[Tensor]:
    """The person on frames of ``size`` for a model: [4, H, W], frame by frame from ``start``.

    Foreground in −1 … 1, exactly 0 off the person, and matte in 0 … 1; zeros without a person.

    shape: the background's size, of which the person's frame takes the middle.
    """
    if shot.foreground is None or shot.matte is None:
        yield from itertools.repeat(torch.zeros(4, size.height, size.width), len(shot) - start)
        return
    place = _place_of_person(shot.foreground.size, shape, size)
    for layer in _premultiplied(shot, start):
        yield _placed(layer, place, size)


def _premultiplied(shot: Shot, start: int) -> Iterator[np.ndarray]:
    """Colour in −1 … 1 times matte, and the matte: float32 [H, W, 4] of the person's own size.

    Averaging these over a cell gives the person's share of it, whatever lies behind the person.
    """
    assert shot.foreground is not None
    assert shot.matte is not None
    for colour, matte in zip(shot.foreground.read(start), shot.matte.read(start), strict=True):
        alpha = matte.astype(np.float32) / 255
        yield np.concatenate([(colour.astype(np.float32) / 127.5 - 1) * alpha, alpha], axis=2)


def _place_of_person(person: Size, shape: Size, size: Size) -> tuple[slice, slice]:
    """Rows and columns of the model's frame that the person's whole frame takes.

    The background covers the person's frame, which lies in its middle (contain_intrinsics).
    """
    scale = min(shape.width / person.width, shape.height / person.height)
    spans = []
    for own, whole, cells in (
        (person.height, shape.height, size.height),
        (person.width, shape.width, size.width),
    ):
        length = min(cells, max(1, round(own * scale / whole * cells)))
        start = (cells - length) // 2
        spans.append(slice(start, start + length))
    return spans[0], spans[1]


def _placed(layer: np.ndarray, place: tuple[slice, slice], size: Size) -> Tensor:
    rows, columns = place
    shape = (columns.stop - columns.start, rows.stop - rows.start)
    shrinks = shape[0] * shape[1] < layer.shape[0] * layer.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    frame = np.zeros((size.height, size.width, layer.shape[2]), np.float32)
    frame[rows, columns] = cv2.resize(layer, shape, interpolation=method)
    return torch.from_numpy(frame).permute(2, 0, 1)


def _signed(image: np.ndarray) -> Tensor:
    """uint8 [H, W, C] → [C, H, W] in −1 … 1."""
    return tensor_from_bytes(image) * 2 - 1
