"""The whole run: sources in, every clip out with its verdict, whatever happened in between."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from dynascene.curation.clip import Clip, Source
from dynascene.curation.engine.opening import Opener, OpeningStep
from dynascene.curation.engine.progress import RunProgress, Watcher
from dynascene.curation.engine.protocol import Engine
from dynascene.curation.engine.step import TIME_LIMIT, StageStep
from dynascene.curation.engine.store import Item, Store
from dynascene.curation.stages.protocol import ClipStage

Decision = Callable[[Sequence[Clip]], Sequence[Clip]]


@dataclass(frozen=True)
class Plan:
    """What is done to every clip.

    opener: brings a source's bytes here. looks: stages that each judge a clip alone, in order,
    cheap ones first. decide: one look at all clips together (near-duplicates); it returns as many,
    in the same order. writes: stages for the clips that are kept then. time_limit: seconds that a
    stage may take for a clip; opening has none, as a long video takes as long as it takes.
    """

    opener: Opener
    looks: Sequence[ClipStage]
    decide: Decision
    writes: Sequence[ClipStage]
    time_limit: float = TIME_LIMIT

    @property
    def stages(self) -> list[str]:
        """Names of all steps but the decision, in order."""
        return [OpeningStep.name, *(stage.name for stage in (*self.looks, *self.writes))]


def run_plan(
    sources: Sequence[Source], plan: Plan, store: Store, engine: Engine, watcher: Watcher
) -> list[Clip]:
    """Every clip, kept or not, ordered by source and start; ``files`` are absolute paths.

    Finished work in ``store`` is not done again. The result depends on the sources and the plan
    alone.

    Raises:
        InputError: the program, not a video, is at fault, or the store is in use.
    """
    with store.owned():
        run = uuid.uuid4().hex
        step = partial(StageStep, store=store, run=run, time_limit=plan.time_limit)
        progress = RunProgress(plan.stages, len(sources), engine.workers)
        first = [Item("", Clip(source, Path())) for source in sources]
        looks = [OpeningStep(plan.opener, store), *map(step, plan.looks)]
        with watcher.watching(progress):
            judged_items = _in_order(engine.run(first, looks, progress.add))
            decided_items = _decide(judged_items, plan.decide)
            # every clip passes here once, dropped ones untouched
            done = _in_order(engine.run(decided_items, [*map(step, plan.writes)], progress.add))
        return [_with_paths(item, store) for item in done]


def _decide(items: Sequence[Item], decide: Decision) -> list[Item]:
    clips = decide([item.clip for item in items])
    return [replace(item, clip=clip) for item, clip in zip(items, clips, strict=True)]


def _in_order(items: Iterator[Item]) -> list[Item]:
    """Workers end in any order; the manifest has one."""

    def place(item: Item) -> tuple[str, int, int, str]:
        return item.clip.source.location, item.clip.start, item.clip.stop, item.key

    return sorted(items, key=place)


def _with_paths(item: Item, store: Store) -> Clip:
    """Files under their own names instead of those that hold between results."""
    files = {role: str(store.path(name)) for role, name in item.clip.files.items()}
    return replace(item.clip, files=files)
