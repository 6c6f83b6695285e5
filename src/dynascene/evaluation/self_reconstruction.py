"""Filmed clips with a person: their own place is made anew from another frame of theirs.

As the paper tests. The scene picture is a frame without its person, and the cameras are the clip's.

F frames, H W pixels.
"""

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from dynascene.clip_fields import CLIP_FIELDS
from dynascene.datasets.filmed.cropping import cropped_frames
from dynascene.datasets.filmed.opening import OpenClip
from dynascene.datasets.filmed.reading import read_piece
from dynascene.datasets.tasks.people import BLACK, person_region
from dynascene.estimators.depth.protocol import DepthEstimator
from dynascene.evaluation.filmed_scenes import filmed_batch, lifted, scene_shape
from dynascene.generation.compositing import fit_background
from dynascene.geometry.lifting import LiftedScene
from dynascene.imaging.pixels import channels_last, signed_values, tensor_from_bytes, unit_values
from dynascene.types import Batch, Size

FILL_RADIUS = 3  # pixels of the classical fill behind the person


class PersonShot(NamedTuple):
    """A clip of somebody, and the place that another frame shows.

    Attributes:
        batch: what models are given.
        truth: uint8 [F, H, W, 3], with the person, behind whom nobody knows the truth.
        scene: the picture in 2.5-D.
    """

    batch: Batch
    truth: np.ndarray
    scene: LiftedScene


class EmptyPlace(NamedTuple):
    """A frame without its person.

    Attributes:
        picture: uint8 [H, W, 3], black where the person was.
        visibility: bool [H, W], where the place is seen.
    """

    picture: np.ndarray
    visibility: np.ndarray


def scene_number(clip_frames: int, judged: range) -> int:
    """The frame that shows the place: the next one after those that are judged, or the last.

    Where frames are left out between them, the one of those that is next to their middle: over so
    long a time a moving camera may see nothing twice.
    """
    if judged.step == 1:
        return min(judged.stop, clip_frames - 1)
    middle = (judged[0] + judged[-1]) // 2
    return middle + judged.step // 2 if middle in judged else middle


def person_shot(
    name: str, clip: OpenClip, numbers: range, size: Size, depth: DepthEstimator | None = None
) -> PersonShot:
    """Some frames of a clip, and its place.

    Args:
        name: of the clip.
        clip: with a matte and cameras.
        numbers: of the frames that are judged.
        size: of the frames.
        depth: of the scene picture; None takes ground and backdrop.

    Raises:
        InputError: a frame is missing or damaged.
    """
    number = scene_number(len(clip.frames), numbers)
    # the scene's camera comes first, because a picture's world begins at its camera
    piece = read_piece(name, clip, [number, *numbers], [number], size)
    place = empty_place(clip, number, size)
    scene = lifted(_filled(place), piece.cameras, depth)
    scene = with_hole(scene, place.visibility)
    batch = _from_second(filmed_batch(piece.cameras, scene, piece.inputs, clip.stated_scale))
    picture, visibility = _at_size(place, size)
    matte = unit_values(piece.matte[1:])
    batch = batch.replace(
        matte=matte[None],
        foreground=(signed_values(piece.video[1:]) * matte)[None],
        scene_image=picture[None],
        scene_visibility=visibility[None],
    )
    return PersonShot(batch, channels_last(piece.video[1:]), scene)


def empty_place(clip: OpenClip, number: int, size: Size) -> EmptyPlace:
    """A frame in the shape of ``size``, as large as it is, without its person."""
    square, shape = clip.square.size, scene_shape(clip, size)
    frame = cropped_frames(clip.frames, [number], shape, square)
    if clip.matte is None:
        matte = frame[:, 3:]
    else:
        matte = cropped_frames(clip.matte, [number], shape, square)
    visibility = ~person_region(unit_values(matte[0]))[0].numpy()
    picture = channels_last(frame[0, :3])
    return EmptyPlace(picture * visibility[..., None].astype(np.uint8), visibility)


def with_hole(scene: LiftedScene, visibility: np.ndarray) -> LiftedScene:
    """The scene with the front layer not photographed where ``visibility``, bool [H, W], is not."""
    front = scene.layers[0]
    picture = front.picture.clone()
    picture[3] *= torch.from_numpy(visibility)
    return replace(scene, layers=(replace(front, picture=picture), *scene.layers[1:]))


def _filled(place: EmptyPlace) -> np.ndarray:
    """The place continued behind the person, for the classical guide."""
    hole = (~place.visibility).astype(np.uint8)
    return cv2.inpaint(place.picture, hole, FILL_RADIUS, cv2.INPAINT_TELEA)


def _at_size(place: EmptyPlace, size: Size) -> tuple[Tensor, Tensor]:
    """scene_image [3, H, W], black where nothing is seen, and scene_visibility [1, H, W]."""
    seen = np.repeat(place.visibility[..., None].astype(np.uint8) * 255, 3, axis=2)
    visibility = (tensor_from_bytes(fit_background(seen, size))[:1] == 1).float()
    picture = tensor_from_bytes(fit_background(place.picture, size)) * 2 - 1
    return torch.where(visibility == 1, picture, BLACK), visibility


def _from_second(batch: Batch) -> Batch:
    """The clip without its first frame."""
    return batch.replace(
        **{name: batch[name][:, 1:] for name in batch if CLIP_FIELDS[name].per_frame}
    )
