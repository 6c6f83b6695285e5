"""Cuts a picture at its depth edges, and fills in what is hidden behind them."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

EDGE_RATIO = 1.12  # neighbours whose depths differ more belong to different things


class Layers(NamedTuple):
    """Two pictures, one behind the other, [H, W, …] float32.

    Attributes:
        front_opacity: 1 where the front picture is solid, 0 along its cut edges.
        back_colour, back_depth: the picture without the borders of its nearer things, which are
            replaced by the farther surroundings.
        back_known: 1 where the back picture is photographed.
    """

    front_opacity: np.ndarray
    back_colour: np.ndarray
    back_depth: np.ndarray
    back_known: np.ndarray


def cut_layers(colour: np.ndarray, depth: np.ndarray, reach: int) -> Layers:
    """Cut a picture at its depth edges.

    Behind a thing, the farther surroundings are continued by mirroring them at its outline.

    Args:
        colour: [H, W, 3].
        depth: [H, W] > 0, larger = farther.
        reach: width in pixels of the continuation behind a thing.
    """
    far = ndimage.maximum_filter(depth, size=3)
    near = ndimage.minimum_filter(depth, size=3)
    edge = far > near * EDGE_RATIO
    around = ndimage.maximum_filter(np.where(edge, far, 0), size=2 * reach + 1)
    hidden = (around > depth * EDGE_RATIO) | edge
    beside = ndimage.binary_dilation(edge, iterations=2) & ~hidden
    outline = beside & (depth * EDGE_RATIO >= ndimage.maximum_filter(depth, size=5))
    source = _mirrored_at(outline, hidden)
    return Layers(
        (~edge).astype(np.float32),
        np.where(hidden[..., None], colour[source], colour),
        np.where(hidden, np.maximum(depth[source], depth), depth).astype(np.float32),
        (~hidden).astype(np.float32),
    )


def _mirrored_at(outline: np.ndarray, hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each hidden pixel, its mirror image at the nearest outline pixel of the far side.

    Where that is hidden too, the outline pixel; open pixels stay themselves.
    """
    rows, columns = np.indices(hidden.shape)
    if not outline.any():
        return rows, columns
    nearest = ndimage.distance_transform_edt(~outline, return_distances=False, return_indices=True)
    row, column = (
        np.clip(2 * border - place, 0, limit - 1)
        for border, place, limit in zip(nearest, (rows, columns), hidden.shape, strict=True)
    )
    blocked = hidden[row, column]
    row, column = np.where(blocked, nearest[0], row), np.where(blocked, nearest[1], column)
    return np.where(hidden, row, rows), np.where(hidden, column, columns)
