"""The step Clip: a video with one person, or a cut-out picture of one."""

from __future__ import annotations

import html
from pathlib import Path

import gradio as gr

from dynascene.errors import InputError
from dynascene.interfaces.app.desk import Desk
from dynascene.interfaces.app.drafts import Draft
from dynascene.interfaces.app.pictures import frame_picture, marked
from dynascene.interfaces.app.steps.parts import Updates, complaint, message_line
from dynascene.interfaces.app.views.clicks import clicked_pixel
from dynascene.io.frames import open_frames
from dynascene.types import FrameSource, Size


class ClipStep:
    """Drop a clip, choose its frames, click the person."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        gr.Markdown("Drop a video with one person in it, filmed in one take.")
        with gr.Row():
            with gr.Column(min_width=300):
                self.upload = gr.File(
                    label="Video, or a picture with a cut-out person", height=140, elem_id="clip"
                )
                self.example = gr.Button("Take the example", elem_id="example")
                self.message = message_line("clip-message")
                self.facts = gr.HTML("", elem_id="clip-facts")
                self.player = gr.Video(label="The clip", visible=False, elem_id="clip-player")
            with gr.Column(min_width=300):
                self.picture = gr.Image(
                    label="First frame: click the person, where there are several",
                    interactive=False, visible=False, buttons=[], elem_id="clip-picture",
                )  # fmt: skip
                with gr.Group(visible=False) as self.choices:
                    self.who = gr.Textbox(
                        label="Who: a pixel of the first frame, as X,Y",
                        placeholder="empty: the most prominent person", elem_id="who",
                    )  # fmt: skip
                    with gr.Row():
                        self.first = gr.Number(label="First frame", precision=0, minimum=0)
                        self.last = gr.Number(label="Last frame", precision=0, minimum=0)

    def show(self, session: str, draft: Draft) -> Updates:
        """What the step shows of a draft."""
        if draft.clip is None:
            hidden = (self.player, self.picture, self.choices)
            return {part: gr.update(visible=False) for part in hidden} | {self.facts: ""}
        path = Path(draft.clip)
        whole = open_frames(path)
        start, stop = draft.frames or (0, len(whole))
        picture = frame_picture(whole, None, start)
        if draft.subject is not None:
            picture = marked(picture, [(*draft.subject, True)], whole.size.width)
        is_video = len(whole) > 1
        shown = str(self.desk.shown_video(session, path)) if is_video else None
        player = gr.update(visible=is_video, value=shown)
        return {
            self.facts: _facts(path, whole),
            self.player: player,
            self.picture: gr.update(visible=True, value=picture),
            self.choices: gr.update(visible=True),
            self.who: "" if draft.subject is None else "{:g},{:g}".format(*draft.subject),
            self.first: start,
            self.last: stop - 1,
        }

    @property
    def outputs(self) -> list[gr.components.Component | gr.blocks.BlockContext]:
        """Everything that ``show`` may change."""
        return [
            self.facts, self.player, self.picture, self.choices, self.who, self.first, self.last,
        ]  # fmt: skip

    # ---- events: each returns what changes on the page

    def take(self, session: str, upload: str | None) -> Updates:
        """A file was dropped."""
        if upload is None:
            return {}
        with self.desk.complaints() as wrong:
            self.desk.take_clip(session, Path(upload))
        return self._answer(session, wrong) | {self.upload: None}

    def take_example(self, session: str) -> Updates:
        """The example is wanted."""
        with self.desk.complaints() as wrong:
            self.desk.take_example(session)
        return self._answer(session, wrong)

    def choose_frames(self, session: str, first: float | None, last: float | None) -> Updates:
        """Other frames are to be used."""
        with self.desk.complaints() as wrong:
            if first is None or last is None:
                raise InputError("give the number of the first frame and of the last one")
            self.desk.choose_frames(session, (int(first), int(last) + 1))
        return self._answer(session, wrong)

    def click(self, session: str, event: gr.EventData) -> Updates:
        """Somebody was clicked in the first frame."""
        draft = self.desk.store.draft(session)
        source = self.desk.frames_of(draft)
        height, width = frame_picture(source, None, 0).shape[:2]
        scale = source.size.width / width
        x, y = (round(value * scale, 1) for value in clicked_pixel(event, Size(width, height)))
        self.desk.choose(session, subject=(x, y))
        return self._answer(session, [])

    def name(self, session: str, text: str) -> Updates:
        """The person was named by a pixel in the text field."""
        with self.desk.complaints() as wrong:
            self.desk.choose(session, subject=_pixel(text))
        return self._answer(session, wrong)

    def _answer(self, session: str, wrong: list[str]) -> Updates:
        shown = self.show(session, self.desk.store.draft(session)) if not wrong else {}
        return shown | {self.message: complaint(wrong)}


def _facts(path: Path, source: FrameSource) -> str:
    parts = [path.name, str(source.size)]
    if len(source) > 1:
        seconds = len(source) / float(source.frame_rate)
        parts.append(f"{len(source)} frames, {seconds:.1f} s")
    if source.channels == 4:
        parts.append("with alpha")
    return f"<p>{html.escape(' · '.join(parts))}</p>"


def _pixel(text: str) -> tuple[float, float] | None:
    if not text.strip():
        return None
    try:
        x, y = (float(number) for number in text.split(","))
    except ValueError:
        raise InputError(f"“Who” {text[:40]!r}: give a pixel as X,Y, such as 310,220") from None
    return x, y
