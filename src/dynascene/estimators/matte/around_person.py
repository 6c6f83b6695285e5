"""The part of a frame around the person, where alone a matte has work to do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import cv2
import numpy as np

AROUND = 0.08  # of the width: what lies farther from the person does not tell how they move


def around_person(
    mattes: Sequence[np.ndarray], above: float, margin: float = AROUND
) -> tuple[slice, slice] | None:
    """The rows and columns where a matte shows the person, and what is around them.

    Args:
        mattes: one or more [h, w], of neighbouring frames.
        above: what a value must exceed to be person.
        margin: beyond the person, as a share of the width.

    Returns:
        The smallest such part of [h, w]; None: nobody is there.
    """
    person = reduce(np.maximum, mattes)
    left, top, width, height = cv2.boundingRect((person > above).astype(np.uint8))
    if not width:
        return None
    beyond = round(margin * person.shape[1])
    return (
        slice(max(0, top - beyond), top + height + beyond),
        slice(max(0, left - beyond), left + width + beyond),
    )
