"""A child process that runs steps, and is replaced when a clip makes it crash."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from multiprocessing import connection

from dynascene.curation.engine.step import Step, StepResult
from dynascene.curation.engine.store import Item
from dynascene.errors import InputError

STARTS = 4  # for one clip: more than any step lets it take down


class WorkProcess:
    """A child process that runs steps and keeps the models that they load.

    It starts with the first step, and ends at ``end()`` or with the parent process.
    """

    def __init__(self) -> None:
        # not forked: forking a process with threads is unsafe
        self._context = multiprocessing.get_context("spawn")
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: connection.Connection | None = None

    def run(self, step: Step, item: Item) -> StepResult:
        """Run ``step(item)`` in the child process.

        Raises:
            InputError: the step raised it, or every process started for this clip crashed.
        """
        for _ in range(STARTS):
            try:
                answer = self._request(step, item)
            except (EOFError, ConnectionError):
                self.end()
                continue
            if isinstance(answer, Exception):
                raise answer
            return answer
        raise InputError(f"{item.clip.source.location}: takes down every process in {step.name}")

    def _request(self, step: Step, item: Item) -> StepResult | Exception:
        pipe = self._pipe or self._start()
        pipe.send((step, item))
        return pipe.recv()

    def _start(self) -> connection.Connection:
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        return self._pipe

    def end(self) -> None:
        """Stop the process, even in the middle of a step."""
        if self._process is not None and self._pipe is not None:
            self._process.kill()  # results are stored whole, so nothing half done stays
            self._process.join()
            self._pipe.close()
        self._process = self._pipe = None


def _serve(pipe: connection.Connection) -> None:
    """The child's main loop: run each step that arrives and send its result back."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, ConnectionError):  # the parent has ended
        while True:
            step, item = pipe.recv()
            try:
                answer: StepResult | Exception = step(item)
            except Exception as error:  # any error is raised again in the parent
                answer = error
            pipe.send(answer)


def _end_with_parent() -> None:
    """End this process when its parent dies, so that it does not write beside the next run."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)
