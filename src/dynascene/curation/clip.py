"""A clip on its way through the pipeline: a stretch of a source video with its measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

Value = float | int | str | bool | None


@dataclass(frozen=True)
class Source:
    """A video before it is opened.

    Attributes:
        location: path or fsspec URL.
        licence: as the list of sources gives it; None: unknown.
        sha256: checksum that its bytes must have, as a release records it; None: any.
    """

    location: str
    licence: str | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Rejection:
    """Why a clip was dropped.

    Attributes:
        stage: name of the stage that dropped it.
        code: the reason as one word, for counting (``low-resolution``, ``cut``, ``two-people`` …).
        reason: the reason as one line, for people.
        measured: the value that decided; None where no single value did.
    """

    stage: str
    code: str
    reason: str
    measured: Value = None


@dataclass(frozen=True)
class Clip:
    """A stretch of a source video.

    Attributes:
        source: the video.
        video: its local file.
        start, stop: frames, half open; stop = 0 until the video is probed.
        values: what the stages measured, by ``stage.name``.
        files: what the stages wrote, by role (``matte``, ``cameras`` …), relative to the clip's
            work folder.
        rejection: why the clip was dropped; None: it is kept.
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
        """Return a copy with the values that a stage measured."""
        named = {f"{stage}.{name}": value for name, value in values.items()}
        return replace(self, values={**self.values, **named})

    def with_files(self, **files: str) -> Clip:
        """Return a copy with files, by role, relative to the clip's work folder."""
        return replace(self, files={**self.files, **files})

    def rejected(self, stage: str, code: str, reason: str, measured: Value = None) -> Clip:
        """Return a copy that is dropped. The arguments are those of ``Rejection``."""
        return replace(self, rejection=Rejection(stage, code, reason, measured))
