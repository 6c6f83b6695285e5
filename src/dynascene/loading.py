"""Loading large packages at less cost."""

import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

IS_OWN_PROCESS: ContextVar[bool] = ContextVar("IS_OWN_PROCESS", default=False)


@contextmanager
def own_process() -> Generator[None]:
    """For the length of a ``with`` block the whole process is a command of ours.

    Then ``pause_collector`` may do what a host program would not like.
    """
    token = IS_OWN_PROCESS.set(True)
    try:
        yield
    finally:
        IS_OWN_PROCESS.reset(token)


@contextmanager
def pause_collector() -> Generator[None]:
    """No garbage collection for the length of a ``with`` block that imports large packages.

    Nearly all that they make while they load lasts, and Python's collector would walk it again with
    every quarter that is added: a fifth of the time that diffusers takes to load. Where packages
    were loaded in a process of our own, all that is alive then is left out of collections for good;
    what is made later is collected as ever. What a host program has made is never touched.
    """
    was_enabled, count = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        # once for each package: what is frozen is never freed
        if IS_OWN_PROCESS.get() and len(sys.modules) > count:
            gc.freeze()
        if was_enabled:
            gc.enable()
