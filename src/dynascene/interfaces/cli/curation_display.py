"""Shows a curation run: a table that renews itself, or plain lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

from dynascene.curation.engine.progress import RunProgress, call_repeatedly
from dynascene.interfaces.cli.options import spell_options

BETWEEN_LINES = 30.0  # seconds
A_SECOND = 2  # renewals of the table


class RunDisplay:
    """On standard error, so that standard output stays clean."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)

    @contextmanager
    def watching(self, progress: RunProgress) -> Generator[None]:
        """See ``Watcher``."""
        if self.console.is_terminal:
            with Live(
                get_renderable=lambda: table(progress),
                console=self.console,
                refresh_per_second=A_SECOND,
                transient=True,
            ):
                yield
        else:
            with call_repeatedly(BETWEEN_LINES, lambda: self.notice(line(progress))):
                yield
        self.console.print(table(progress))

    def notice(self, text: str) -> None:
        self.console.print(spell_options(text), markup=False, soft_wrap=True)


def table(progress: RunProgress) -> Table:
    """A row for each stage: clips in, kept and dropped, found finished, clips a minute."""
    rows = Table(caption=f"time left: {time_left(progress)}", caption_justify="left")
    rows.add_column("stage")
    for heading in ("in", "of about", "kept", "dropped", "found", "a minute"):
        rows.add_column(heading, justify="right")
    expected = progress.expected()
    for count in progress.counts.values():
        numbers = (
            count.clips_in,
            round(expected[count.name]),
            count.clips_kept,
            count.clips_dropped,
            count.reused,
        )
        rows.add_row(count.name, *map(str, numbers), f"{progress.rate(count.name):.1f}")
    return rows


def line(progress: RunProgress) -> str:
    """The same in one line."""
    expected = progress.expected()
    stages = (
        f"{c.name} {c.clips_in}/{round(expected[c.name])} (-{c.clips_dropped})"
        for c in progress.counts.values()
    )
    return f"{' · '.join(stages)} · left {time_left(progress)}"


def time_left(progress: RunProgress) -> str:
    """ "2:03:20", or "?" while it cannot be told."""
    seconds = progress.seconds_left()
    if seconds is None:
        return "?"
    minutes, second = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{second:02}"
