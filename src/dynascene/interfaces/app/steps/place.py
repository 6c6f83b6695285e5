"""The step Place: the picture, its horizon, where the person stands, and the light."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from dynascene.errors import InputError
from dynascene.generation.demo import demo_scene
from dynascene.generation.look.look_input import HARMONISE, HARMONISE_STRENGTH, SHADOW
from dynascene.generation.names import HARMONIES, PLACES
from dynascene.generation.place_input import check_upright_within, read_scene
from dynascene.generation.place_request import PlaceInput, uprights_from_text
from dynascene.geometry.cards import Upright
from dynascene.geometry.picture_boxes import text_of
from dynascene.imaging.standing_things import DrawnThing
from dynascene.interfaces.app.desk import Desk
from dynascene.interfaces.app.drafts import Draft
from dynascene.interfaces.app.pictures import shrunk
from dynascene.interfaces.app.steps.parts import Updates, complaint, message_line
from dynascene.interfaces.app.views.clicks import clicked_pixel
from dynascene.interfaces.app.views.place import (
    drawn_box,
    place_view,
    released_horizon,
    view_value,
)
from dynascene.interfaces.cli.arguments import parse_stand
from dynascene.types import Size

ESTIMATED = "as the picture tells"
SHAPES = [(ESTIMATED, ""), *((name, name) for name in PLACES)]
MIDDLE = 0.5


class PlaceStep:
    """Drop a picture, move sliders, and see a frame at once."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        with gr.Row():
            with gr.Column(min_width=300):
                self.upload = gr.File(label="A picture of the place", height=120, elem_id="scene")
                self.example = gr.Button("Take the example picture", elem_id="example-scene")
                self.picture = place_view("place-picture")
                self.horizon_by_hand = gr.Checkbox(
                    label="Horizon by hand", value=False, elem_id="horizon-by-hand"
                )
                self.horizon = gr.Slider(
                    0, 1, MIDDLE, step=0.001, label="Horizon: 0 is the top, 1 the bottom",
                    elem_id="horizon",
                )  # fmt: skip
                self.stand = gr.Textbox(
                    label="Where they stand: a pixel of the picture, as X,Y",
                    placeholder="empty: where the framing puts them", elem_id="stand",
                )  # fmt: skip
                self.shape = gr.Dropdown(SHAPES, label="Shape of the place", value="")
                self.upright = gr.Textbox(
                    label="Things that stand: a box around each, X0,Y0,X1,Y1 in pixels, one a line",
                    placeholder="empty: cars and furniture are painted on the ground", lines=2,
                    elem_id="upright",
                )  # fmt: skip
                self.written = message_line("place-written")  # the preview's line comes and goes
            with gr.Column(min_width=300):
                self.preview = gr.Image(
                    label="Preview: one small frame", interactive=False, buttons=[],
                    elem_id="preview",
                )  # fmt: skip
                self.message = message_line("place-message")
                self.moment = gr.Slider(
                    0, 1, MIDDLE, step=0.05, label="Moment of the clip: 0 is its start, 1 its end"
                )
                self.scale = gr.Slider(
                    0.25, 4, 1, step=0.05, label="Size of the person against the place",
                    elem_id="person-scale",
                )  # fmt: skip
                self.shadow = gr.Slider(
                    0, 1, SHADOW, step=0.05, label="Shadow on the ground", elem_id="shadow"
                )
                self.harmonise = gr.Dropdown(
                    list(HARMONIES), label="Who takes the other's light", value=HARMONISE
                )
                self.strength = gr.Slider(
                    0,
                    1,
                    HARMONISE_STRENGTH,
                    step=0.05,
                    label="How much of the light's difference goes",
                )
                with gr.Accordion("Direction of the light", open=False):
                    self.light_by_hand = gr.Checkbox(label="Light by hand", value=False)
                    self.azimuth = gr.Slider(
                        -180, 180, 0, step=5, label="Degrees to the right of the picture's middle"
                    )
                    self.elevation = gr.Slider(5, 90, 45, step=5, label="Degrees above the horizon")

    @property
    def outputs(self) -> list[gr.components.Component | gr.blocks.BlockContext]:
        """Everything that ``show`` may change."""
        return [
            self.picture, self.horizon_by_hand, self.horizon, self.stand, self.shape, self.upright,
            self.scale, self.shadow, self.harmonise, self.strength, self.light_by_hand,
            self.azimuth, self.elevation,
        ]  # fmt: skip

    @property
    def choices(self) -> list[gr.components.Component]:
        """What is chosen, in the order of ``choose``.

        The horizon and the standing point have events of their own: what the page has of them may
        be older than a drag or a click whose answer is still to come. So have the boxes, which are
        written line by line.
        """
        return [
            self.shape, self.scale, self.shadow, self.harmonise, self.strength,
            self.light_by_hand, self.azimuth, self.elevation,
        ]  # fmt: skip

    def show(self, session: str, draft: Draft) -> Updates:
        """What the step shows of a draft."""
        updates: Updates = {
            self.horizon_by_hand: draft.horizon is not None,
            self.stand: "" if draft.stand is None else "{:g},{:g}".format(*draft.stand),
            self.shape: draft.shape or "",
            self.upright: _lines_of(draft),
            self.scale: draft.person_scale,
            self.shadow: draft.shadow,
            self.harmonise: draft.harmonise,
            self.strength: draft.harmonise_strength,
            self.light_by_hand: draft.light is not None,
            self.picture: self._picture(draft, draft.horizon),
        }
        if draft.horizon is not None:
            updates[self.horizon] = draft.horizon
        if draft.light is not None:
            updates |= {self.azimuth: draft.light[0], self.elevation: draft.light[1]}
        return updates

    def _picture(
        self, draft: Draft, horizon: float | None, uprights: Sequence[Upright] = ()
    ) -> Any:
        if draft.scene is None:
            return gr.update(visible=False)
        pixels = _pixels(draft.scene)
        things = [DrawnThing(upright.mask, upright.feet.numpy()) for upright in uprights]
        value = view_value(pixels, horizon, draft.stand, draft.upright, things)
        return gr.update(visible=True, value=value)

    # ---- events

    def take(self, session: str, upload: str | None) -> Updates:
        """A picture was dropped."""
        if upload is None:
            return {}
        with self.desk.complaints() as wrong:
            draft = self.desk.take(session, "scene", Path(upload))
            shown = self.show(session, draft)
            return shown | {self.message: "", self.written: "", self.upload: None}
        return {self.message: complaint(wrong), self.upload: None}

    def take_example(self, session: str) -> Updates:
        """The example's picture is wanted."""
        scene = str(demo_scene())
        draft = self.desk.choose(
            session, scene=scene, horizon=None, stand=None, upright=(), shape=None
        )
        return self.show(session, draft) | {self.message: "", self.written: ""}

    def choose(
        self,
        session: str,
        shape: str,
        scale: float,
        shadow: float,
        harmonise: str,
        strength: float,
        light_by_hand: bool,
        azimuth: float,
        elevation: float,
    ) -> Updates:
        """A slider was moved, or another choice made."""
        with self.desk.complaints() as wrong:
            self.desk.choose(
                session,
                shape=shape or None,
                person_scale=float(scale),
                shadow=float(shadow),
                harmonise=harmonise,
                harmonise_strength=float(strength),
                light=(float(azimuth), float(elevation)) if light_by_hand else None,
            )
        return {self.message: complaint(wrong)}

    def choose_horizon(self, session: str, by_hand: bool, horizon: float) -> Updates:
        """The horizon is to be put by hand, or as the picture tells."""
        before = self.desk.store.draft(session).horizon
        if not by_hand:
            draft = self.desk.choose(session, horizon=None)
        elif before is None:
            draft = self.desk.choose(session, horizon=float(horizon))
        else:  # the line was dragged, and the page does not know yet
            return {}
        return {self.picture: self._picture(draft, draft.horizon)}

    def write_stand(self, session: str, text: str) -> Updates:
        """The standing point was written by hand."""
        with self.desk.complaints() as wrong:
            draft = self.desk.choose(session, stand=_stand(text))
            return {self.picture: self._picture(draft, draft.horizon), self.written: ""}
        return {self.written: complaint(wrong)}

    def write_upright(self, session: str, text: str) -> Updates:
        """Boxes around things that stand were written."""
        with self.desk.complaints() as wrong:
            boxes = uprights_from_text(text)
            scene = self.desk.store.draft(session).scene
            if boxes and scene is not None:
                height, width = _pixels(scene).shape[:2]
                PlaceInput(scene=Path(scene), upright=boxes)
                for box in boxes:
                    check_upright_within(box, Size(width, height))
            draft = self.desk.choose(session, upright=boxes)
            return {self.picture: self._picture(draft, draft.horizon), self.written: ""}
        return {self.written: complaint(wrong)}

    def draw_box(self, session: str, event: gr.EventData) -> Updates:
        """A box was drawn around a thing that is to stand."""
        draft = self.desk.store.draft(session)
        if draft.scene is None:
            return {}
        height, width = _pixels(draft.scene).shape[:2]
        box = drawn_box(event, Size(width, height))
        draft = self.desk.choose(session, upright=(*draft.upright, box))
        shown = {self.upright: _lines_of(draft), self.written: ""}
        return shown | {self.picture: self._picture(draft, draft.horizon)}

    def let_go(self, session: str, event: gr.EventData) -> Updates:
        """The line of the horizon was dragged, or moved by keys."""
        return self.set_horizon(session, released_horizon(event))

    def set_horizon(self, session: str, horizon: float) -> Updates:
        """The horizon is where somebody has put it, 0 = top, 1 = bottom."""
        draft = self.desk.choose(session, horizon=float(horizon))
        shown = {self.horizon_by_hand: True, self.horizon: draft.horizon}
        return shown | {self.picture: self._picture(draft, draft.horizon)}

    def click(self, session: str, event: gr.EventData) -> Updates:
        """The ground was clicked."""
        draft = self.desk.store.draft(session)
        if draft.scene is None:
            return {}
        pixels = _pixels(draft.scene)
        height, width = shrunk(pixels).shape[:2]
        scale = pixels.shape[1] / width
        x, y = (round(value * scale) for value in clicked_pixel(event, Size(width, height)))
        draft = self.desk.choose(session, stand=(float(x), float(y)))
        return {self.stand: f"{x},{y}", self.picture: self._picture(draft, draft.horizon)}

    def refresh(self, session: str, moment: float) -> Updates:
        """The preview of what is chosen now."""
        draft = self.desk.store.draft(session)
        if draft.scene is None:
            return {self.message: ""}
        with self.desk.complaints() as wrong:
            frame = self.desk.preview(session, float(moment))
            updates: Updates = {self.preview: frame.picture, self.message: ""}
            boxes = draft.upright
            draft = self.desk.store.draft(session)  # the line may have been dragged meanwhile
            uprights = frame.uprights if draft.upright == boxes else ()
            if draft.horizon is None:
                updates |= {self.horizon: round(min(1.0, max(0.0, frame.horizon)), 3)}
                updates |= {self.picture: self._picture(draft, frame.horizon, uprights)}
            elif uprights:
                updates |= {self.picture: self._picture(draft, draft.horizon, uprights)}
            return updates
        return {self.message: complaint(wrong)}


@lru_cache(maxsize=8)
def _pixels(scene: str) -> np.ndarray:
    return read_scene(Path(scene))


def _lines_of(draft: Draft) -> str:
    """The boxes around things that stand, one a line."""
    return "\n".join(text_of(box) for box in draft.upright)


def _stand(text: str) -> tuple[float, float] | None:
    if not text.strip():
        return None
    try:
        return parse_stand(text)
    except InputError:
        raise InputError(
            f"“Where they stand” {text[:40]!r}: give a pixel as X,Y, such as 640,720"
        ) from None
