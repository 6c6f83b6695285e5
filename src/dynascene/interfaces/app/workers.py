"""Runs jobs one after another, each in a process of its own that can be stopped."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from dynascene.interfaces.app.store import Job, JobStore, State

COMMAND = [sys.executable, "-m", "dynascene.interfaces.app.work"]
PATIENCE = 30.0  # seconds that a job may take to clean up before it is killed
LOOK_AGAIN = 5.0  # seconds after which a worker looks for jobs that nobody told of
log = logging.getLogger(__name__)


class Workers:
    """Takes jobs from a store until it is closed.

    Attributes:
        store: of the jobs.
        folder: where each job has a folder of its own.
        at_once: how many jobs run side by side.
    """

    def __init__(self, store: JobStore, folder: Path, at_once: int = 1) -> None:
        self.store, self.folder = store, folder
        self._wake, self._closing = threading.Condition(), False
        self._running: dict[int, subprocess.Popen[str]] = {}
        self._cancelled: set[int] = set()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(at_once)]

    def start(self) -> None:
        """Begin, with what an earlier server left unfinished."""
        self.store.recover()
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """A job was added."""
        with self._wake:
            self._wake.notify_all()

    def cancel(self, number: int) -> None:
        """Stop a job, or take it out of the queue; nothing of it stays."""
        if self.store.cancel_waiting(number) or not self.store.job(number).is_active:
            return
        with self._wake:
            self._cancelled.add(number)
            process = self._running.get(number)
        if process is not None:
            _stop(process)

    def close(self) -> None:
        """Stop everything; what runs waits for the next server."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
            running = list(self._running.values())
        for process in running:
            _stop(process)
        for thread in self._threads:
            thread.join(PATIENCE)

    def result_folder(self, job: Job) -> Path:
        """Where the results of a job lie when it is done."""
        return self.folder / job.session / f"{job.kind}-{job.id}" / "result"

    def _work(self) -> None:
        while True:
            with self._wake:
                if self._closing:
                    return
                job = self.store.take()
                if job is None:
                    self._wake.wait(LOOK_AGAIN)
                    continue
            try:
                self._run(job)
            except Exception:
                log.exception("job %d", job.id)
                self.store.finish(job.id, "failed", "a defect of the app stopped it; see its log")

    def _run(self, job: Job) -> None:
        out = self.result_folder(job)
        shutil.rmtree(out.parent, ignore_errors=True)  # of a start that was killed
        out.parent.mkdir(parents=True)
        with (out.parent / "log.txt").open("w", encoding="utf-8") as errors:
            process = subprocess.Popen(
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C is the server's, which then stops its jobs
            )
            with self._wake:
                self._running[job.id] = process
                is_late = self._closing or job.id in self._cancelled
            if is_late:
                _stop(process)
            try:
                end = self._follow(job, process, out)
            finally:
                with self._wake:
                    del self._running[job.id]
        self._finish(job, end, out)

    def _follow(self, job: Job, process: subprocess.Popen[str], out: Path) -> dict[str, Any]:
        """Give the process its order and note what it tells; how it ended."""
        assert process.stdin is not None
        assert process.stdout is not None
        order = {"kind": job.kind, "draft": json.loads(job.draft.json()), "out": str(out)}
        end: dict[str, Any] = {}
        with suppress(BrokenPipeError):  # it was stopped at once
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()  # and stays open: its end tells that the server is gone
        for line in process.stdout:
            event = json.loads(line)
            if "stage" in event:
                self.store.begin_stage(job.id, event["stage"], event["total"])
            elif "step" in event:
                self.store.set_step(job.id, event["step"])
            elif "notice" in event:
                self.store.add_notice(job.id, event["notice"])
            else:
                end = event
        process.wait()
        process.stdout.close()
        with suppress(BrokenPipeError):
            process.stdin.close()
        return end

    def _finish(self, job: Job, end: dict[str, Any], out: Path) -> None:
        with self._wake:
            is_cancelled, is_closing = job.id in self._cancelled, self._closing
            self._cancelled.discard(job.id)
        if end.get("end") == "done":
            is_same_clip = self.store.draft(job.session).clip == job.draft.clip
            self.store.finish(job.id, "done", changes=end["changes"] if is_same_clip else None)
            return
        if is_cancelled or is_closing or "end" in end:
            shutil.rmtree(out.parent, ignore_errors=True)
        if is_cancelled:
            self.store.finish(job.id, "cancelled")
        elif is_closing:
            self.store.requeue(job.id)
        elif "end" in end:
            state: State = "failed" if end["end"] == "failed" else "cancelled"
            self.store.finish(job.id, state, end["message"])
        else:
            self.store.finish(job.id, "failed", f"it broke off; see {out.parent / 'log.txt'}")


def _stop(process: subprocess.Popen[str]) -> None:
    """Ask a process to end, and end it where it does not in time."""
    process.terminate()

    def kill() -> None:
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()

    threading.Thread(target=kill, daemon=True).start()
