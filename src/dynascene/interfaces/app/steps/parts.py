"""What all steps share."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import gradio as gr

from dynascene.interfaces.app.drafts import Draft
from dynascene.interfaces.app.store import Job

Updates = dict[Any, Any]  # what changes on the page, by component
STAGES = {
    "open": "reading the picture",
    "open person": "reading the clip",
    "check": "checking the choices",
    "subject": "looking for the person",
    "matte": "cutting the person out",
    "track": "following points of the background",
    "tracks": "following points of the background",
    "scale": "telling the scale by the person",
    "prepare": "preparing the background",
    "sample": "sampling the background",
    "look": "matching the light",
    "frames": "rendering frames",
    "sheet": "drawing the contact sheet",
    "sound": "adding the sound",
}


class StepPart(Protocol):
    """One step of the page."""

    def show(self, session: str, draft: Draft) -> Updates:
        """What the step shows of a draft."""
        ...

    @property
    def outputs(self) -> list[Any]:
        """Everything that ``show`` may change."""
        ...


def message_line(elem_id: str) -> gr.HTML:
    """A place for one line, which screen readers tell when it changes."""
    return gr.HTML("", elem_id=elem_id, elem_classes="message")


def status_line(text: str) -> str:
    """A line that tells something."""
    return f'<p role="status">{html.escape(text)}</p>' if text else ""


def complaint(lines: list[str]) -> str:
    """A line that tells what is wrong."""
    return "".join(f'<p role="alert" class="wrong">{html.escape(line)}</p>' for line in lines)


def progress(job: Job | None, before: int, words: Mapping[str, str], for_page: Callable) -> str:
    """How a job stands, as HTML.

    Args:
        job: None: there is none.
        before: how many jobs come before it.
        words: what the page says of a job that is "done", by state.
        for_page: spells messages for the page.
    """
    if job is None:
        return ""
    if job.state == "waiting":
        turn = "it is next" if before == 0 else f"{before} before it"
        return f'<p role="status" data-state="waiting">waiting for its turn ({turn})</p>'
    if job.state == "running":
        stage = STAGES.get(job.stage, job.stage) or "starting"
        left = job.seconds_left(time.time())
        steps = f" {job.step} of {job.total}" if job.total > 1 else ""
        ends = f" · about {_duration(left)} left in this stage" if left is not None else ""
        bar = f'max="{job.total}" value="{job.step}"' if job.total > 1 else ""
        text = html.escape(f"{stage}{steps}{ends}")
        return (
            f'<p data-state="running">{text}</p><progress aria-label="progress" {bar}></progress>'
        )
    if job.state == "failed":
        return complaint([for_page(job.message)])
    text = html.escape(words.get(job.state, job.state))
    return f'<p role="status" data-state="{job.state}">{text}</p>'


def notices(job: Job | None, for_page: Callable[[str], str]) -> str:
    """What a job has told, as HTML."""
    if job is None or not job.notices:
        return ""
    lines = "".join(f"<li>{html.escape(for_page(text))}</li>" for text in job.notices)
    return f'<ul class="notices" aria-label="notices of the run">{lines}</ul>'


def _duration(seconds: float) -> str:
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 90 else f"{round(whole / 60)} min"
