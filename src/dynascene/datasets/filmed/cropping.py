"""Frames of a clip by their numbers, decoded and brought to the size of training.

N frames, C channels, H W pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import cover_scale
from dynascene.io.video import VideoFrames
from dynascene.types import FrameSource, Size

SEEK_GAP = 12  # frames: to decode fewer is quicker than to open the source again
WHOLE = 1e-6  # pixels: what is nearer to a whole number is one


def frames_at(source: FrameSource, numbers: Sequence[int]) -> list[np.ndarray]:
    """Frames by their numbers, in the order of ``numbers``: uint8 [H, W, C].

    Frames near each other are decoded in one go, from the keyframe before them.

    Raises:
        InputError: one of them is missing.
    """
    rising = sorted(set(numbers))
    decoded = dict(_decode(source, [number for number in rising if number < len(source)]))
    missing = set(numbers) - set(decoded)
    if missing:
        raise InputError(f"frame {min(missing)} of {len(source)} cannot be decoded")
    return [decoded[number] for number in numbers]


def _decode(source: FrameSource, numbers: list[int]) -> Iterator[tuple[int, np.ndarray]]:
    if isinstance(source, VideoFrames):
        # a damaged video gives fewer frames: whoever asks names the first that is missing
        yield from zip(numbers, source.pick(numbers, skip=True), strict=False)
        return
    for run in _runs(numbers):
        chosen = set(run)
        for number, frame in enumerate(source.read(run[0], run[-1] + 1), start=run[0]):
            if number in chosen:
                yield number, frame


def _runs(numbers: list[int]) -> Iterator[list[int]]:
    run = numbers[:1]
    for before, number in pairwise(numbers):
        if number - before > SEEK_GAP:
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def cropped_frames(
    source: FrameSource, numbers: Sequence[int], size: Size, square: Size | None = None
) -> Tensor:
    """Frames scaled to cover ``size`` and cropped centrally: uint8 [N, C, H, W].

    The crop is exact to fractions of a pixel, as ``intrinsics.cover_crop_intrinsics`` has it. Where
    it begins and ends between whole pixels of the scaled frame (16 : 9 in 16 : 9, say), frames are
    scaled while they are converted, which is four times as quick; the two ways of scaling differ by
    a few of 255 in hard edges.

    Args:
        square: the size in which the frames' pixels are square; None: they are.

    Raises:
        InputError: a frame is missing or damaged.
    """
    scaled = _scaled_size(square or source.size, size)
    if scaled is None or source.size == size or not isinstance(source, VideoFrames):
        return cover_crop(frames_at(source, numbers), size, square)
    left, top = (scaled.width - size.width) // 2, (scaled.height - size.height) // 2
    return torch.stack(
        [
            _channels_first(frame[top : top + size.height, left : left + size.width])
            for frame in frames_at(source.scaled(scaled), numbers)
        ]
    )


def _scaled_size(shape: Size, size: Size) -> Size | None:
    """The size of a whole frame that is scaled to cover ``size``; None where it, or what is cropped
    on either side, is not a whole number of pixels."""
    scale = cover_scale(shape, size)
    exact = [pixels * scale for pixels in shape]
    scaled = [round(pixels) for pixels in exact]
    whole = all(abs(a - b) < WHOLE for a, b in zip(exact, scaled, strict=True))
    even = all((a - b) % 2 == 0 for a, b in zip(scaled, size, strict=True))
    return Size(*scaled) if whole and even else None


def cover_crop(frames: Sequence[np.ndarray], size: Size, square: Size | None = None) -> Tensor:
    """``cropped_frames`` of uint8 frames [H, W, C] of any shape: uint8 [N, C, H, W]."""
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
    return _channels_first(resized.reshape(size.height, size.width, channels))


def _channels_first(frame: np.ndarray) -> Tensor:
    return torch.from_numpy(frame.transpose(2, 0, 1).copy())
