"""Fields over a picture's pixels that change smoothly: exact in a few pixels, interpolated between.

Where a field bends or jumps it is computed in every pixel.

C channels, H W pixels of the picture.
"""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor

from dynascene.types import Size

STEP = 4  # pixels on a side of a block, in whose middle the field is computed
REACH = 2  # blocks to either side by which a block is interpolated
MARGIN = REACH + 1  # blocks beyond the picture: those next to it are judged like its own
FOURTH_DIFFERENCE = np.array([1, -4, 6, -4, 1], np.float32)
# of the field's change from block to block: the largest fourth difference of interpolated blocks.
# Angles so interpolated were at most 0.02 pixel off, beside folds of an open box, mostly far less
MOST_BEND = 0.02
BLOCKS_AT_ONCE = 4096  # computed in every pixel: they stay in the processor's cache

Field = Callable[[Tensor, Tensor], Tensor]


def field_on_pixels(field: Field, size: Size) -> Tensor:
    """A field at the centres of all pixels.

    Args:
        field: columns u [..., w] and rows v [..., h], float32 with pixel centres at +0.5, to values
            [C, ..., h, w]. It is asked beyond the picture's border, too. What is narrower than
            two blocks may be missed.
        size: of the picture.

    Returns:
        float32 [C, H, W].
    """
    across, down = (-(-side // STEP) + 2 * MARGIN for side in size)
    u, v = (STEP * (torch.arange(count) - MARGIN + 0.5) for count in (across, down))
    middles = field(u, v).numpy()
    fine = np.stack([_interpolated(plane) for plane in middles])
    blocks = fine.reshape(len(fine), down, STEP, across, STEP)
    rows, columns = np.nonzero(_is_bent(middles))
    for start in range(0, len(rows), BLOCKS_AT_ONCE):
        row, column = (index[start : start + BLOCKS_AT_ONCE] for index in (rows, columns))
        u, v = (_pixels_of(index) for index in (column, row))
        # an index on either side of a slice puts the blocks first
        blocks[:, row + MARGIN, :, column + MARGIN] = field(u, v).transpose(0, 1).numpy()
    start = STEP * MARGIN
    return torch.from_numpy(fine[:, start : start + size.height, start : start + size.width])


def _pixels_of(blocks: np.ndarray) -> Tensor:
    """Centres of the pixels along one side of blocks [N], [N, STEP]."""
    return STEP * torch.from_numpy(blocks)[:, None] + (torch.arange(STEP) + 0.5)


def _interpolated(middles: np.ndarray) -> np.ndarray:
    """Values at the blocks' middles [h, w] → at their pixels, [h · STEP, w · STEP].

    By the polynomial of the fourth degree through five blocks, along columns and then along rows.
    """
    places = (np.arange(STEP) + 0.5) / STEP - 0.5
    powers = [np.vander(x, 2 * REACH + 1) for x in (places, np.arange(-REACH, REACH + 1))]
    weights = (powers[0] @ np.linalg.inv(powers[1])).astype(np.float32)  # [STEP, 5]
    same = np.ones(1, np.float32)
    down = np.stack([cv2.sepFilter2D(middles, -1, same, w) for w in weights], axis=1)
    tall = down.reshape(-1, middles.shape[1])
    across = cv2.merge([cv2.sepFilter2D(tall, -1, w, same) for w in weights])
    return across.reshape(len(tall), -1)


def _is_bent(middles: np.ndarray) -> np.ndarray:
    """Whether polynomials may miss the field in a block of the picture, by the blocks' middles.

    middles: [C, h, w]. Returns bool [h − 2 · MARGIN, w − 2 · MARGIN].
    """
    bend, change = np.zeros((2, *middles.shape[1:]), np.float32)
    same, step = np.ones(1, np.float32), np.array([-0.5, 0, 0.5], np.float32)
    for plane in middles:
        for kernel, most in ((FOURTH_DIFFERENCE, bend), (step, change)):
            for kernels in ((kernel, same), (same, kernel)):
                np.maximum(most, np.abs(cv2.sepFilter2D(plane, -1, *kernels)), out=most)
    inner = slice(REACH, -REACH)
    bent = (bend > MOST_BEND * change)[inner, inner].astype(np.uint8)
    # An edge aslant may cross but a corner of what a block is interpolated from. Its own row and
    # column do not tell, those of the block next to it in that corner do
    return cv2.dilate(bent, np.ones((3, 3), np.uint8)).astype(bool)[1:-1, 1:-1]
