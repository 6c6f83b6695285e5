"""What the steps share that start a job: how it stands, its beginning and its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import gradio as gr

from dynascene.interfaces.app.desk import Desk
from dynascene.interfaces.app.steps.parts import Updates, complaint, notices, progress
from dynascene.interfaces.app.store import Kind


class JobStep:
    """A step whose work is a job.

    Attributes:
        job_kind: of its jobs.
        endings: what the page says of a job that has ended, by state.
        start, stop: the buttons that begin and end it.
        status, notices, message: how it stands, what it has told, and what is wrong.
    """

    job_kind: ClassVar[Kind]
    endings: ClassVar[Mapping[str, str]]
    desk: Desk
    start: gr.Button
    stop: gr.Button
    status: gr.HTML
    notices: gr.HTML
    message: gr.HTML

    def tell(self, session: str) -> Updates:
        """How the job stands."""
        store = self.desk.store
        job = store.last_job(session, self.job_kind)
        before = store.jobs_before(job.id) if job and job.state == "waiting" else 0
        is_active = job is not None and job.is_active
        return {
            self.status: progress(job, before, self.endings, self.desk.for_page),
            self.notices: notices(job, self.desk.for_page),
            self.start: gr.update(interactive=not is_active),
            self.stop: gr.update(interactive=is_active),
        }

    def begin(self, session: str) -> Updates:
        """The job is to be done."""
        with self.desk.complaints() as wrong:
            self.desk.start(session, self.job_kind)
        return self.tell(session) | {self.message: complaint(wrong)}

    def end(self, session: str) -> Updates:
        """The job is to be stopped."""
        self.desk.cancel(session, self.job_kind)
        return self.tell(session)
