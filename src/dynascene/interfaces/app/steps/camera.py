"""The step Camera: tracked in the clip, a named move, keyframes, or a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr

from dynascene.geometry.easing import EASINGS
from dynascene.geometry.moves import DEFAULT_EASING, MOVES
from dynascene.interfaces.app.camera_path import camera_track_of, drawn_path, tracking_words
from dynascene.interfaces.app.desk import Desk
from dynascene.interfaces.app.drafts import FILE, KEYFRAMES, MOVE, TRACK, Draft
from dynascene.interfaces.app.steps.job_step import JobStep
from dynascene.interfaces.app.steps.parts import (
    Updates,
    complaint,
    message_line,
    status_line,
)
from dynascene.io.keyframes import MOTION_KEYS, is_keyframe_file
from dynascene.phrases import count_of

SOURCES = [
    ("the clip's own, tracked", TRACK),
    ("a move", MOVE),
    ("keyframes", KEYFRAMES),
    ("a camera file", FILE),
]
HEIGHT_UNUSED = "keyframes are in track units, so the camera's height is not used"
FIRST_ORBIT = 10.0  # degrees, in the last of the keyframes that the table begins with
PATH_HTML = """
<p class="label">The camera's path, from blue to yellow: drag to turn it, wheel to come nearer</p>
<canvas role="img" aria-label="the camera's path in space" tabindex="0"></canvas>
"""
PATH_CSS = """
canvas { width: 100%; height: 300px; background: #171b20; border-radius: 8px; touch-action: none; }
.label { font-size: 0.85rem; margin: 0 0 0.4rem; }
"""
# the drawing is that of the page on which cameras are verified
PATH_JS = """
const draw = async () => {
  const [{ PathView }, { worldOf, groundOf }] = await Promise.all(
    [import("/verify-page/path.js"), import("/verify-page/geometry.js")]);
  const canvas = element.querySelector("canvas");
  if (!canvas) return;
  canvas.view ??= new PathView(canvas);
  if (!props.value) return canvas.view.clear();
  const clip = JSON.parse(props.value);
  const world = worldOf(clip.cam_from_world);
  canvas.view.show(clip, world, groundOf(clip.cam_from_world, world.size, 0));
};
watch("value", draw);
draw();
"""


class CameraStep(JobStep):
    """Choose where the camera comes from, and see its path."""

    job_kind = "track"
    endings: ClassVar = {"done": "tracked", "cancelled": "stopped; nothing was kept"}

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        with gr.Row():
            with gr.Column(min_width=300):
                self.source = gr.Radio(SOURCES, label="The camera is …", value=TRACK)
                with gr.Column() as self.tracking:
                    with gr.Row():
                        self.start = gr.Button("Track", variant="primary", elem_id="track")
                        self.stop = gr.Button("Stop", elem_id="stop-track", interactive=False)
                    self.status = gr.HTML("", elem_id="track-status", elem_classes="status")
                    self.notices = gr.HTML("")
                with gr.Group(visible=False) as self.moving:
                    self.move = gr.Dropdown(_moves(), label="Move", value="pan-right")
                    self.amount = gr.Number(
                        label="Amount: degrees of a turn, or shares of the place's depth", value=10
                    )
                    self.easing = gr.Dropdown(list(EASINGS), label="Easing", value=DEFAULT_EASING)
                with gr.Column(visible=False) as self.keying:
                    self.table = gr.Dataframe(
                        _first_rows(1), headers=["frame", *MOTION_KEYS], datatype="number",
                        type="array", interactive=True, label="Keyframes: degrees, and track units",
                        row_count=2, elem_id="keyframes",
                    )  # fmt: skip
                    self.use = gr.Button("Use these keyframes", elem_id="use-keyframes")
                with gr.Column(visible=False) as self.filing:
                    self.upload = gr.File(
                        label="A camera file (Nerfstudio, TUM, Nuke's chan …) or a keyframe file",
                        height=120, elem_id="camera-file",
                    )  # fmt: skip
                    self.height = gr.Number(
                        label="Camera's height above the ground, in the file's unit; 0: unknown",
                        value=0, minimum=0,
                    )  # fmt: skip
                self.message = message_line("camera-message")
            with gr.Column(min_width=300):
                self.path = gr.HTML(
                    "", html_template=PATH_HTML, css_template=PATH_CSS, js_on_load=PATH_JS,
                    elem_id="camera-path",
                )  # fmt: skip
                self.words = gr.HTML("", elem_id="camera-words")

    @property
    def outputs(self) -> list[gr.components.Component | gr.blocks.BlockContext]:
        """Everything that ``show`` and ``tell`` may change."""
        return [
            self.source, self.tracking, self.moving, self.keying, self.filing, self.move,
            self.amount, self.easing, self.table, self.height, self.path, self.words, self.status,
            self.notices, self.start, self.stop,
        ]  # fmt: skip

    def show(self, session: str, draft: Draft) -> Updates:
        """What the step shows of a draft."""
        name, _, rest = draft.move.partition(":")
        amount, _, easing = rest.partition(":")
        groups = zip((self.tracking, self.moving, self.keying, self.filing), SOURCES, strict=True)
        return {
            self.source: draft.camera,
            self.move: name,
            self.amount: float(amount or MOVES[name].default),
            self.easing: easing or DEFAULT_EASING,
            self.height: draft.camera_height or 0,
            self.table: self._rows(draft),
            **{group: gr.update(visible=draft.camera == source) for group, (_, source) in groups},
        } | self._drawn(draft)

    def _rows(self, draft: Draft) -> list[list[float]]:
        """The keyframes in use, else some to begin with, the last one at the clip's end."""
        if draft.keyframes is not None:
            return self.desk.read_keyframes(draft)
        last = 1
        if draft.clip is not None:
            last = max(1, len(self.desk.frames_of(draft)) - 1)
        return _first_rows(last)

    def _drawn(self, draft: Draft) -> Updates:
        """The camera's path, and what is known of it."""
        if draft.clip is None:
            return {self.path: "", self.words: ""}
        with self.desk.complaints() as wrong:
            track = camera_track_of(draft, self.desk.frames_of(draft))
            if track is None:
                return {self.path: "", self.words: status_line("not tracked yet")}
            is_tracked = draft.camera == TRACK
            words = tracking_words(draft) if is_tracked else count_of(len(track), "camera")
            if draft.camera == FILE and draft.camera_file:
                words = f"{Path(draft.camera_file).name}: {words}"
                if draft.camera_height and is_keyframe_file(Path(draft.camera_file)):
                    words += f"; {HEIGHT_UNUSED}"
            return {self.path: json.dumps(drawn_path(track)), self.words: status_line(words)}
        return {self.path: "", self.words: complaint(wrong)}

    # ---- events

    def choose(self, session: str, source: str) -> Updates:
        """The camera comes from elsewhere."""
        return self.show(session, self.desk.choose(session, camera=source))

    def choose_move(self, session: str, name: str) -> Updates:
        """Another move, with the amount that is usual for it."""
        amount = MOVES[name].default
        return self.set_move(session, name, amount, DEFAULT_EASING) | {self.amount: amount}

    def set_move(self, session: str, name: str, amount: float | None, easing: str) -> Updates:
        """Another amount, or another easing."""
        has_amount = MOVES[name].unit is not None and amount is not None
        text = f"{name}:{amount:g}" if has_amount else name
        if has_amount and name != "handheld" and easing != DEFAULT_EASING:
            text += f":{easing}"
        return self._drawn(self.desk.choose(session, move=text)) | {self.message: ""}

    def use_keyframes(self, session: str, rows: list[list[Any]]) -> Updates:
        """The table's keyframes are to be used."""
        with self.desk.complaints() as wrong:
            return self._drawn(self.desk.write_keyframes(session, rows)) | {self.message: ""}
        return {self.message: complaint(wrong)}

    def take(self, session: str, upload: str | None) -> Updates:
        """A camera file was dropped."""
        if upload is None:
            return {}
        with self.desk.complaints() as wrong:
            draft = self.desk.take(session, "camera_file", Path(upload))
            return self._drawn(draft) | {self.message: "", self.upload: None}
        return {self.message: complaint(wrong), self.upload: None}

    def set_height(self, session: str, height: float | None) -> Updates:
        """The camera's height is known, or not."""
        return self._drawn(self.desk.choose(session, camera_height=height or None))


def _first_rows(last: int) -> list[list[float]]:
    still = [0.0] * len(MOTION_KEYS)
    return [[0, *still], [last, FIRST_ORBIT, *still[1:]]]


def _moves() -> list[tuple[str, str]]:
    return [(f"{move.name}: {move.description}", move.name) for move in MOVES.values()]
