"""SIGTERM, as job schedulers and servers send it, met like Ctrl-C."""

import contextlib
import os
import signal
import threading
from collections.abc import Generator

TERMINATED = 143  # the exit code


class Terminated(BaseException):
    """SIGTERM has come: to be cleaned up after like Ctrl-C."""


@contextlib.contextmanager
def sigterm_raises() -> Generator[None]:
    """Meanwhile SIGTERM raises Terminated, so that nothing half done is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say how signals are met
        return
    process = os.getpid()

    def end(*_: object) -> None:
        if os.getpid() != process:  # a forked worker: nothing here is its to clean up
            os._exit(TERMINATED)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not stop the cleaning
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
