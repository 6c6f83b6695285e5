"""Where a shown picture was clicked."""

from __future__ import annotations

from contextlib import suppress

import gradio as gr
import numpy as np

from dynascene.errors import InputError
from dynascene.types import Size

EDGE = 1.0  # pixels by which a click on the border may lie outside


def clicked_pixel(event: gr.EventData, size: Size) -> tuple[float, float]:
    """Column and row that were clicked, within a picture of the given size.

    Raises InputError where a page of another version tells something else.
    """
    pixel = np.full(2, np.nan)
    with suppress(AttributeError, TypeError, ValueError, OverflowError):
        pixel = np.asarray(event.index, np.float64)
    ends = np.array([size.width, size.height], np.float64)
    if pixel.shape != (2,) or not np.all((pixel >= -EDGE) & (pixel <= ends + EDGE)):
        raise InputError("this click lies outside the picture; load the page again")
    column, row = np.clip(pixel, 0, ends - 1)
    return float(column), float(row)
