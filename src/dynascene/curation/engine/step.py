"""One stage applied to one clip: results are reused, and failures are limited."""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

from dynascene.curation.clip import Clip
from dynascene.curation.engine.progress import Tick
from dynascene.curation.engine.store import Item, Store, key_of
from dynascene.curation.engine.trials import Trials
from dynascene.curation.faults import BROKEN, stop_if_full
from dynascene.curation.stages.protocol import ClipStage
from dynascene.errors import InputError

ATTEMPTS = 2  # fewer than Ray's own three restarts of a task
TIME_LIMIT = 3600.0  # seconds that a stage may take for a clip
ERRORS_LOG = "errors.log"


class StepResult(NamedTuple):
    """The clips that leave a step.

    Attributes:
        items: the clips, kept or dropped.
        tick: for the progress; None for a clip that an earlier step dropped.
    """

    items: Sequence[Item]
    tick: Tick | None


class Step(Protocol):
    """A piece of work on one clip, run by any free worker.

    Attributes:
        name: of the step.
        processors, accelerators: CPU cores and share of a GPU that it needs.
    """

    @property
    def name(self) -> str: ...

    @property
    def processors(self) -> float: ...

    @property
    def accelerators(self) -> float: ...

    def __call__(self, item: Item) -> StepResult:
        """Do the work on one clip.

        Raises:
            InputError: in one line, only where the whole run has to stop.
        """
        ...


@dataclass(frozen=True)
class StageStep:
    """A stage with its stored results and its handling of failures.

    Attributes:
        stage: what is run.
        store: where results are kept.
        run: name of this run. Only failures of the same run are counted, so that a run that was
            killed does not count against the clips it was working on.
        time_limit: seconds for one clip. After that the process ends; the engine starts another.
    """

    stage: ClipStage
    store: Store
    run: str
    time_limit: float = TIME_LIMIT

    @property
    def name(self) -> str:
        return self.stage.name

    @property
    def processors(self) -> float:
        return self.stage.processors

    @property
    def accelerators(self) -> float:
        return self.stage.accelerators

    def __call__(self, item: Item) -> StepResult:
        """Return the clips as the stage leaves them.

        A clip is dropped with the code ``error`` where the stage raised, ``crash`` where each
        attempt made the worker crash, and ``timed-out`` where one attempt took too long.

        Raises:
            InputError: the video is not at fault: an import or weights are missing, or the disk is
                full.
        """
        if not item.clip.is_kept:
            return StepResult([item], None)
        begin, key = time.perf_counter(), key_of(self.stage, item.key)
        late = key_of(
            self.stage, f"{item.key} in {self.time_limit:g} s"
        )  # a longer limit tries again
        items = self.store.find(key, item) or self.store.find(late, item)
        reused = items is not None
        if items is None:
            items = self._make(key, late, item)
        clips_kept = sum(result.clip.is_kept for result in items)
        seconds = time.perf_counter() - begin
        return StepResult(
            items, Tick(self.name, clips_kept, len(items) - clips_kept, seconds, reused)
        )

    def _make(self, key: str, late: str, item: Item) -> list[Item]:
        """Compute the result. late: key under which a time-out is stored."""
        trials = Trials(self.store.root / "trials" / key, self.run)
        clip, items, attempt = item.clip, None, trials.begin()
        if (place := trials.overran_at()) is not None:
            self._log(clip, place)
            overdue = self._overdue(clip)
            items = self.store.make(late, item, lambda _: [overdue])
        rejected = clip.rejected(self.name, "crash", f"took a worker down {ATTEMPTS} times")
        while items is None and attempt <= ATTEMPTS:
            try:
                with trials.limited(self.time_limit):
                    items = self.store.make(key, item, partial(loaded_stage(self.stage), clip))
            except Exception as error:
                self._stop_if_broken(error)
                self._log(clip, "".join(traceback.format_exception(error)))
                rejected = clip.rejected(self.name, "error", self._message(error))
                if isinstance(error, InputError):
                    break  # the input is at fault: a second attempt would fail too
                attempt = trials.begin()
        items = items or self.store.make(key, item, lambda _: [rejected])
        trials.forget()
        return items

    def _overdue(self, clip: Clip) -> Clip:
        reason = f"took more than the {self.time_limit / 60:g} minutes of the time limit"
        return clip.rejected(self.name, "timed-out", reason, self.time_limit)

    def _stop_if_broken(self, error: Exception) -> None:
        if isinstance(error, BROKEN):
            raise InputError(f"stage {self.name}: {self._message(error)}") from error
        stop_if_full(error, self.store.root)

    def _message(self, error: Exception) -> str:
        """The first line of an error, without the path of the temporary folder."""
        text = next(iter(str(error).strip().splitlines()), "")
        text = re.sub(rf"{re.escape(str(self.store.new))}/[^/\s'\"]+/?", "", text)
        return text if isinstance(error, InputError) else f"{type(error).__name__}: {text}"

    def _log(self, clip: Clip, what: str) -> None:
        where = f"{self.name}: {clip.source.location} frames {clip.start}:{clip.stop}"
        with (self.store.root / ERRORS_LOG).open("a", encoding="utf-8") as log:
            log.write(f"{where}\n{what}\n")


_LOADED: dict[tuple[type, str], ClipStage] = {}


def loaded_stage(stage: ClipStage) -> ClipStage:
    """The stage object of this process that equals ``stage``, so that a loaded model is reused."""
    return _LOADED.setdefault((type(stage), key_of(stage, "")), stage)
