"""Samples by number, made ahead by worker processes; complaints keep their one line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch.utils.data import DataLoader, Dataset

from dynascene.errors import InputError
from dynascene.training.layout import Layout
from dynascene.training.run import Run

PREFETCH = 2  # batches per worker
# A clip of 24 frames of 768×432 out of 1080p takes 0.7 CPU seconds, a picture 0.3: eight workers
# make 11 clips or 27 pictures a second, several times what a process on a large GPU trains.
MOST_WORKERS = 8


def default_workers() -> int:
    """Worker processes for each training process: its share of the cores but one, 1 … 8.

    Samples do not depend on how many there are.
    """
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # torchrun's, on this machine
    return min(MOST_WORKERS, max(1, _cores() // processes - 1))


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class _Refusal:
    """An InputError on its way to the main process; torch would wrap it in several lines."""

    text: str


class _Guarded(Dataset[Any]):
    """Samples, or why there is none."""

    def __init__(self, samples: Dataset[Any]) -> None:
        self.samples = samples

    def __getitem__(self, index: int) -> Any:
        try:
            return self.samples[index]
        except InputError as error:
            return _Refusal(str(error))


@dataclass(frozen=True)
class _Collated:
    """A batch, or why there is none."""

    collate: Callable[[Sequence[Any]], Any]

    def __call__(self, samples: Sequence[Any]) -> Any:
        for sample in samples:
            if isinstance(sample, _Refusal):
                return sample
        try:
            return self.collate(samples)
        except InputError as error:
            return _Refusal(str(error))


@dataclass(frozen=True)
class _Numbers:
    """The numbers of each part of each step, as a data loader asks for them."""

    layout: Layout
    steps: range

    def __iter__(self) -> Iterator[list[int]]:
        for step in self.steps:
            yield from (list(part) for part in self.layout.parts(step))


def part_batches(run: Run, layout: Layout, steps: range, workers: int) -> Iterator[Any]:
    """The batches of all parts of some steps, in order.

    Args:
        workers: processes that make them ahead.

    Raises:
        InputError: a sample or a batch raises it.
    """
    loader = DataLoader(
        _Guarded(run.samples()),
        batch_sampler=_Numbers(layout, steps),
        collate_fn=_Collated(run.collate),
        num_workers=workers,
        prefetch_factor=PREFETCH if workers else None,
    )
    for batch in loader:
        if isinstance(batch, _Refusal):
            raise InputError(batch.text)
        yield batch
