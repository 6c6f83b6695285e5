"""Whether a picture is grey, as mattes are, but for what compression adds."""

from functools import reduce

import cv2
import numpy as np

COLOUR_NOISE = 24  # what compression adds to a grey picture, in 8-bit values
IN_COLOUR = "{path}: the matte is in colour; a matte is grey (white = person) or has alpha"


def is_grey(colour: np.ndarray, outliers: int = 0) -> bool:
    """Whether what is not black has no colour, but for compression noise.

    Args:
        colour: uint8 [H, W, 3].
        outliers: so many pixels may have one in any case; of few pixels 2 % say nothing.
    """
    # numpy takes many times as long over an axis of three
    channels = [np.asarray(channel) for channel in cv2.split(colour)]
    brightest = reduce(np.maximum, channels)
    coloured = int(np.count_nonzero(brightest - reduce(np.minimum, channels) > COLOUR_NOISE))
    bright = int(np.count_nonzero(brightest > COLOUR_NOISE))
    return coloured <= max(outliers, 0.02 * bright)
