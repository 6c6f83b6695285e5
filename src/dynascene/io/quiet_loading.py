"""Silence of the libraries that load networks."""

from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Literal

Library = Literal["diffusers", "transformers"]


@contextmanager
def quiet_loading(*libraries: Library) -> Generator[None]:
    """No warnings and bars of libraries for the length of a ``with`` block.

    What matters of the weights is for the caller to check. Afterwards they speak as before.
    """
    before: list[tuple[Any, int, bool]] = []
    for name in libraries:
        logging = import_module(f"{name}.utils.logging")
        before.append((logging, logging.get_verbosity(), logging.is_progress_bar_enabled()))
        logging.set_verbosity_error()
        logging.disable_progress_bar()
    try:
        yield
    finally:
        for logging, level, has_bars in before:
            logging.set_verbosity(level)
            if has_bars:
                logging.enable_progress_bar()
