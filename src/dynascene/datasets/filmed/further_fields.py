"""Further fields of ``clip_fields`` beside a clip: ``FIELD.npy``, and poses for skeletons.

F frames of the clip, N frames that are read, H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynascene.clip_fields import BUILT_IN, CLIP_FIELDS
from dynascene.datasets.filmed import skeletons
from dynascene.datasets.filmed.cropping import cover_crop_maps
from dynascene.errors import InputError
from dynascene.io.arrays import map_array
from dynascene.phrases import count_of
from dynascene.types import Size

SUFFIX = ".npy"
SHARES = ("points", "background_flow")  # of the whole frame, which would be wrong in a part of it


def is_field_file(stem: str, suffix: str) -> bool:
    """Whether a file beside a clip holds a further field: one value, or map, per frame."""
    field = None if stem in BUILT_IN else CLIP_FIELDS.get(stem)
    is_read = suffix == SUFFIX or (stem == skeletons.FIELD and suffix in skeletons.SUFFIXES)
    return is_read and field is not None and field.per_frame and not field.target


def check_field(name: str, path: Path, frames: int) -> None:
    """Raises InputError unless the file is an array [F, …] as the table has it, or F poses, or
    where the field is not read beside a clip."""
    if path.suffix != SUFFIX:
        _check_count(path, skeletons.skeleton_frames(path), frames)
        return
    if name in SHARES:
        raise InputError(
            f"{path}: {name} of filmed clips is not read yet, as they are cropped; take it away"
        )
    values = map_array(path)
    axes = CLIP_FIELDS[name].axes.split()[1:]
    fits = values.ndim == len(axes) and all(
        not axis.isdigit() or int(axis) == length
        for axis, length in zip(axes, values.shape, strict=True)
    )
    if not fits:
        raise InputError(f"{path}: is {list(values.shape)}, expected [{', '.join(axes)}]")
    _check_count(path, len(values), frames)
    if CLIP_FIELDS[name].resize == "intrinsics":
        raise InputError(f"{path}: cameras are read from camera files alone, not from {SUFFIX}")


def _check_count(path: Path, count: int, frames: int) -> None:
    if count != frames:
        raise InputError(f"{path}: has {count_of(count, 'frame')}, and the video has {frames}")


def read_field(
    name: str, path: Path, numbers: Sequence[int], size: Size, square: Size | None
) -> Tensor:
    """Frames of a field, resized by its rule in the table: [N, …] float32.

    Args:
        numbers: of the frames.
        size: of the frames that the clip is read at.
        square: the size in which the video's pixels are square.
    """
    if path.suffix != SUFFIX:
        return skeletons.read_skeletons(path, numbers, size, square)
    values = np.array(map_array(path)[list(numbers)], np.float32)
    if CLIP_FIELDS[name].resize == "area":
        return cover_crop_maps(values, size, square)
    return torch.from_numpy(values)
