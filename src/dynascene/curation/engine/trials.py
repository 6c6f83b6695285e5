"""How often a piece of work was begun in a run, and the end of one that takes too long."""

from __future__ import annotations

import faulthandler
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Trials:
    """The attempts at a piece of work: a file, since what ends a process forgets all else.

    run: name of this run; what others noted does not count.
    """

    path: Path
    run: str

    def begin(self) -> int:
        """Note one more, and say how many there are."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{self.run}\n")
        return self._notes().count(f"{self.run}\n")

    @contextmanager
    def limited(self, seconds: float) -> Generator[None]:
        """Meanwhile this process may take ``seconds``; then it notes where it was, and ends.

        Nothing less stops a decoder that hangs: a signal or a thread of Python waits until C
        returns. The watch is a thread of faulthandler's, which needs nothing of Python.
        """
        with self.path.open("a", encoding="utf-8") as file:
            faulthandler.dump_traceback_later(seconds, exit=True, file=file)
            try:
                yield
            finally:
                faulthandler.cancel_dump_traceback_later()

    def overran_at(self) -> str | None:
        """A traceback of where an attempt was when its time was over; None where none was."""
        _, overran, place = self._notes().partition("Timeout (")
        return overran + place if overran else None

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)

    def _notes(self) -> str:
        """Those of this run."""
        _, mine, rest = self.path.read_text(encoding="utf-8", errors="replace").partition(self.run)
        return mine + rest
