"""What happens at the person's edge, and to the person.

F frames, H W pixels. Frames are uint8 [F, H, W, 3], mattes uint8 [F, H, W], 255 = person.
"""

import cv2
import numpy as np

from dynascene.evaluation.metrics.pixels import l1

BAND = 8  # pixels beyond the matte


def edge_band(matte: np.ndarray, width: int = BAND) -> np.ndarray:
    """The soft edge and the background next to it.

    Args:
        matte: uint8 [F, H, W], 255 = person.
        width: pixels from the nearest pixel that the person covers to any degree.

    Returns:
        bool [F, H, W]: the pixels that are not wholly the person's and at most ``width`` away.
    """
    side = 2 * width + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    near = np.stack([cv2.dilate((mask > 0).astype(np.uint8), disc) for mask in matte])
    return near.astype(bool) & (matte < 255)


def edge_error(composite: np.ndarray, truth: np.ndarray, matte: np.ndarray) -> float:
    """Mean absolute difference in ``edge_band``: halos and cut edges show there first.

    Args:
        composite, truth: uint8 [F, H, W, 3], the person over the made and over the true background.
        matte: uint8 [F, H, W], 255 = person.

    Returns:
        Levels of 0 … 255; NaN without a person.
    """
    return 255 * l1(composite, truth, edge_band(matte))


def person_change(composite: np.ndarray, person: np.ndarray, matte: np.ndarray) -> float:
    """The largest change of a pixel that is wholly the person's: 0 where they are left alone.

    Args:
        composite, person: uint8 [F, H, W, 3], what is delivered and what was filmed.
        matte: uint8 [F, H, W], 255 = person.

    Returns:
        Levels of 0 … 255; NaN without a person.
    """
    inside = matte == 255
    if not inside.any():
        return float("nan")
    return float(np.abs(composite[inside].astype(np.int16) - person[inside]).max())
