"""What passes through the pipeline: a stretch of a source video, and what is known about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

Value = float | int | str | bool | None


@dataclass(frozen=True)
class Source:
    """A video as it was named. location: path or fsspec URL. licence: as given, None = unknown.
    sha256: expected of its bytes, None = not told (a release tells it)."""

    location: str
    licence: str | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Rejection:
    """Why a clip was dropped. stage: its name. reason: one line for people; ``code`` the same for
    counting (``low-resolution``, ``cut``, ``two-people`` …). measured: the value that decided."""

    stage: str
    code: str
    reason: str
    measured: Value = None


@dataclass(frozen=True)
class Clip:
    """A stretch of a source.

    video: the local file. start, stop: its frames, half open; stop = 0: not known before probing.
    values: what the stages measured, by ``stage.name``. files: what they wrote, by role
    (``matte``, ``cameras`` …), relative to the clip's work folder. rejection: None while it is
    kept.
    """

    source: Source
    video: Path
    start: int = 0
    stop: int = 0
    values: Mapping[str, Value] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    rejection: Rejection | None = None

    @property
    def kept(self) -> bool:
        return self.rejection is None

    def with_values(self, stage: str, **values: Value) -> Clip:
        """The clip and what a stage measured."""
        named = {f"{stage}.{name}": value for name, value in values.items()}
        return replace(self, values={**self.values, **named})

    def with_files(self, **files: str) -> Clip:
        """The clip and what was written for it, relative to its work folder."""
        return replace(self, files={**self.files, **files})

    def rejected(self, stage: str, code: str, reason: str, measured: Value = None) -> Clip:
        """The clip, dropped."""
        return replace(self, rejection=Rejection(stage, code, reason, measured))


class Stage(Protocol):
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
