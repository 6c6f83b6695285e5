"""Memory that is free again goes back to the system."""

import ctypes
import sys


def give_back_memory() -> None:
    """Give back what was freed, where the C library can be asked to (glibc); else do nothing.

    Left to itself glibc gives back what lies at the end of its heap alone. Among arrays of many
    sizes something at the end mostly lives on, so what is free before it grows from clip to clip.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # musl has none
        trim(0)
