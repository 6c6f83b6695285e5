"""Where a run does its work: in one process, on this machine's cores, or on a cluster."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from dynascene.curation.engine.loop import Loop
from dynascene.curation.engine.protocol import Engine
from dynascene.curation.engine.ray import ray_started
from dynascene.errors import InputError


@dataclass(frozen=True)
class InProcess:
    """One clip after the other in one process, without Ray."""


@dataclass(frozen=True)
class LocalRay:
    """Ray on this machine.

    Attributes:
        workers: number of cores to use; None: all.

    Raises:
        InputError: fewer than one worker.
    """

    workers: int | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise InputError(f"`workers` {self.workers}: must be 1 or more")


@dataclass(frozen=True)
class RayCluster:
    """A Ray cluster that is already running.

    Attributes:
        address: HOST:PORT, or a word that Ray understands (``auto``).
    """

    address: str


EngineChoice = InProcess | LocalRay | RayCluster


def start_engine(choice: EngineChoice) -> AbstractContextManager[Engine]:
    """Start the engine for the length of a ``with`` block.

    Raises:
        InputError: Ray is not installed or does not start, or the cluster does not answer.
    """
    match choice:
        case InProcess():
            return Loop()
        case LocalRay(workers):
            return ray_started(workers=workers)
        case RayCluster(address):
            return ray_started(address)
