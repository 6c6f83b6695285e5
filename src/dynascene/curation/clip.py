"""What passes through the pipeline: a stretch of a source video, and what is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

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
    def is_kept(self) -> bool:
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
