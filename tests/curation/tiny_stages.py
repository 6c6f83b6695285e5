"""Stages that need no video: a "video" is a text file of the lengths of its shots in frames."""

import ctypes
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dynascene.curation.clip import Clip, Source
from dynascene.curation.engine.process import WorkProcess
from dynascene.curation.engine.step import Step, StepResult
from dynascene.curation.engine.store import Item
from dynascene.curation.pipeline import Plan
from dynascene.errors import MissingWeights

PATIENCE = 120  # seconds to wait for what surely happens: the machine may be busy


class SameProcess(WorkProcess):
    """Does the steps here, for tests that are not about processes: one takes a while to start."""

    def run(self, step: Step, item: Item) -> StepResult:
        return step(item)


@dataclass(frozen=True)
class Tiny:
    """What the stages below share. seconds: that a clip takes."""

    config: Any = None
    seconds: float = 0.0
    version: int = 1
    processors: float = 1.0
    accelerators: float = 0.0


class Shots(Tiny):
    """A clip for each length; ``bad`` words do what they say."""

    name = "shots"

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        time.sleep(self.seconds)
        words = clip.video.read_text().split()
        if "raise" in words:
            raise ValueError(f"cannot write {folder}/x")
        if "crash" in words:
            os.kill(os.getpid(), signal.SIGKILL)
        if "hang" in words:
            words.remove("hang")
            # C that keeps Python's lock: no thread can run
            ctypes.PyDLL(None).open(os.fsencode(gate_of(clip.video)), os.O_RDONLY)
        if "meet" in words:
            words.remove("meet")
            _meet(clip.video)
        if "import" in words:
            raise ImportError("No module named 'nothing'")
        if "weights" in words:
            raise MissingWeights("weights x: cannot be fetched")
        if not words:
            return [clip.rejected(self.name, "empty", "has no shot", 0)]
        ends = [sum(map(int, words[: n + 1])) for n in range(len(words))]
        return [
            replace(clip, start=end - int(word), stop=end).with_values(self.name, of=len(words))
            for word, end in zip(words, ends, strict=True)
        ]


class Length(Tiny):
    """Drops what is shorter than ``config`` frames, and writes what it saw."""

    name = "length"

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        time.sleep(self.seconds)
        assert not any(folder.iterdir())
        length = clip.stop - clip.start
        (folder / "length.txt").write_text(f"{length}")
        seen = clip.with_values(self.name, frames=length).with_files(length="length.txt")
        if length < self.config:
            return [seen.rejected(self.name, "short", f"has {length} frames", length)]
        return [seen]


class Twice(Tiny):
    """Reads the file of the stage before, and writes one of its own."""

    name = "twice"

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        time.sleep(self.seconds)
        frames = int((folder / clip.files["length"]).read_text())
        (folder / "twice.txt").write_text(f"{2 * frames}")
        return [clip.with_files(twice="twice.txt")]


def one_of_each_length(clips: Sequence[Clip]) -> list[Clip]:
    """The decision over all clips: the first of each length is kept."""
    seen: set[int] = set()
    decided = []
    for clip in clips:
        length = clip.stop - clip.start
        again = clip.is_kept and length in seen
        decided.append(clip.rejected("once", "again", "was seen") if again else clip)
        if clip.is_kept:
            seen.add(length)
    return decided


def gate_of(video: Path) -> Path:
    """The pipe at which ``hang`` waits until somebody opens it for writing."""
    return video.with_suffix(".gate")


def _meet(video: Path) -> None:
    """Wait until another clip of the folder is at work too."""
    video.with_suffix(".here").touch()
    deadline = time.monotonic() + PATIENCE
    while len(list(video.parent.glob("*.here"))) < 2:
        if time.monotonic() > deadline:
            raise TimeoutError("nobody came")
        time.sleep(0.01)


def opened(source: Source) -> Path:
    return Path(source.location)


def tiny_plan(shortest: int = 5, seconds: float = 0.0, time_limit: float = 10 * PATIENCE) -> Plan:
    looks = (Shots(seconds=seconds), Length(shortest, seconds))
    return Plan(opened, looks, one_of_each_length, (Twice(seconds=seconds),), time_limit)


def tiny_sources(folder: Path, texts: Sequence[str]) -> list[Source]:
    """A file for each text, and its source."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        (folder / f"{number:03}.txt").write_text(text)
    return [Source(str(path)) for path in sorted(folder.glob("*.txt"))]


def worker_path() -> str:
    """PYTHONPATH for processes that have to find these stages and the package under test."""
    return os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))
