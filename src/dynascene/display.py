"""What a job shows to a person while it runs."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Display(Protocol):
    """Shows a job to a person. ``stage`` gives a function to call after each of ``total`` steps.

    A notice is a fact. A doubt is about the result: it says what may be wrong, and what mends it.
    """

    def stage(self, name: str, total: int) -> AbstractContextManager[Callable[[], None]]: ...

    def notice(self, text: str) -> None: ...

    def doubt(self, text: str) -> None: ...


class Quiet:
    """Shows nothing. Whoever shows notices alone shows doubts among them."""

    @contextmanager
    def stage(self, name: str, total: int) -> Generator[Callable[[], None]]:
        yield lambda: None

    def notice(self, text: str) -> None:
        pass

    def doubt(self, text: str) -> None:
        self.notice(text)
