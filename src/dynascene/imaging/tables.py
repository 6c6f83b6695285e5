"""Values of pixels replaced by those of a table."""

import cv2
import numpy as np


def look_up(values: np.ndarray, table: np.ndarray) -> np.ndarray:
    """The table's entry for each value; quicker than by an index, which numpy widens to 64 bits.

    Args:
        values: uint8 or uint16 of any shape.
        table: [256] or [65536], uint8 or float32.

    Returns:
        Of the values' shape and the table's type.
    """
    if not values.size:
        return np.empty(values.shape, table.dtype)
    row = np.ascontiguousarray(values).reshape(1, -1)
    return np.asarray(cv2.LUT(row, table)).reshape(values.shape)
