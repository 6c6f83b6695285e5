"""One stage applied to one clip: finished work is found again, and failures are bounded."""

from __future__ import annotations

import errno
import re
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from dynascene.curation.clip import Clip, Stage
from dynascene.curation.progress import Tick
from dynascene.curation.store import Item, Store, key_of
from dynascene.errors import InputError, MissingWeights

ATTEMPTS = 2  # Ray starts a task anew three times: less, so that it never gives up first
ERRORS_LOG = "errors.log"
BROKEN = (ImportError, MissingWeights)  # the program is at fault, not the video
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # so is the disk


class Passed(NamedTuple):
    """What became of a clip in a step. tick: None where it was dropped before and only passes."""

    items: Sequence[Item]
    tick: Tick | None


class Step(Protocol):
    """A piece of work on one clip, done wherever a worker is free."""

    @property
    def name(self) -> str: ...

    @property
    def processors(self) -> float: ...

    @property
    def accelerators(self) -> float: ...

    def __call__(self, item: Item) -> Passed:
        """Raises InputError, in one line, only where the whole run has to stop."""
        ...


@dataclass(frozen=True)
class StageStep:
    """A stage, its finished work, and its failures.

    run: name of this run; only failures within one run are counted, so that a run that was killed
    does not count against the clips that it was busy with.
    """

    stage: Stage
    store: Store
    run: str

    @property
    def name(self) -> str:
        return self.stage.name

    @property
    def processors(self) -> float:
        return self.stage.processors

    @property
    def accelerators(self) -> float:
        return self.stage.accelerators

    def __call__(self, item: Item) -> Passed:
        """The clip as the stage leaves it; dropped with the code ``error`` where the stage raised,
        and ``crash`` where it took the worker down, each time.

        Raises InputError where the program is at fault: something to import or weights are missing,
        or the disk is full.
        """
        if not item.clip.kept:
            return Passed([item], None)
        begin, key = time.perf_counter(), key_of(self.stage, item.key)
        items = self.store.found(key, item)
        reused = items is not None
        if items is None:
            items = self._made(key, item)
        kept = sum(made.clip.kept for made in items)
        seconds = time.perf_counter() - begin
        return Passed(items, Tick(self.name, kept, len(items) - kept, seconds, reused))

    def _made(self, key: str, item: Item) -> list[Item]:
        trials = _Trials(self.store.root / "trials" / key, self.run)
        clip, items = item.clip, None
        rejected = clip.rejected(self.name, "crash", f"took a worker down {ATTEMPTS} times")
        while items is None and trials.begin() <= ATTEMPTS:
            try:
                items = self.store.make(key, item, lambda folder: loaded(self.stage)(clip, folder))
            except Exception as error:
                self._stop_if_broken(error)
                self._log(clip, error)
                rejected = clip.rejected(self.name, "error", self._told(error))
                if isinstance(error, InputError):
                    break  # it says what is wrong with the input; a second look sees the same
        items = items or self.store.make(key, item, lambda _: [rejected])
        trials.forget()
        return items

    def _stop_if_broken(self, error: Exception) -> None:
        if isinstance(error, BROKEN):
            raise InputError(f"stage {self.name}: {self._told(error)}") from error
        stop_if_full(error, self.store.root)

    def _told(self, error: Exception) -> str:
        """The first line of an error, without the folder that was made for the attempt."""
        text = next(iter(str(error).strip().splitlines()), "")
        text = re.sub(rf"{re.escape(str(self.store.new))}/[^/\s'\"]+/?", "", text)
        return text if isinstance(error, InputError) else f"{type(error).__name__}: {text}"

    def _log(self, clip: Clip, error: Exception) -> None:
        what = f"{self.name}: {clip.source.location} frames {clip.start}:{clip.stop}"
        text = f"{what}\n{''.join(traceback.format_exception(error))}\n"
        with (self.store.root / ERRORS_LOG).open("a", encoding="utf-8") as log:
            log.write(text)


class _Trials:
    """How often a piece of work was begun in this run: a file, since a crash forgets all else."""

    def __init__(self, path: Path, run: str) -> None:
        self.path, self.run = path, run

    def begin(self) -> int:
        """Note one more, and say how many there are."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+", encoding="utf-8") as file:
            file.write(f"{self.run}\n")
            file.flush()
            file.seek(0)
            return file.read().split().count(self.run)

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)


def stop_if_full(error: Exception, place: Path) -> None:
    """Raises InputError where ``error``, or what it stands for, says that the disk is full."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in FULL:
            raise InputError(f"{place}: {cause.strerror}") from error
        cause = cause.__cause__ or cause.__context__


_LOADED: dict[tuple[type, str], Stage] = {}


def loaded(stage: Stage) -> Stage:
    """The stage of this process that is the same as ``stage`` and may have its model loaded."""
    return _LOADED.setdefault((type(stage), key_of(stage, "")), stage)
