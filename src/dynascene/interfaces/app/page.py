"""The page: five steps, and what happens on its events."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from dynascene.errors import InputError
from dynascene.interfaces.app.desk import Desk
from dynascene.interfaces.app.sessions import is_session, new_session
from dynascene.interfaces.app.steps.camera import CameraStep
from dynascene.interfaces.app.steps.clip import ClipStep
from dynascene.interfaces.app.steps.matte import MatteStep
from dynascene.interfaces.app.steps.parts import StepPart, Updates
from dynascene.interfaces.app.steps.place import PlaceStep
from dynascene.interfaces.app.steps.render import RenderStep
from dynascene.interfaces.app.store import Kind

STEPS = ("Clip", "Matte", "Camera", "Place", "Render")
SECONDS = 1.0  # between two looks at the jobs
# Choices for a cut-out and its beginning are handled one after another; none is dropped.
MATTE_TURN: dict[str, Any] = {"concurrency_id": "matte", "concurrency_limit": 1}
IN_TURN: dict[str, Any] = MATTE_TURN | {"trigger_mode": "multiple"}
# The horizon and the standing point, too; of several moves the last one counts.
PLACE_TURN: dict[str, Any] = {
    "concurrency_id": "place", "concurrency_limit": 1, "trigger_mode": "always_last"
}  # fmt: skip
STYLE = Path(__file__).parent / "page.css"
TITLE = """
<header>
<h1>dynascene</h1><p>A filmed person, a picture of a place, a camera: one video.</p>
</header>
"""


class Page:
    """Builds the page and connects its events with the steps."""

    def __init__(self, desk: Desk, secret: str) -> None:
        self.desk = desk
        with gr.Blocks(title="dynascene", analytics_enabled=False, fill_width=True) as self.blocks:
            self.session = gr.BrowserState(storage_key="dynascene-session", secret=secret)
            self.seen = gr.State({})  # states of jobs that the page shows already
            self.timer = gr.Timer(SECONDS, active=False)
            gr.HTML(TITLE)
            with gr.Tabs(selected=0, overflow_behavior="wrap", elem_id="steps") as self.steps:
                with gr.Tab(STEPS[0], id=0):
                    self.clip = ClipStep(desk)
                    self._onward(0)
                with gr.Tab(STEPS[1], id=1):
                    self.matte = MatteStep(desk)
                    self._onward(1)
                with gr.Tab(STEPS[2], id=2):
                    self.camera = CameraStep(desk)
                    self._onward(2)
                with gr.Tab(STEPS[3], id=3):
                    self.place = PlaceStep(desk)
                    self._onward(3)
                with gr.Tab(STEPS[4], id=4):
                    self.render = RenderStep(desk)
                    self.again = gr.Button("Start over: remove everything of mine", elem_id="again")
            self._wire()

    @property
    def parts(self) -> tuple[StepPart, ...]:
        """The steps in their order."""
        return self.clip, self.matte, self.camera, self.place, self.render

    @property
    def everything(self) -> list[Any]:
        """What ``show`` and ``tell`` of all steps may change."""
        return [component for part in self.parts for component in part.outputs]

    def _onward(self, number: int) -> None:
        name = STEPS[number + 1]
        button = gr.Button(f"On to {name}", variant="secondary", elem_id=f"to-{name.lower()}")
        button.click(lambda: gr.Tabs(selected=number + 1), outputs=self.steps)

    # ---- what happens

    def _wire(self) -> None:
        self.blocks.load(
            self._enter, self.session, [self.session, self.seen, self.timer, *self.everything]
        )
        self.timer.tick(
            self._tick, [self.session, self.seen], [self.seen, self.timer, *self.everything],
            show_progress="hidden", concurrency_limit=None,
        )  # fmt: skip
        self._wire_clip()
        self._wire_matte()
        self._wire_camera()
        self._wire_place()
        self._wire_render()

    def _on(
        self, event: Any, method: Callable[..., Any], inputs: Sequence[Any] = (),
        outputs: Sequence[Any] = (), **options: Any,
    ) -> Any:  # fmt: skip
        """Connect an event: the session comes first, and what an event has to tell comes last."""
        return event(
            _checked(method), [self.session, *inputs], list(outputs), show_progress="hidden",
            **options,
        )  # fmt: skip

    def _wire_clip(self) -> None:
        step = self.clip
        outputs = [*step.outputs, step.message, step.upload]
        chosen = (
            self._on(step.upload.upload, step.take, [step.upload], outputs),
            self._on(step.example.click, step.take_example, (), outputs),
            self._on(step.first.submit, step.choose_frames, [step.first, step.last], outputs),
            self._on(step.last.submit, step.choose_frames, [step.first, step.last], outputs),
            self._on(step.first.blur, step.choose_frames, [step.first, step.last], outputs),
            self._on(step.last.blur, step.choose_frames, [step.first, step.last], outputs),
        )
        for event in chosen:
            self._show_all_after(event)
        self._on(step.picture.select, step.click, (), outputs)
        self._on(step.who.submit, step.name, [step.who], outputs)
        self._on(step.who.blur, step.name, [step.who], outputs)

    def _show_all_after(self, event: Any) -> None:
        others = [component for part in self.parts[1:] for component in part.outputs]
        self._on(event.then, self._show_others, (), others)

    def _wire_matte(self) -> None:
        step = self.matte
        shown_of_job = [step.status, step.notices, step.start, step.stop, step.message]
        begun = self._on(step.start.click, step.cut_out, [step.hints], shown_of_job,
                         **MATTE_TURN)  # fmt: skip
        begun.then(_awake, outputs=self.timer)
        self._on(step.stop.click, step.end, (), shown_of_job)
        shown = [*step.outputs, step.message, step.given]
        self._on(step.given.upload, step.take, [step.given], shown)
        self._on(step.backend.input, step.choose_backend, [step.backend], **IN_TURN)
        self._on(step.things.input, step.choose_things, [step.things], **IN_TURN)
        for slider in (step.shrink, step.feather):
            self._on(slider.input, step.move_outline, [step.shrink, step.feather])
        pointed = [step.picture, step.hints, step.hints_base, step.message]
        self._on(step.number.input, step.turn_to, [step.number], [step.picture],
                 trigger_mode="always_last", **MATTE_TURN)  # fmt: skip
        self._on(step.tool.input, step.choose_tool, [step.tool], [step.picture])
        self._on(step.picture.select, step.click, [step.number, step.sense], pointed, **IN_TURN)
        self._on(step.picture.release, step.brush, [step.number, step.sense], pointed, **IN_TURN)
        self._on(step.hints.blur, step.write_hints, [step.hints, step.hints_base, step.number],
                 pointed, trigger_mode="always_last", **MATTE_TURN)  # fmt: skip

    def _wire_camera(self) -> None:
        step = self.camera
        shown_of_job = [step.status, step.notices, step.start, step.stop, step.message]
        shown = [*step.outputs, step.message, step.upload]
        begun = self._on(step.start.click, step.begin, (), shown_of_job)
        begun.then(_awake, outputs=self.timer)
        self._on(step.stop.click, step.end, (), shown_of_job)
        self._on(step.source.input, step.choose, [step.source], shown)
        self._on(step.move.input, step.choose_move, [step.move], shown)
        for part in (step.amount, step.easing):
            self._on(part.input, step.set_move, [step.move, step.amount, step.easing], shown,
                     trigger_mode="always_last")  # fmt: skip
        self._on(step.use.click, step.use_keyframes, [step.table], shown)
        self._on(step.upload.upload, step.take, [step.upload], shown)
        self._on(step.height.blur, step.set_height, [step.height], shown)

    def _wire_place(self) -> None:
        step = self.place
        shown = [*step.outputs, step.message, step.written, step.upload]
        horizon = [step.horizon_by_hand, step.horizon, step.picture]
        changed = [
            self._on(step.upload.upload, step.take, [step.upload], shown),
            self._on(step.example.click, step.take_example, (), shown),
            self._on(step.picture.select, step.click, (), [step.stand, step.picture],
                     **PLACE_TURN),
            self._on(step.stand.blur, step.write_stand, [step.stand],
                     [step.picture, step.written], **PLACE_TURN),
            self._on(step.upright.blur, step.write_upright, [step.upright],
                     [step.picture, step.written], **PLACE_TURN),
            self._on(step.picture.edit, step.draw_box, (),
                     [step.upright, step.picture, step.written], **PLACE_TURN),
            self._on(step.picture.release, step.let_go, (), horizon, **PLACE_TURN),
            self._on(step.horizon.input, step.set_horizon, [step.horizon], horizon, **PLACE_TURN),
            self._on(step.horizon_by_hand.input, step.choose_horizon,
                     [step.horizon_by_hand, step.horizon], [step.picture], **PLACE_TURN),
            *(
                self._on(moved(part), step.choose, step.choices, [step.message],
                         trigger_mode="always_last")
                for part in step.choices
            ),
        ]  # fmt: skip
        previewed = [step.preview, step.picture, step.horizon, step.message]
        for event in changed:
            event.then(
                _checked(step.refresh), [self.session, step.moment], previewed,
                show_progress="minimal", show_progress_on=step.preview, concurrency_limit=2,
                concurrency_id="preview",
            )  # fmt: skip
        for event in (step.moment.release, self.steps.change):
            self._on(event, step.refresh, [step.moment], previewed, concurrency_id="preview",
                     trigger_mode="always_last")  # fmt: skip

    def _wire_render(self) -> None:
        step = self.render
        shown_of_job = [step.status, step.notices, step.start, step.stop, step.message]
        begun = self._on(step.start.click, step.render, step.choices, [step.prompt, *shown_of_job])
        begun.then(_awake, outputs=self.timer)
        self._on(step.stop.click, step.end, (), shown_of_job)
        for part in step.choices:
            self._on(moved(part), step.choose, step.choices, [step.prompt])
        self._on(step.moment.input, step.compare, [step.moment], [step.compared],
                 trigger_mode="always_last")  # fmt: skip
        self._on(self.again.click, self._start_over, (), [self.steps, *self.everything])

    # ---- events of the whole page

    def _enter(self, session: Any) -> Updates:
        """The page was loaded, for the first time or again."""
        session = session if is_session(session) else new_session()
        updates = self._show_all(session)
        active, seen = self._states(session)
        return updates | {
            self.session: session,
            self.seen: seen,
            self.timer: gr.Timer(active=active),
        }

    def _show_all(self, session: str) -> Updates:
        draft = self.desk.store.draft(session)
        updates: Updates = {}
        for part in self.parts:
            with self.desk.complaints():  # a file that is gone must not keep the page from loading
                updates |= part.show(session, draft)
        return updates | self._tell_all(session)

    def _show_others(self, session: str) -> Updates:
        own = set(self.clip.outputs)
        return {k: v for k, v in self._show_all(session).items() if k not in own}

    def _tell_all(self, session: str) -> Updates:
        return self.matte.tell(session) | self.camera.tell(session) | self.render.tell(session)

    def _states(self, session: str) -> tuple[bool, dict[str, str]]:
        """Whether a job is active, and how the newest of each kind stands."""
        kinds: tuple[Kind, ...] = ("matte", "track", "render")
        jobs = {kind: self.desk.store.last_job(session, kind) for kind in kinds}
        states: dict[str, str] = {
            kind: f"{job.id} {job.state}" for kind, job in jobs.items() if job is not None
        }
        return any(job is not None and job.is_active for job in jobs.values()), states

    def _tick(self, session: Any, seen: dict[str, str]) -> Updates:
        """Look at the jobs again; what has been finished is shown."""
        if not is_session(session):
            return {self.timer: gr.Timer(active=False)}
        active, states = self._states(session)
        updates = self._tell_all(session)
        draft = self.desk.store.draft(session)
        shown_by = {"matte": self.matte, "track": self.camera, "render": self.render}
        for kind, part in shown_by.items():
            if states.get(kind) != seen.get(kind) and states.get(kind, "").endswith("done"):
                updates = part.show(session, draft) | updates
        return updates | {self.seen: states, self.timer: gr.Timer(active=active)}

    def _start_over(self, session: str) -> Updates:
        """Everything of this session goes."""
        self.desk.forget(session)
        return self._show_all(session) | {self.steps: gr.Tabs(selected=0)}


def _awake() -> gr.Timer:
    return gr.Timer(active=True)


def moved(part: Any) -> Any:
    """The event of a component that somebody changed by hand."""
    return part.blur if isinstance(part, gr.Textbox) else part.input


def _checked(method: Callable[..., Any]) -> Callable[..., Any]:
    """The same method for the page: a page of no session is asked to load again."""
    if "event" in inspect.signature(method).parameters:

        def with_event(event: gr.EventData, session: Any, *values: Any) -> Any:
            return _called(method, _checked_session(session), *values, event)

        return with_event
    return lambda session, *values: _called(method, _checked_session(session), *values)


def _checked_session(session: Any) -> str:
    """The session, where the page has one."""
    if not is_session(session):
        raise gr.Error("load the page again: it has lost its session")
    return session


def _called(method: Callable[..., Any], *values: Any) -> Any:
    try:
        answer = method(*values)
    except InputError as error:
        raise gr.Error(str(error), title="This cannot be done") from None
    return gr.skip() if answer == {} else answer
