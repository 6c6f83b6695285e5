"""Finished work, found again under what it was made from.

A result is a folder ``results/AB/KEY`` with ``result.json`` and the files that the stage wrote.
KEY is the SHA-256 of the key of the clip that went in and of the stage's name, version and config;
the first key of the chain is of the bytes of the source. So the same work is never done twice, and
work on other bytes, or with another config, never mistaken for it.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dynascene.curation.clip import Clip, Rejection, Source
from dynascene.curation.stages.protocol import ClipStage
from dynascene.errors import InputError

RESULT = "result.json"


@dataclass(frozen=True)
class Item:
    """A clip on its way. key: of everything that was done to it so far ("" = not yet opened)."""

    key: str
    clip: Clip


def first_key(sha256: str, ending: str) -> str:
    """The key of an opened source. ending: of its name, which a stage may judge (``.mp4``)."""
    return f"{sha256}{ending.lower()}"


def key_of(stage: ClipStage, before: str) -> str:
    """The key of what ``stage`` makes of the clip with the key ``before``: 64 hex digits."""
    parts = [before, stage.name, stage.version, stage.config]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=_plain).encode()).hexdigest()


@dataclass(frozen=True)
class Store:
    """The results below one folder, which all workers see."""

    root: Path

    @property
    def new(self) -> Path:
        """Where results are made; what lies there is not finished."""
        return self.root / "results" / "new"

    def folder(self, key: str) -> Path:
        """Where the result of that key lies, or will lie."""
        return self.root / "results" / key[:2] / key

    def path(self, name: str) -> Path:
        """Where a clip's file lies, from its name in ``Clip.files``."""
        return Path(os.path.normpath(self.new / "any" / name))

    def find(self, key: str, item: Item) -> list[Item] | None:
        """The finished result, as clips of the source of ``item``; None where there is none.

        A result that cannot be read, or lacks one of its files, counts as none and is removed.
        """
        folder = self.folder(key)
        try:
            documents = json.loads((folder / RESULT).read_bytes())
            clips = [clip_from_document(d, item.clip.source, item.clip.video) for d in documents]
            if all((folder / name).exists() for clip in clips for name in clip.files.values()):
                return [Item(f"{key}/{number}", clip) for number, clip in enumerate(clips)]
        except (OSError, ValueError, KeyError, TypeError):
            pass
        shutil.rmtree(folder, ignore_errors=True)
        return None

    def make(self, key: str, item: Item, work: Callable[[Path], Sequence[Clip]]) -> list[Item]:
        """Do ``work`` in a new folder and keep its result, in one step, under ``key``.

        Where somebody else finished the same meanwhile, theirs stands.
        """
        with self._locked("work.lock", fcntl.LOCK_SH), self._new_folder() as folder:
            clips = [_with_named_files(clip, item.clip, key) for clip in work(folder)]
            if not clips:
                raise ValueError("the stage returned no clip, not even a dropped one")
            text = json.dumps([document_of_clip(clip) for clip in clips], default=_plain, indent=1)
            (folder / RESULT).write_text(text, encoding="utf-8")
            self.folder(key).parent.mkdir(parents=True, exist_ok=True)
            try:
                os.rename(folder, self.folder(key))
            except OSError:
                if not (self.folder(key) / RESULT).exists():
                    raise
        result = self.find(key, item)
        if result is None:
            raise FileNotFoundError(f"a stage named files that it did not write, in result {key}")
        return result

    @contextmanager
    def _new_folder(self) -> Generator[Path]:
        """An empty folder, as deep as results are, so that relative names hold in both."""
        self.new.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self.new))
        folder.chmod(0o755)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def owned(self) -> Generator[None]:
        """Meanwhile no other run may use the store. What this run's lost processes, or a run that
        was killed, left half done is removed.

        Raises InputError where another run has it, or the folder cannot be made.
        """
        try:
            with ExitStack() as stack:
                stack.enter_context(self._locked("lock", fcntl.LOCK_EX | fcntl.LOCK_NB))
                # the processes of a killed run outlive it a little
                with self._locked("work.lock", fcntl.LOCK_EX):
                    shutil.rmtree(self.new, ignore_errors=True)
                locks = stack.pop_all()
        except BlockingIOError:
            raise InputError(f"{self.root}: another run is using it; wait for its end") from None
        except OSError as error:
            raise InputError(f"{self.root}: cannot be written ({error.strerror})") from None
        with locks:
            yield
            shutil.rmtree(self.new, ignore_errors=True)

    @contextmanager
    def _locked(self, name: str, kind: int) -> Generator[None]:
        """A lock that ends with the process, however that ends. kind: as flock has it."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / name).open("w") as lock:
            fcntl.flock(lock, kind)
            yield


def document_of_clip(clip: Clip) -> dict[str, Any]:
    """What is stored of a clip: all but its source, which the same bytes may have several of."""
    return {
        "start": clip.start,
        "stop": clip.stop,
        "values": dict(clip.values),
        "files": dict(clip.files),
        "rejection": dataclasses.asdict(clip.rejection) if clip.rejection else None,
    }


def clip_from_document(document: Mapping[str, Any], source: Source, video: Path) -> Clip:
    """The clip of this source again."""
    rejection = document["rejection"]
    return Clip(
        source,
        video,
        document["start"],
        document["stop"],
        document["values"],
        document["files"],
        Rejection(**rejection) if rejection else None,
    )


def text_of_item(item: Item) -> str:
    """An item as one line of JSON, to be sent to a worker."""
    clip = item.clip
    document = {"source": dataclasses.asdict(clip.source), "video": str(clip.video)}
    return json.dumps([item.key, document | document_of_clip(clip)], default=_plain)


def item_from_text(text: str) -> Item:
    """Undoes ``text_of_item``."""
    key, document = json.loads(text)
    source = Source(**document["source"])
    return Item(key, clip_from_document(document, source, Path(document["video"])))


def _with_named_files(clip: Clip, before: Clip, key: str) -> Clip:
    """The same files, named from any result's folder: those of this result by its place too."""
    earlier_files = set(before.files.items())
    files = {
        role: name if (role, name) in earlier_files else f"../../{key[:2]}/{key}/{name}"
        for role, name in clip.files.items()
    }
    return replace(clip, files=files)


def _plain(value: Any) -> Any:
    """A value of a config or a measurement as JSON knows it."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"{type(value).__name__} {value!r} cannot be stored; give plain values")
