"""The one form of a stage: a function of a clip, with a name, a version and a config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from dynascene.curation.clip import Clip


class ClipStage(Protocol):
    """One step: looks at a clip and returns what becomes of it.

    A stage is made from its typed config (a frozen dataclass, ``config``), loads what it needs
    once, when it is first called, and is then called for many clips. It is deterministic: the same
    clip and config give the same result. ``version`` changes with what it computes; name, version
    and config are part of the key under which finished work is found again.

    processors: share of a CPU core that a worker takes; accelerators: of a GPU.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int: ...

    @property
    def config(self) -> Any: ...

    @property
    def processors(self) -> float: ...

    @property
    def accelerators(self) -> float: ...

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        """The clip kept or dropped; several where it is divided into shots, each with its own
        start and stop. Files go into ``folder`` (exists, the clip's own, empty at first).

        Only a broken program raises; whatever is wrong with the video is a rejection."""
        ...
