"""Which frames of a clip a training sample takes, and how only those are decoded.

F frames of the piece, S other frames, H W pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import cover_scale
from dynascene.imaging.pixels import tensor_from_bytes
from dynascene.types import FrameSource, Size

SEEK_GAP = 12  # frames: to decode fewer is quicker than to open the video again


def draw_frames(
    rng: np.random.Generator, total: int, length: int, others: int, strides: Sequence[int] = (1,)
) -> tuple[list[int], list[int]]:
    """Numbers of F = ``length`` frames in a constant stride, in order, and of S = ``others`` more.

    The others lie before or behind the piece, or in it where it fills the clip.

    Raises:
        InputError: no stride fits the clip.
    """
    fitting = [stride for stride in strides if (length - 1) * stride < total]
    if not fitting:
        raise InputError(f"{total} frames are too few for pieces of {length}")
    stride = int(rng.choice(fitting))
    start = int(rng.integers(total - (length - 1) * stride))
    piece = start + stride * np.arange(length)
    apart = np.r_[:start, piece[-1] + 1 : total]
    pool = apart if len(apart) else np.arange(total)
    return piece.tolist(), rng.choice(pool, others, replace=len(pool) < others).tolist()


def frames_at(source: FrameSource, numbers: Sequence[int]) -> list[np.ndarray]:
    """Frames by their numbers, in the order of ``numbers``: uint8 [H, W, C].

    Frames near each other are decoded in one go, from the keyframe before them.

    Raises:
        InputError: one of them is missing.
    """
    decoded: dict[int, np.ndarray] = {}
    for run in _runs(sorted(set(numbers))):
        frames = source.read(run[0], run[-1] + 1)
        numbers_of_run = set(run)
        decoded |= {k: f for k, f in enumerate(frames, start=run[0]) if k in numbers_of_run}
    missing = set(numbers) - set(decoded)
    if missing:
        raise InputError(f"frame {min(missing)} of {len(source)} cannot be decoded")
    return [decoded[number] for number in numbers]


def _runs(numbers: list[int]) -> Iterable[list[int]]:
    run = numbers[:1]
    for before, number in pairwise(numbers):
        if number - before > SEEK_GAP:
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def cover_crop(frames: Sequence[np.ndarray], size: Size, square: Size | None = None) -> Tensor:
    """uint8 frames [H, W, C] scaled to cover ``size`` and cropped centrally: [N, C, H, W] in 0 … 1.

    The crop is exact to fractions of a pixel, as ``intrinsics.cover_crop_intrinsics`` has it.

    Args:
        square: the size in which the frames' pixels are square; None: they are.
    """
    return torch.stack([_cover_crop(frame, size, square) for frame in frames])


def cover_crop_maps(maps: np.ndarray, size: Size, square: Size | None = None) -> Tensor:
    """``cover_crop`` of numbers, by area means: float32 [N, C, h, w] → [N, C, H, W]."""
    box = _crop_box(Size(maps.shape[-1], maps.shape[-2]), size, square)
    flat = [
        np.array(Image.fromarray(channel).resize(size, Image.Resampling.BOX, box=box))
        for channel in maps.reshape(-1, *maps.shape[-2:])
    ]
    return torch.from_numpy(np.stack(flat)).reshape(*maps.shape[:-2], size.height, size.width)


def _crop_box(own: Size, size: Size, square: Size | None) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of what a frame of ``size`` shows, in a frame's own pixels."""
    shape = square or own
    scale = cover_scale(shape, size)
    left = max(0.0, (shape.width - size.width / scale) / 2 * own.width / shape.width)
    top = max(0.0, (shape.height - size.height / scale) / 2 * own.height / shape.height)
    return left, top, own.width - left, own.height - top


def _cover_crop(frame: np.ndarray, size: Size, square: Size | None) -> Tensor:
    height, width, channels = frame.shape
    if channels == 4:  # apart: Pillow would weigh the colours by their alpha
        parts = frame[..., :3], frame[..., 3:]
        return torch.cat([_cover_crop(part, size, square) for part in parts])
    picture = Image.fromarray(np.ascontiguousarray(frame if channels == 3 else frame[..., 0]))
    box = _crop_box(Size(width, height), size, square)
    resized = np.array(picture.resize(size, Image.Resampling.BICUBIC, box=box))
    return tensor_from_bytes(resized.reshape(size.height, size.width, channels))
