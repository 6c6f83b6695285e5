"""A frame of the clip that is clicked, or brushed over."""

from __future__ import annotations

import itertools
import json
import math
from contextlib import suppress
from pathlib import Path

import cv2
import gradio as gr
import numpy as np

from dynascene.errors import InputError
from dynascene.interfaces.app.views.addresses import address_of
from dynascene.types import Size

HERE = Path(__file__).parent
THICKNESS = 0.03  # of the brush, in widths of the picture
MOST_POINTS = 20_000  # of a stroke
ANSWERS = itertools.count()
FRAME_HTML = f"""
<p class="label">Click what is wrong, or brush over it, then cut out again</p>
<div class="view" data-thickness="{THICKNESS}">
<img alt="the frame" draggable="false"><canvas aria-hidden="true"></canvas></div>
"""


def frame_view(elem_id: str) -> gr.HTML:
    """The component. Its value comes from ``frame_value``.

    Its event ``select`` has ``index``, the pixel of the shown picture that was clicked; with
    ``is_brush``, its event ``release`` has ``stroke``, the pixels along the way of the brush. Both
    have ``frame``, the number of the frame that is seen.
    """
    return gr.HTML(
        "", html_template=FRAME_HTML, elem_id=elem_id, is_brush=False,
        css_template=(HERE / "frame.css").read_text(encoding="utf-8"),
        js_on_load=(HERE / "frame.js").read_text(encoding="utf-8"),
    )  # fmt: skip


def frame_value(picture: np.ndarray, frame: int) -> str:
    """The component's value: a picture, uint8 [H, W, 3], of the frame of that number.

    No two values are equal: the page takes notice of the same picture again, and removes the ink
    of a stroke that was refused.
    """
    value = {"picture": address_of(picture), "frame": frame, "answer": next(ANSWERS)}
    return json.dumps(value)


def seen_frame(event: gr.EventData, count: int) -> int:
    """The number of the frame that was clicked or brushed over, of a clip of ``count`` frames.

    Raises InputError where a page of another version tells something else.
    """
    frame = None
    with suppress(AttributeError):
        frame = event.frame
    if type(frame) is not int or not 0 <= frame < count:
        raise InputError("this frame is not in the clip; load the page again")
    return frame


def stroke_mask(event: gr.EventData, size: Size) -> np.ndarray:
    """What a stroke covers, bool [H, W], of the picture it was drawn on.

    Raises InputError where a page of another version tells something else.
    """
    points: np.ndarray = np.empty(0)
    with suppress(AttributeError, TypeError, ValueError, OverflowError):
        points = np.asarray(event.stroke, np.float64)
    is_stroke = points.ndim == 2 and points.shape[1] == 2 and 0 < len(points) <= MOST_POINTS
    if not is_stroke or not np.isfinite(points).all():
        raise InputError("this stroke cannot be read; load the page again")
    way = np.concatenate([points, points[-1:]])  # OpenCV draws no line of a single point
    within = np.clip(way, 0, (size.width - 1, size.height - 1))
    mask = np.zeros((size.height, size.width), np.uint8)
    thick = max(1, math.ceil(THICKNESS * size.width))
    cv2.polylines(
        mask, [np.floor(within).astype(np.int32)], isClosed=False, color=1, thickness=thick
    )
    return mask > 0
