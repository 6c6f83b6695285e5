"""The log of a job: its stages with time and memory, and its notices."""

import logging
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from dynascene.display import Display, Quiet
from dynascene.memory import give_back_memory

try:
    import resource
except ImportError:  # Windows
    resource = None


@dataclass
class Log:
    """Records the stages and the notices of a job, while a Display shows them.

    Attributes:
        display: shows stages and notices to a person.
        stages: name, seconds and peak memory of each finished stage.
        notices: all texts so far.
        doubts: those of the notices that are doubts, see ``Display``.
        networks: sha256 of the estimators' weights, by name of the network.
    """

    display: Display = field(default_factory=Quiet)
    stages: list[dict[str, str | float]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    networks: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, total: int = 1) -> Generator[Callable[[], None]]:
        """Time a stage of ``total`` steps; yields a function to call after each of them."""
        start = time.perf_counter()
        give_back_memory()  # what earlier stages have freed would count in this one's peak
        _forget_peak()
        with self.display.stage(name, total) as step:
            yield step
        self.stages.append(
            {
                "stage": name,
                "seconds": round(time.perf_counter() - start, 3),
                "peak_memory_mib": peak_memory_mib(),
            }
        )

    def notice(self, text: str) -> None:
        """Show a text to the user, and record it; once, though a place may be lifted again."""
        if text not in self.notices:
            self.notices.append(text)
            self.display.notice(text)

    def doubt(self, text: str) -> None:
        """The same for a doubt."""
        if text not in self.notices:
            self.notices.append(text)
            self.doubts.append(text)
            self.display.doubt(text)


def _forget_peak() -> None:
    """Reset the peak of memory, where the system can (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory_mib() -> float:
    """The peak memory of this process in MiB; on Linux since ``_forget_peak``."""
    with suppress(OSError):
        status = Path("/proc/self/status").read_text()
        return round(int(status.split("VmHWM:")[1].split()[0]) / 1024, 1)
    if resource is None:
        import psutil

        return round(psutil.Process().memory_info().peak_wset / 2**20, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


class _Recorder(logging.Handler):
    def __init__(self, notices: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.notices = notices

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text not in self.notices:
            self.notices.append(text)


@contextmanager
def notices_of_reading(log: Log) -> Generator[None]:
    """Meanwhile what readers of files warn of is among the notices, besides being logged."""
    readers, recorder = logging.getLogger("dynascene.io"), _Recorder(log.notices)
    readers.addHandler(recorder)
    try:
        yield
    finally:
        readers.removeHandler(recorder)
