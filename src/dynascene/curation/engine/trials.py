"""Counts the attempts at a piece of work, and ends a process that takes too long."""

from __future__ import annotations

import faulthandler
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Trials:
    """The attempts at a piece of work, noted in a file that outlives a crashed process.

    Attributes:
        path: of the file.
        run: name of this run; notes of other runs are ignored.
    """

    path: Path
    run: str

    def begin(self) -> int:
        """Note one more attempt, and return how many there are."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{self.run}\n")
        return self._notes().count(f"{self.run}\n")

    @contextmanager
    def limited(self, seconds: float) -> Generator[None]:
        """Within the ``with`` block, note a traceback and end this process after ``seconds``.

        Only this stops a decoder that hangs: Python's signals and threads wait until C code
        returns. faulthandler's watchdog thread does not need the interpreter.
        """
        with self.path.open("a", encoding="utf-8") as file:
            faulthandler.dump_traceback_later(seconds, exit=True, file=file)
            try:
                yield
            finally:
                faulthandler.cancel_dump_traceback_later()

    def overran_at(self) -> str | None:
        """The traceback of an attempt that took too long; None where none did."""
        _, overran, place = self._notes().partition("Timeout (")
        return overran + place if overran else None

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)

    def _notes(self) -> str:
        """The notes of this run."""
        _, mine, rest = self.path.read_text(encoding="utf-8", errors="replace").partition(self.run)
        return mine + rest
