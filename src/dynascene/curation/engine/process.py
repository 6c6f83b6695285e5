"""A process that does steps for this one, and is replaced where a clip takes it down."""

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
    """A process with nothing but the steps' code, which keeps the models that they loaded.

    It is started when it is first needed, and ends when it is told to, or with this process.
    """

    def __init__(self) -> None:
        # not forked: a copy of a process with threads is no sound one
        self._context = multiprocessing.get_context("spawn")
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: connection.Connection | None = None

    def run(self, step: Step, item: Item) -> StepResult:
        """``step(item)``, done there. Raises InputError where the step does, or where it takes down
        every process that is started for the clip."""
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
        """Stop it, whatever it is at."""
        if self._process is not None and self._pipe is not None:
            self._process.kill()  # what it was at is not kept before it is whole
            self._process.join()
            self._pipe.close()
        self._process = self._pipe = None


def _serve(pipe: connection.Connection) -> None:
    """What the process does: a step on a clip, whenever it is asked to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that asks
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, ConnectionError):  # nobody is there any more
        while True:
            step, item = pipe.recv()
            try:
                answer: StepResult | Exception = step(item)
            except Exception as error:  # whatever it is, it belongs where it was asked for
                answer = error
            pipe.send(answer)


def _end_with_parent() -> None:
    """A killed run must not go on in the folder of the one that takes its place."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)
