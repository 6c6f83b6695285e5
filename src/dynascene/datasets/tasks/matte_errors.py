"""Faults of mattes, made on purpose: a network that has seen them forgives them (ActAnywhere).

F frames, H W pixels.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import cv2
import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.imaging.pixels import unit_values

MatteError = Literal["erode", "dilate", "jagged", "dropped"]
RADII = (0.003, 0.015)  # of erosion and dilation, in diagonals of the frame
STEPS = (0.004, 0.015)  # of a jagged edge, likewise
PARTS = (1, 3)  # dropped from the person
PART_SIZE = (0.08, 0.25)  # a part's half axes, in heights and widths of the person


def augment_matte(
    sample: TrainingSample, rng: np.random.Generator, kinds: Sequence[MatteError] | None = None
) -> TrainingSample:
    """The sample with faults in its matte, and so in its foreground.

    Target, scene and loss stay. A sample without a person in the foreground is returned as it is,
    and so is one whose person the faults would remove altogether.

    Args:
        kinds: of faults that may occur, each every other time; None = all.
    """
    if not (sample.has_foreground and torch.any(sample.matte)):
        return sample
    faulty = faulty_matte(unit_values(sample.matte), rng, kinds)
    if not torch.any(faulty):
        return sample
    if not sample.matte.is_floating_point():
        faulty = (faulty * 255).round()  # exact: faults move values of the matte, and make none
    return replace(sample, matte=faulty.to(sample.matte))


def faulty_matte(
    matte: Tensor, rng: np.random.Generator, kinds: Sequence[MatteError] | None = None
) -> Tensor:
    """A matte [F, 1, H, W] with faults, each of some kinds every other time; None = all kinds."""
    faulty = matte[:, 0].numpy(force=True).astype(np.float32)
    for kind in MATTE_ERRORS if kinds is None else kinds:
        if rng.random() < 0.5:
            faulty = _ERRORS[kind](faulty, rng)
    return torch.from_numpy(faulty)[:, None].to(matte)


def make_error(matte: Tensor, kind: MatteError, rng: np.random.Generator) -> Tensor:
    """A matte [F, 1, H, W] in 0 … 1 with one fault."""
    faulty = _ERRORS[kind](matte[:, 0].numpy(force=True).astype(np.float32), rng)
    return torch.from_numpy(faulty)[:, None].to(matte)


def erode(matte: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """[F, H, W] → the same, the edge moved inwards by one random radius."""
    brush = _brush(matte, rng)
    return np.stack([cv2.erode(frame, brush) for frame in matte])


def dilate(matte: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """[F, H, W] → the same, the edge moved outwards by one random radius."""
    brush = _brush(matte, rng)
    return np.stack([cv2.dilate(frame, brush) for frame in matte])


def _brush(matte: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    radius = max(1, round(rng.uniform(*RADII) * math.hypot(*matte.shape[1:])))
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def jagged(matte: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """[F, H, W] → 0 or 1 in steps, as of a coarse segmentation whose grid differs by frame."""
    _, H, W = matte.shape
    step = max(2, round(rng.uniform(*STEPS) * math.hypot(H, W)))
    frames = []
    for frame in matte:
        down, across = rng.integers(step, size=2)
        rows = np.clip((np.arange(H) + down) // step * step - down + step // 2, 0, H - 1)
        columns = np.clip((np.arange(W) + across) // step * step - across + step // 2, 0, W - 1)
        frames.append(frame[rows][:, columns] > 0.5)
    return np.stack(frames).astype(np.float32)


def dropped(matte: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """[F, H, W] → the same without some ellipses that lie on the person and move along with them.

    Each is missing for a random run of frames.
    """
    F, H, W = matte.shape
    y, x = np.arange(H)[:, None], np.arange(W)[None]
    result = matte.copy()
    for _ in range(int(rng.integers(PARTS[0], PARTS[1] + 1))):
        start, stop = np.sort(rng.choice(F + 1, 2, replace=False))
        tall, wide = rng.uniform(*PART_SIZE, 2)
        aside, above = rng.uniform(-0.5, 0.5, 2)
        for t in range(start, stop):
            rows, columns = np.nonzero(matte[t] > 0.5)
            if not len(rows):
                continue
            height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
            v = (y - rows.mean() - above * height) / (tall * height)
            u = (x - columns.mean() - aside * width) / (wide * width)
            result[t][u**2 + v**2 < 1] = 0
    return result


_ERRORS: dict[MatteError, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "dropped": dropped,
    "erode": erode,
    "dilate": dilate,
    "jagged": jagged,
}
MATTE_ERRORS: tuple[MatteError, ...] = tuple(_ERRORS)
