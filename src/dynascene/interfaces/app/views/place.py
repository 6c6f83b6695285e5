"""The picture of the place: the horizon is dragged, the standing point clicked, boxes are drawn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import ceil, floor
from pathlib import Path

import gradio as gr
import numpy as np

from dynascene.errors import InputError
from dynascene.imaging.standing_things import DrawnThing
from dynascene.interfaces.app.pictures import place_picture
from dynascene.interfaces.app.views.addresses import address_of
from dynascene.types import Size

HERE = Path(__file__).parent
VIEW_HTML = """
<p class="label">Click where they stand, drag the horizon, draw a box around what is to stand</p>
<div class="view">
<img alt="the place" draggable="false">
<div class="box" hidden></div>
<div class="horizon unknown" style="top: 50%" role="slider" tabindex="0" aria-label="horizon"
 aria-orientation="vertical" aria-valuemin="0" aria-valuemax="1" aria-valuenow="0.5"></div>
</div>
"""


def place_view(elem_id: str) -> gr.HTML:
    """The component, which is not visible yet.

    Its event ``select`` has ``index``, the pixel of the shown picture that was clicked; its event
    ``release`` has ``horizon``, the height at which the line was let go, 0 = top, 1 = bottom; its
    event ``edit`` has ``box``, the corners of a box that was drawn, in shares of the sides.
    """
    return gr.HTML(
        "", html_template=VIEW_HTML, visible=False, elem_id=elem_id,
        css_template=(HERE / "place.css").read_text(encoding="utf-8"),
        js_on_load=(HERE / "place.js").read_text(encoding="utf-8"),
    )  # fmt: skip


def view_value(
    pixels: np.ndarray,
    horizon: float | None,
    stand: tuple[float, float] | None,
    upright: Sequence[tuple[float, ...]] = (),
    things: Sequence[DrawnThing] = (),
) -> str:
    """The component's value.

    Args:
        pixels: uint8 [H, W, 3].
        horizon: 0 = top, 1 = bottom; None: the line stays where it is, dashed.
        stand: column and row of ``pixels`` where the person stands; None: no mark.
        upright: boxes around things that stand, likewise.
        things: what was cut out in them; none: not known yet.
    """
    picture = address_of(place_picture(pixels, stand, upright, things))
    return json.dumps({"picture": picture, "horizon": horizon})


def released_horizon(event: gr.EventData) -> float:
    """Where the line was let go, 0 … 1, in thousandths.

    Raises InputError where a page of another version tells something else.
    """
    try:
        horizon = float(event.horizon)
    except (AttributeError, TypeError, ValueError, OverflowError):
        horizon = float("nan")
    if not 0 <= horizon <= 1:
        raise InputError("the horizon lies between 0 (top) and 1 (bottom); load the page again")
    return round(horizon, 3)


def drawn_box(event: gr.EventData, size: Size) -> tuple[float, ...]:
    """A box that was drawn: x, y, x, y of its corners in whole pixels of a picture of ``size``.

    They lie around what was drawn, so that a thin box is a pixel wide at least.

    Raises InputError where a page of another version tells something else.
    """
    sides = size.width, size.height, size.width, size.height
    try:
        shares = [float(share) for share in event.box]
        x0, y0, x1, y1 = (share * side for share, side in zip(shares, sides, strict=True))
        box = tuple(map(float, (floor(x0), floor(y0), ceil(x1), ceil(y1))))
        is_box = min(shares) >= 0 and max(shares) <= 1 and x0 < x1 and y0 < y1
    except (AttributeError, TypeError, ValueError, OverflowError):
        is_box = False
    if not is_box:
        raise InputError("the box lies outside the picture; load the page again")
    return box
