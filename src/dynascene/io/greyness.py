"""Whether a picture is grey, as mattes are, but for what compression adds."""

import numpy as np

COLOUR_NOISE = 24  # what compression adds to a grey picture, in 8-bit values
IN_COLOUR = "{path}: the matte is in colour; a matte is grey (white = person) or has alpha"


def is_grey(colour: np.ndarray, outliers: int = 0) -> bool:
    """Whether what is not black has no colour, but for compression noise.

    Args:
        colour: uint8 [H, W, 3].
        outliers: so many pixels may have one in any case; of few pixels 2 % say nothing.
    """
    brightest = colour.max(axis=2)
    coloured = (brightest - colour.min(axis=2)) > COLOUR_NOISE
    bright = brightest > COLOUR_NOISE
    return int(coloured.sum()) <= max(outliers, 0.02 * int(bright.sum()))
