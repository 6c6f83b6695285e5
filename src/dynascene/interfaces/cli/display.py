"""Shows a job on the terminal."""

import json
import logging
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dynascene.display import Display, Quiet
from dynascene.interfaces.cli.options import spell_options


class Terminal:
    """Progress bars and notices on standard error, so that standard output stays clean.

    Doubts stand out from the other notices.
    """

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
        # elsewhere than on a terminal it could only leave an empty line behind
        progress = Progress(
            *columns,
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        with progress:
            task = progress.add_task(name, total=total if total > 1 else None)
            yield lambda: progress.advance(task)

    def notice(self, text: str) -> None:
        self._print(text, "dim")

    def doubt(self, text: str) -> None:
        self._print(text, "yellow")

    def _print(self, text: str, style: str) -> None:
        self.console.print(spell_options(text), markup=False, soft_wrap=True, style=style)


def open_display(quiet: bool) -> Display:
    """The terminal; with ``quiet`` neither bars nor notices, and no warnings of readers."""
    if quiet:
        for handler in logging.getLogger().handlers:
            if type(handler) is logging.StreamHandler:  # ours; the report's goes on
                handler.setLevel(logging.ERROR)
        return Quiet()
    return Terminal()


def say_result(text: str, values: Callable[[], Mapping[str, object]], as_json: bool) -> None:
    """The result of a command, on standard output.

    Args:
        text: for people.
        values: for programs: paths, the report; ``as_json`` prints them in one document.
    """
    say(json.dumps(values(), indent=1, default=str, ensure_ascii=False) if as_json else text)


def read_report(path: Path) -> object:
    """A report as its file has it."""
    return json.loads(path.read_text(encoding="utf-8"))


def say(text: str) -> None:
    """A result, on standard output."""
    print(text, file=sys.stdout)
