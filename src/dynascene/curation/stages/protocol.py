"""The interface of a stage: a function of a clip, with a name, a version and a config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from dynascene.curation.clip import Clip


class ClipStage(Protocol):
    """Looks at a clip and returns what becomes of it.

    A stage is made from a typed config (a frozen dataclass), loads its model at the first call, and
    is then called for many clips. It is deterministic: the same clip and config give the same
    result.

    Attributes:
        name, version, config: parts of the key of each result. The version changes with the
            computation.
        processors: CPU cores that a worker needs.
        accelerators: share of a GPU that a worker needs.
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
        """Return the clip, kept or dropped, or several clips, each with its own start and stop.

        Files are written to ``folder``, which exists and is empty. Whatever is wrong with the video
        is a rejection; an exception means that the program is at fault.
        """
        ...
