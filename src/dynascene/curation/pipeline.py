"""The whole run: from sources to clips with a verdict, whatever fails on the way."""

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
    """The steps of a run.

    Attributes:
        opener: fetches the bytes of a source. It has no time limit.
        looks: stages that judge each clip alone, in order, cheap ones first.
        decide: judges all clips together (near-duplicates), and returns them in the same order.
        writes: stages for the clips that are still kept.
        time_limit: seconds that a stage may take for one clip.
    """

    opener: Opener
    looks: Sequence[ClipStage]
    decide: Decision
    writes: Sequence[ClipStage]
    time_limit: float = TIME_LIMIT

    @property
    def stages(self) -> list[str]:
        """Names of all steps in order, without ``decide``."""
        return [OpeningStep.name, *(stage.name for stage in (*self.looks, *self.writes))]


def run_plan(
    sources: Sequence[Source], plan: Plan, store: Store, engine: Engine, watcher: Watcher
) -> list[Clip]:
    """Run all steps over all sources.

    Args:
        sources: the videos.
        plan: the steps.
        store: results that exist are reused.
        engine: where the steps run.
        watcher: shows the run to a person.

    Returns:
        Every clip, kept or not, ordered by source and start; ``files`` are absolute paths. They
        depend on the sources and the plan alone.

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
            # every clip passes here once; dropped ones unchanged
            done = _in_order(engine.run(decided_items, [*map(step, plan.writes)], progress.add))
        return [_with_paths(item, store) for item in done]


def _decide(items: Sequence[Item], decide: Decision) -> list[Item]:
    clips = decide([item.clip for item in items])
    return [replace(item, clip=clip) for item, clip in zip(items, clips, strict=True)]


def _in_order(items: Iterator[Item]) -> list[Item]:
    """Sort what the workers return in any order."""

    def place(item: Item) -> tuple[str, int, int, str]:
        return item.clip.source.location, item.clip.start, item.clip.stop, item.key

    return sorted(items, key=place)


def _with_paths(item: Item, store: Store) -> Clip:
    """The clip with absolute paths instead of names within the store."""
    files = {role: str(store.path(name)) for role, name in item.clip.files.items()}
    return replace(item.clip, files=files)
