"""What the benchmarks of speed share: a clip to measure on, costs by stage, tables with hardware.

Costs are CPU seconds, user and system, of all threads: on a machine that others keep busy a clock
says little.
"""

import os
import platform
import resource
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from dynascene.display import Quiet
from dynascene.generation.demo import write_demo_shot
from dynascene.io.video_writing import H264Writer
from dynascene.types import Size

RESULTS = Path(__file__).parent / "results"
RATE, KEYFRAMES = 30, 30  # of a phone's clip
LOOK_EVERY = 0.02  # seconds


class ChildCost(NamedTuple):
    """What a process took: CPU and wall seconds, and its peak memory in MB."""

    cpu: float
    wall: float
    peak: float
    output: str


@dataclass
class StageCosts(Quiet):
    """A Display that counts the CPU seconds of each stage; the innermost stage takes them.

    Attributes:
        seconds: by name of the stage; "besides": outside all stages.
    """

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    open_stages: list[str] = field(default_factory=lambda: ["besides"])
    since: float = field(default_factory=time.process_time)

    @contextmanager
    def stage(self, name: str, total: int) -> Generator[Callable[[], None]]:
        """As ``Display.stage``."""
        self.settle()
        self.open_stages.append(name)
        try:
            yield lambda: None
        finally:
            self.settle()
            self.open_stages.pop()

    def settle(self) -> None:
        """Give what was spent until now to the stage that is open."""
        now = time.process_time()
        self.seconds[self.open_stages[-1]] += now - self.since
        self.since = now


def phone_clip(path: Path, filmed: Path | None, frames: int, size: Size) -> Path:
    """Write a clip of so many frames, scaled to ``size``, H.264 with a keyframe a second.

    filmed: a clip, shown forwards and backwards in turn; None: the demonstration's rendered walk.
    """
    if filmed is None:
        filmed = write_demo_shot(path.parent)[0]
    with av.open(str(filmed)) as container:
        shown = [frame for _, frame in zip(range(frames), container.decode(video=0), strict=False)]
    there_and_back = [*shown, *shown[-2:0:-1]]
    with H264Writer(path, size, Fraction(RATE), "high", None, KEYFRAMES) as writer:
        for index in range(frames):
            frame = there_and_back[index % len(there_and_back)]
            scaled = frame.reformat(*size, format="rgb24", interpolation="BICUBIC")
            writer.write(np.ascontiguousarray(scaled.to_ndarray()))
    return path


def decoding_seconds(path: Path) -> float:
    """CPU seconds of decoding a clip with PyAV in one thread, without converting its colours."""
    begin = time.process_time()
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "NONE"
        for _ in container.decode(video=0):
            pass
    return time.process_time() - begin


def run_child(arguments: Sequence[str]) -> ChildCost:
    """Run this Python with ``arguments``; what it took, its own children included.

    On Linux the peak is watched from outside: what the system counts at the end begins with the
    memory of this process, and forgets what came before a stage that resets it (jobs/log.py).

    Raises:
        RuntimeError: it failed; the message ends as its output did.
    """
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        with watched_peak(process.pid) as peak:
            output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed: {output[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    megabytes = peak.value or usage.ru_maxrss * 1.024 / 1e3
    return ChildCost(cpu, time.perf_counter() - begin, megabytes, output)


@dataclass
class Peak:
    """The most memory of a process so far, in MB; 0: not known."""

    value: float = 0.0


@contextmanager
def watched_peak(process: int) -> Generator[Peak]:
    """Meanwhile, on Linux, look at the most memory of a process every few milliseconds."""
    peak, done = Peak(), threading.Event()
    status = Path(f"/proc/{process}/status")

    def watch() -> None:
        while not done.wait(LOOK_EVERY):
            with suppress(OSError, IndexError):  # no such place, or the process has ended
                kilobytes = int(status.read_text().split("VmHWM:")[1].split()[0])
                peak.value = max(peak.value, kilobytes * 1.024 / 1e3)

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield peak
        finally:
            done.set()
            watching.result()


def hardware() -> str:
    """The processor and its cores, the system and the date, in one line."""
    name, info = platform.processor() or platform.machine(), Path("/proc/cpuinfo")
    if info.exists():
        lines = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        name = lines[0].split(":")[1].strip() if lines else name
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    day = datetime.now(timezone.utc).date()
    return f"{name}, {cores} cores, {platform.system()}, Python {platform.python_version()}, {day}"


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def write_result(name: str, command: str, text: str) -> None:
    """Print a result, and write it as ``results/NAME.md`` with the command and the hardware."""
    RESULTS.mkdir(exist_ok=True)
    page = f"`{command}`, {hardware()}\n\n{text}"
    (RESULTS / f"{name}.md").write_text(page, encoding="utf-8")
    print(page, flush=True)
