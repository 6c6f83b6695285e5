"""The step Render: the clip is made, looked at, and taken away."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, get_args

import gradio as gr

from dynascene.extras import is_installed
from dynascene.generation.camera_files import camera_file_names
from dynascene.generation.clip import DEFAULT_GENERATOR
from dynascene.generation.layers import layer_names
from dynascene.interfaces.app.desk import Desk
from dynascene.interfaces.app.drafts import VACE, Draft
from dynascene.interfaces.app.pictures import frame_picture
from dynascene.interfaces.app.steps.job_step import JobStep
from dynascene.interfaces.app.steps.parts import (
    Updates,
    message_line,
)
from dynascene.interfaces.app.store import Job
from dynascene.interfaces.cli.options import option_of
from dynascene.io.atomic import replacing
from dynascene.io.frames import open_frames
from dynascene.io.names import CameraFileName, LayerKind
from dynascene.jobs.result_folder import REPORT

GENERATORS = [
    ("diffusion: what the picture does not show is painted", "diffusion"),
    ("projection: quick, without a network", "projection"),
]
PUBLIC = ("vace: public video weights, which also read a prompt", VACE)
NO_PUBLIC_WEIGHTS = (
    "A third way, vace, needs the public weights Wan2.1-VACE: "
    f"start the app with {option_of('vace_weights')} FOLDER."
)
SIZES = [
    ("as large as the clip", ""),
    ("426x240", "426x240"),
    ("768x432", "768x432"),
    ("1280x720", "1280x720"),
    ("1920x1080", "1920x1080"),
]
ARCHIVE = "layers.zip"
OFFERED = ("composite.mp4", "composite.png", "background.mp4", "background.png", "matte.mp4",
           "matte.png", "cameras.txt", "sheet.png", REPORT)  # fmt: skip


class RenderStep(JobStep):
    """Render, follow, cancel, compare, download."""

    job_kind = "render"
    endings: ClassVar = {"done": "done", "cancelled": "cancelled; nothing was kept"}

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        with gr.Row():
            with gr.Column(min_width=300):
                offered = GENERATORS if desk.vace is None else [*GENERATORS, PUBLIC]
                self.generator = gr.Radio(
                    offered, label="Background by", value=DEFAULT_GENERATOR, elem_id="generator",
                    info=NO_PUBLIC_WEIGHTS if desk.vace is None else None,
                )  # fmt: skip
                self.prompt = gr.Textbox(
                    label="What the place shows where the picture ends, in words", visible=False,
                    placeholder="may stay empty", elem_id="prompt",
                )  # fmt: skip
                self.size = gr.Dropdown(SIZES, label="Size of the background", value="")
                self.layers = gr.CheckboxGroup(_layer_kinds(), label="Layers, too, as")
                self.cameras = gr.CheckboxGroup(
                    list(get_args(CameraFileName)), label="The camera for programs of artists, as"
                )
                self.seed = gr.Number(label="Seed", value=0, precision=0, minimum=0)
                with gr.Row():
                    self.start = gr.Button("Render", variant="primary", elem_id="render")
                    self.stop = gr.Button("Cancel", elem_id="cancel", interactive=False)
                self.status = gr.HTML("", elem_id="render-status", elem_classes="status")
                self.message = message_line("render-message")
                self.notices = gr.HTML("", elem_id="render-notices")
            with gr.Column(min_width=300, visible=False) as self.results:
                self.finished = gr.Video(label="The result", elem_id="result", loop=True)
                self.original = gr.Video(label="The clip as it was filmed", loop=True)
                self.compared = gr.ImageSlider(
                    label="Filmed, and in the new place", interactive=False, buttons=[],
                    elem_id="compared",
                )  # fmt: skip
                self.moment = gr.Slider(0, 1, 0, step=1, label="Frame to compare")
                self.files = gr.File(
                    label="Downloads", file_count="multiple", interactive=False,
                    elem_id="downloads",
                )  # fmt: skip

    @property
    def outputs(self) -> list[gr.components.Component | gr.blocks.BlockContext]:
        """Everything that ``show`` and ``tell`` may change."""
        return [
            self.generator, self.prompt, self.size, self.layers, self.cameras, self.seed,
            self.results,
            self.finished, self.original, self.compared, self.moment, self.files,
            self.status, self.notices, self.start, self.stop,
        ]  # fmt: skip

    @property
    def choices(self) -> list[gr.components.Component]:
        """What is chosen, in the order of ``choose``."""
        return [
            self.generator, self.prompt, self.size, self.layers, self.cameras, self.seed
        ]  # fmt: skip

    def show(self, session: str, draft: Draft) -> Updates:
        """What the step shows of a draft, and of the last clip that was made."""
        if draft.generator == VACE and self.desk.vace is None:  # chosen while the server had them
            draft = self.desk.choose(session, generator=DEFAULT_GENERATOR)
        updates: Updates = {
            self.generator: draft.generator,
            self.prompt: gr.update(value=draft.prompt, visible=draft.generator == VACE),
            self.size: "" if draft.size is None else "{}x{}".format(*draft.size),
            self.layers: list(draft.layers),
            self.cameras: list(draft.camera_files),
            self.seed: draft.seed,
        }
        job = self.desk.store.last_job(session, "render", "done")
        if job is None or not self.desk.workers.result_folder(job).is_dir():
            return updates | {self.results: gr.update(visible=False)}
        folder = self.desk.workers.result_folder(job)
        count = int(json.loads((folder / REPORT).read_text(encoding="utf-8"))["frames"])
        files = [str(folder / name) for name in OFFERED if (folder / name).is_file()]
        wishes = job.draft.camera_files
        files += [str(folder / name) for name in sorted(camera_file_names(wishes))]
        if job.draft.layers:
            files.append(str(_packed(folder, job.draft.layers)))
        is_video = (folder / "composite.mp4").is_file()
        made = filmed = None
        if is_video:
            made = str(self.desk.shown_video(session, folder / "composite.mp4"))
            filmed = str(self.desk.shown_video(session, Path(str(job.draft.clip))))
        return updates | {
            self.results: gr.update(visible=True),
            self.finished: gr.update(visible=is_video, value=made),
            self.original: gr.update(visible=is_video, value=filmed),
            self.compared: self._compared(job, 0),
            self.moment: gr.update(maximum=max(1, count - 1), value=0, visible=count > 1),
            self.files: files,
        }

    def _compared(self, job: Job, number: int):
        """A frame as it was filmed, and in the new place."""
        folder = self.desk.workers.result_folder(job)
        composite = folder / "composite.mp4"
        made = open_frames(composite if composite.is_file() else composite.with_suffix(".png"))
        number = min(number, len(made) - 1)
        filmed = self.desk.frames_of(job.draft)
        return frame_picture(filmed, None, number), frame_picture(made, None, number)

    # ---- events

    def choose(
        self,
        session: str,
        generator: str,
        prompt: str,
        size: str,
        layers: list[LayerKind],
        cameras: list[CameraFileName],
        seed: float | None,
    ) -> Updates:
        """Another way to render."""
        width, _, height = size.partition("x")
        self.desk.choose(
            session,
            generator=generator,
            size=(int(width), int(height)) if size else None,
            layers=tuple(layers),
            camera_files=tuple(cameras),
            seed=int(seed or 0),
            prompt=prompt.strip(),
        )
        return {self.prompt: gr.update(visible=generator == VACE)}

    def render(self, session: str, *choices: Any) -> Updates:
        """Begin with what the page shows: a field that was just left may not have told it yet."""
        return self.choose(session, *choices) | self.begin(session)

    def compare(self, session: str, number: float) -> Updates:
        """Another frame is to be compared."""
        job = self.desk.store.last_job(session, "render", "done")
        return {} if job is None else {self.compared: self._compared(job, int(number))}


def _layer_kinds() -> list[str]:
    """Those that can be written here."""
    return [kind for kind in get_args(LayerKind) if kind != "exr" or is_installed("OpenEXR")]


def _packed(folder: Path, kinds: Sequence[str]) -> Path:
    """The layers in one file; made once, and not compressed, as they are already."""
    place = folder.parent / ARCHIVE
    if not place.is_file():
        with replacing(place) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            for name in sorted(layer_names(kinds)):
                layer = folder / name
                for file in sorted(layer.glob("*")) if layer.is_dir() else [layer]:
                    if file.is_file():
                        archive.write(file, file.relative_to(folder))
    return place
