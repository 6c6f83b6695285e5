"""Finished clips of an evaluation, so that one that was stopped goes on with the next clip."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynascene.errors import InputError
from dynascene.evaluation.clip_files import read_clip_result, write_clip_result
from dynascene.evaluation.clip_results import ClipResult

KEY_LENGTH = 12


@dataclass(frozen=True)
class ClipJournal:
    """A hidden folder beside a folder of results, with a file for each finished clip.

    Attributes:
        out: the folder of results.
        inputs: plain values, all that decides what is measured of a clip. Other ones have another
            folder, so that nothing is reused that was measured otherwise.
    """

    out: Path
    inputs: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        text = json.dumps(self.inputs, sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]
        return self.out.resolve().with_name(f"{self._prefix}{key}")

    @property
    def _prefix(self) -> str:
        return f".{self.out.resolve().name}.unfinished-"

    def read(self, index: int) -> ClipResult | None:
        """A clip's result; None where it is not finished."""
        return read_clip_result(self._file(index))

    def write(self, index: int, result: ClipResult) -> None:
        """Record a finished clip.

        Raises:
            InputError: the folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or error
            raise InputError(f"{self.folder}: cannot be written ({reason})") from None
        write_clip_result(self._file(index), result)

    def forget(self) -> None:
        """Remove all clips, also those of other requests for the same folder of results."""
        for folder in self.out.resolve().parent.glob(f"{self._prefix}*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _file(self, index: int) -> Path:
        return self.folder / f"{index:05d}.npz"
