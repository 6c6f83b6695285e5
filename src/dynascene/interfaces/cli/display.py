"""Shows a job on the terminal."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dynascene.interfaces.cli.options import spell_options


class Terminal:
    """Progress bars and notices on standard error, so that standard output stays clean."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)

    @contextmanager
    def stage(self, name: str, total: int) -> Generator[Callable[[], None]]:
        columns = (
            TextColumn("{task.description:<8}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(name, total=total if total > 1 else None)
            yield lambda: progress.advance(task)

    def notice(self, text: str) -> None:
        self.console.print(spell_options(text), markup=False, soft_wrap=True, style="dim")


def say(text: str) -> None:
    """A result, on standard output."""
    print(text, file=sys.stdout)
