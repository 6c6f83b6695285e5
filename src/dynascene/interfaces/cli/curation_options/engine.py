"""What is said of the machines that a curation runs on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import Switch, optional

if TYPE_CHECKING:  # imported where they are made: --help must not wait for torch
    from dynascene.curation.engine.choice import EngineChoice


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """Where it runs.

    Args:
        work: folder of finished work (default: .work in the data set); all machines of a cluster
            must see it.
        workers: cores of this machine to use (default: all).
        ray_address: a Ray cluster to run on (default: this machine).
        in_process: one clip after the other in one process, without Ray.
    """

    work: Annotated[Path | None, optional("DIR")] = None
    workers: Annotated[int | None, optional("N")] = None
    ray_address: Annotated[str | None, optional("HOST:PORT")] = None
    in_process: Switch = False

    def choice(self) -> EngineChoice:
        """Raises InputError for options that do not go together."""
        from dynascene.curation.engine.choice import InProcess, LocalRay, RayCluster

        if self.in_process and (self.workers is not None or self.ray_address):
            raise InputError("--in-process uses no Ray: leave out --workers and --ray-address")
        if self.workers is not None and self.ray_address:
            raise InputError("--workers is for this machine; a cluster knows its own cores")
        if self.in_process:
            return InProcess()
        return RayCluster(self.ray_address) if self.ray_address else LocalRay(self.workers)
