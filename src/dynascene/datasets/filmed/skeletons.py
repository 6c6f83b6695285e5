"""Body poses beside a clip: joints, or a skeleton video that was drawn already.

F frames of the clip, N frames that are read, H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.filmed.cropping import cover_crop_maps, cropped_frames
from dynascene.errors import InputError
from dynascene.geometry.intrinsics import cover_scale
from dynascene.imaging.skeleton_map import draw_skeleton
from dynascene.io.frames import open_frames
from dynascene.io.poses.formats import read_pose
from dynascene.types import Size

FIELD = "skeleton"
JOINTS, DRAWN = ".json", (".mp4", ".mov", ".mkv", ".webm")
SUFFIXES = (JOINTS, *DRAWN)


def skeleton_frames(path: Path) -> int:
    """How many frames a file has.

    Raises:
        InputError: it cannot be read, or does not tell the size of its frames.
    """
    return len(read_pose(path) if path.suffix.lower() == JOINTS else open_frames(path))


def read_skeletons(
    path: Path, numbers: Sequence[int], size: Size, square: Size | None = None
) -> Tensor:
    """Drawn skeletons that are cropped as the clip's frames are: float32 [N, 3, H, W] in 0 … 1.

    Joints are drawn at the size of training; a drawn video is scaled.

    Args:
        path: of the file.
        numbers: of the frames.
        size: of the frames that the clip is read at.
        square: the size in which the video's pixels are square; None: they are.

    Raises:
        InputError: the file cannot be read, or a frame is missing.
    """
    if path.suffix.lower() != JOINTS:
        return cropped_frames(open_frames(path), numbers, size, square)[:, :3].float() / 255
    pose = read_pose(path)
    if max(numbers) >= len(pose):
        raise InputError(f"{path}: has no frame {max(numbers)}")
    shape = square or pose.size
    scale = cover_scale(shape, size)
    whole = Size(*(max(1, round(pixels * scale)) for pixels in shape))
    pose = pose.resized(whole)
    drawn = np.stack([draw_skeleton(pose, number) for number in numbers])
    maps = drawn.transpose(0, 3, 1, 2).astype(np.float32) / 255
    return cover_crop_maps(maps, size) if whole != size else torch.from_numpy(maps)
