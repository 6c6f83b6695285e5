"""Boxes that somebody draws in a picture: two corners in pixels, the upper left one first."""

import math
from collections.abc import Sequence


def text_of(numbers: Sequence[float]) -> str:
    """Numbers as the command line takes them: "55,76,408.5,225"."""
    return ",".join(f"{number:g}" for number in numbers)


def pixels_of(corners: Sequence[float]) -> tuple[slice, slice]:
    """Rows and columns of the pixels that a box touches, as far as they lie in the picture.

    The slices may be longer than the picture; none of them counts from its end.
    """
    x0, y0, x1, y1 = corners
    return (
        slice(max(0, math.floor(y0)), max(0, math.ceil(y1))),
        slice(max(0, math.floor(x0)), max(0, math.ceil(x1))),
    )


def fault_of(corners: Sequence[float]) -> str:
    """Why X0,Y0,X1,Y1 is no box, and how to mend it; empty where it is one."""
    if strange := [number for number in corners if not math.isfinite(number)]:
        return f"{strange[0]:g} is no pixel; give four numbers, X0,Y0,X1,Y1"
    x0, y0, x1, y1 = corners
    if x0 == x1:
        return f"has no width, as both its sides are at column {x0:g}; give X1 larger than X0"
    if y0 == y1:
        return f"has no height, as both its ends are at row {y0:g}; give Y1 larger than Y0"
    if x0 > x1 or y0 > y1:
        ordered = text_of((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
        return f"its corners are the wrong way round; give the upper left one first: {ordered}"
    return ""
