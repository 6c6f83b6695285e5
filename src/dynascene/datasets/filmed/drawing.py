"""Which frames of a clip a training sample takes.

F frames of the piece, S other frames.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dynascene.errors import InputError


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
