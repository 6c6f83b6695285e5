"""Loading large packages at less cost."""

import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def pause_collector() -> Generator[None]:
    """No garbage collection for the length of a ``with`` block that imports large packages.

    Nearly all that they make while they load lasts, and Python's collector would walk it again with
    every quarter that is added: a fifth of the time that diffusers takes to load. Where packages
    were loaded, it leaves out for good all that is alive then, also what a host program has; what
    is made later is collected as ever.
    """
    was_enabled, count = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > count:  # once for each package: what is frozen is never freed
            gc.freeze()
        if was_enabled:
            gc.enable()
