"""The step Matte: the person cut out, looked at, and mended by clicks and strokes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr

from dynascene.errors import InputError
from dynascene.estimators.matte.hints import Hint
from dynascene.estimators.matte.strokes import clicks_along
from dynascene.interfaces.app.desk import Desk
from dynascene.interfaces.app.drafts import Draft
from dynascene.interfaces.app.pictures import frame_picture, marked, matte_gallery, matte_of
from dynascene.interfaces.app.steps.job_step import JobStep
from dynascene.interfaces.app.steps.parts import (
    Updates,
    complaint,
    message_line,
)
from dynascene.interfaces.app.views.clicks import clicked_pixel
from dynascene.interfaces.app.views.frame import frame_value, frame_view, seen_frame, stroke_mask
from dynascene.interfaces.cli.arguments import parse_hint
from dynascene.types import Size

BACKENDS = [
    ("the best at hand", ""),
    ("pose: people in any posture", "pose"),
    ("modnet: people, fine hair", "modnet"),
    ("selfie: people, small and quick", "selfie"),
    ("motion: whatever moves, no weights", "motion"),
]
THINGS = [
    ("as the way of cutting out has it", "auto"),
    ("the person and what they ride or carry", "along"),
    ("the person alone", "alone"),
]
TAKEN_ALONG = {"auto": None, "along": True, "alone": False}
IN, OUT = "the person", "not the person"
CLICKS, BRUSH = "clicks", "a brush"
MATTE = "The person over green"
OWN_MATTE = "The clip's own alpha over green: nothing needs cutting out"


class MatteStep(JobStep):
    """Cut out, or bring a matte; click what is wrong, or brush over it."""

    job_kind = "matte"
    endings: ClassVar = {
        "done": "cut out: look at several frames",
        "cancelled": "stopped; nothing was kept",
    }

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        with gr.Row():
            with gr.Column(min_width=300):
                self.backend = gr.Dropdown(BACKENDS, label="Way of cutting out", value="")
                self.things = gr.Radio(THINGS, label="What belongs to the cut-out", value="auto")
                with gr.Row():
                    self.start = gr.Button("Cut out", variant="primary", elem_id="cut-out")
                    self.stop = gr.Button("Stop", elem_id="stop-matte", interactive=False)
                self.status = gr.HTML("", elem_id="matte-status", elem_classes="status")
                self.message = message_line("matte-message")
                self.notices = gr.HTML("")
                self.shrink = gr.Slider(
                    -5, 10, 0, step=0.5, label="Move the outline inwards, pixels of the clip"
                )
                self.feather = gr.Slider(0, 10, 0, step=0.5, label="Soften the outline, pixels")
                self.given = gr.File(
                    label="Or a matte of your own: a video of the same length, white = person",
                    height=170, elem_id="given-matte",
                )  # fmt: skip
            with gr.Column(min_width=300):
                self.gallery = gr.Gallery(
                    label=MATTE, columns=2, height="auto", visible=False,
                    object_fit="contain", elem_id="matte-gallery", buttons=[],
                )  # fmt: skip
                with gr.Column(visible=False) as self.mending:
                    self.number = gr.Slider(0, 1, 0, step=1, label="Frame", elem_id="matte-frame")
                    self.sense = gr.Radio([IN, OUT], value=IN, label="What you point at is …")
                    self.tool = gr.Radio([CLICKS, BRUSH], value=CLICKS, label="Point with")
                    self.picture = frame_view("matte-picture")
                    self.hints = gr.Textbox(
                        label="Clicks, one a line: FRAME:X,Y or FRAME:X,Y,out", lines=3,
                        elem_id="hints",
                    )  # fmt: skip
                    self.hints_base = gr.Textbox(visible="hidden")  # the field before it is edited

    @property
    def outputs(self) -> list[gr.components.Component | gr.blocks.BlockContext]:
        """Everything that ``show`` and ``tell`` may change."""
        return [
            self.backend, self.things, self.shrink, self.feather, self.gallery, self.mending,
            self.number, self.picture, self.hints, self.hints_base, self.status, self.notices,
            self.start, self.stop,
        ]  # fmt: skip

    def show(self, session: str, draft: Draft) -> Updates:
        """What the step shows of a draft."""
        updates: Updates = {
            self.backend: draft.matte_backend or "",
            self.things: next(k for k, v in TAKEN_ALONG.items() if v == draft.take_along),
            self.shrink: draft.matte_shrink,
            self.feather: draft.matte_feather,
            **self._field(draft),
        }
        if draft.clip is None:
            return updates | {
                self.gallery: gr.update(visible=False),
                self.mending: gr.update(visible=False),
            }
        source = self.desk.frames_of(draft)
        matte = matte_of(draft, source)
        has_own = draft.matte is None and matte is not None
        shown = gr.update(visible=False)
        if matte is not None:
            pictures, label = matte_gallery(source, matte), OWN_MATTE if has_own else MATTE
            shown = gr.update(visible=True, value=pictures, label=label)
        last = max(1, len(source) - 1)
        return updates | {
            self.gallery: shown,
            self.mending: gr.update(visible=not has_own),
            self.number: gr.update(maximum=last, value=0),
            **self._frame(draft, 0),
        }

    # ---- events

    def take(self, session: str, upload: str | None) -> Updates:
        """A matte was dropped."""
        if upload is None:
            return {}
        with self.desk.complaints() as wrong:
            self.desk.take(session, "matte", Path(upload))
        shown = {} if wrong else self.show(session, self.desk.store.draft(session))
        return shown | {self.message: complaint(wrong), self.given: None}

    def choose_backend(self, session: str, name: str) -> None:
        """Another way of cutting out."""
        self.desk.choose(session, matte_backend=name or None)

    def choose_things(self, session: str, name: str) -> None:
        """What belongs to the cut-out."""
        self.desk.choose(session, take_along=TAKEN_ALONG[name])

    def move_outline(self, session: str, shrink: float, feather: float) -> None:
        """How far the outline moves, and how soft it becomes."""
        self.desk.choose(session, matte_shrink=float(shrink), matte_feather=float(feather))

    def turn_to(self, session: str, number: float) -> Updates:
        """Another frame is to be looked at."""
        return self._frame(self.desk.store.draft(session), int(number))

    def choose_tool(self, session: str, tool: str) -> Updates:
        """Clicks or a brush."""
        return {self.picture: gr.update(is_brush=tool == BRUSH)}

    def click(self, session: str, number: float, sense: str, event: gr.EventData) -> Updates:
        """A wrong place was clicked."""
        return self._point(
            session, int(number), sense, event, lambda size: [clicked_pixel(event, size)]
        )

    def brush(self, session: str, number: float, sense: str, event: gr.EventData) -> Updates:
        """A wrong place was brushed over."""
        return self._point(
            session, int(number), sense, event,
            lambda size: clicks_along(stroke_mask(event, size)),
        )  # fmt: skip

    def _point(
        self,
        session: str,
        number: int,
        sense: str,
        event: gr.EventData,
        points_in: Callable[[Size], list[Any]],
    ) -> Updates:
        """Add hints at points of the frame that is seen, and show the frame of the slider.

        points_in: column and row of each, in a picture of the given size.
        """
        draft = self.desk.store.draft(session)
        source = self.desk.frames_of(draft)
        with self.desk.complaints() as wrong:
            frame = seen_frame(event, len(source))
            height, width = frame_picture(source, None, 0).shape[:2]
            points, scale = points_in(Size(width, height)), source.size.width / width
            hints = [
                Hint(frame, round(float(x) * scale, 1), round(float(y) * scale, 1), sense == IN)
                for x, y in points
            ]
            draft = self.desk.choose(session, hints=(*draft.hints, *hints))
        shown = {} if wrong else self._field(draft)
        return self._frame(draft, number) | shown | {self.message: complaint(wrong)}

    def cut_out(self, session: str, text: str) -> Updates:
        """The person is to be cut out by the clicks in the field, the one just typed included.

        A click in the picture may not have come into the field yet: clicks that only follow those
        in the field stay.
        """
        with self.desk.complaints() as wrong:
            hints, draft = _field_hints(text), self.desk.store.draft(session)
            if draft.hints[: len(hints)] != hints:
                self.desk.choose(session, hints=hints)
            return self.begin(session)
        return {self.message: complaint(wrong)}

    def write_hints(self, session: str, text: str, base: str, number: float) -> Updates:
        """The field was left; where it was edited, clicks were written by hand.

        base: what the field had before. Clicks in the picture that have come since stay.
        """
        with self.desk.complaints() as wrong:
            hints, before = _field_hints(text), _field_hints(base)
            if hints == before:
                return {self.message: ""}
            now = self.desk.store.draft(session).hints
            since = now[len(before) :] if now[: len(before)] == before else ()
            draft = self.desk.choose(session, hints=(*hints, *since))
            return self._frame(draft, int(number)) | self._field(draft) | {self.message: ""}
        return {self.message: complaint(wrong)}

    def _field(self, draft: Draft) -> Updates:
        lines = "\n".join(map(_field_line, draft.hints))
        return {self.hints: lines, self.hints_base: lines}

    def _frame(self, draft: Draft, number: int) -> Updates:
        source = self.desk.frames_of(draft)
        if not 0 <= number < len(source):
            raise InputError(f"the clip has no frame {number}")
        picture = frame_picture(source, matte_of(draft, source), number)
        clicks = [(h.x, h.y, h.is_person) for h in draft.hints if h.frame == number]
        return {self.picture: frame_value(marked(picture, clicks, source.size.width), number)}


def _field_hints(text: str) -> tuple[Hint, ...]:
    """The hints of a field's lines. Raises InputError for a line that is none."""
    return tuple(parse_hint(line.strip()) for line in text.splitlines() if line.strip())


def _field_line(hint: Hint) -> str:
    return f"{hint.frame}:{hint.x:g},{hint.y:g}{'' if hint.is_person else ',out'}"
