"""Arrays of numbers in .npy files of other people."""

from pathlib import Path

import numpy as np

from dynascene.errors import InputError


def map_array(path: Path) -> np.ndarray:
    """An array that is read from its file where it is used.

    So a header that claims more than there is takes no memory. Objects, which are pickles, are
    refused.

    Raises:
        InputError: the file is missing, or is no whole array of numbers.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except Exception:  # a header is read as Python, and whatever its parser raises comes through
        raise InputError(f"{path}: is not a plain .npy array of numbers") from None
    if not isinstance(array, np.ndarray):  # a zip of arrays, whatever its name
        array.close()
        raise InputError(f"{path}: is not a plain .npy array of numbers")
    return array
