"""Results of stages, stored under a key of everything that they depend on.

A result is a folder ``results/AB/KEY`` with ``result.json`` and the files that the stage wrote.
KEY is the SHA-256 of the input clip's key and of the stage's name, version and config; the first
key of the chain is the checksum of the source. So the same work is never done twice, and a result
of other bytes, or with another config, is never reused by mistake.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dynascene.curation.clip import Clip, Rejection, Source
from dynascene.curation.engine.stored_values import check_document
from dynascene.curation.stages.protocol import ClipStage
from dynascene.errors import InputError
from dynascene.io.file_locks import file_lock
from dynascene.io.text import parse_json

RESULT = "result.json"


@dataclass(frozen=True)
class Item:
    """A clip with the key of all that was done to it so far ("" until the source is opened)."""

    key: str
    clip: Clip


def first_key(sha256: str, ending: str) -> str:
    """The key of an opened source.

    Args:
        sha256: checksum of its bytes.
        ending: of its file name (``.mp4``), since a stage may judge it.
    """
    return f"{sha256}{ending.lower()}"


def key_of(stage: ClipStage, before: str) -> str:
    """The key of the result of ``stage`` on a clip with the key ``before``: 64 hex digits."""
    parts = [before, stage.name, stage.version, stage.config]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=_plain).encode()).hexdigest()


@dataclass(frozen=True)
class Store:
    """The results below one folder, which all workers can read and write."""

    root: Path

    @property
    def new(self) -> Path:
        """The folder for results that are not finished."""
        return self.root / "results" / "new"

    def folder(self, key: str) -> Path:
        """The folder of the result with this key, whether it exists or not."""
        return self.root / "results" / key[:2] / key

    def path(self, name: str) -> Path:
        """The path of a clip's file, from its name in ``Clip.files``."""
        return Path(os.path.normpath(self.new / "any" / name))

    def find(self, key: str, item: Item) -> list[Item] | None:
        """Read a result as clips of the source of ``item``; None where there is none.

        A result that cannot be read, has a number out of range or lacks one of its files is removed
        and counts as none.
        """
        folder = self.folder(key)
        try:
            documents = parse_json((folder / RESULT).read_bytes())
            for document in documents:
                check_document(document)
            clips = [clip_from_document(d, item.clip.source, item.clip.video) for d in documents]
            if all((folder / name).exists() for clip in clips for name in clip.files.values()):
                return [Item(f"{key}/{number}", clip) for number, clip in enumerate(clips)]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass
        shutil.rmtree(folder, ignore_errors=True)
        return None

    def make(self, key: str, item: Item, work: Callable[[Path], Sequence[Clip]]) -> list[Item]:
        """Run ``work`` in a new folder and store its result under ``key`` in one step.

        Where another worker stored the same result meanwhile, that one is returned.

        Raises:
            ValueError: it returned no clip, or a value out of range.
            FileNotFoundError: it named files that it did not write.
        """
        with self._locked("work.lock", shared=True), self._new_folder() as folder:
            clips = [_with_named_files(clip, item.clip, key) for clip in work(folder)]
            if not clips:
                raise ValueError("the stage returned no clip, not even a dropped one")
            text = json.dumps([document_of_clip(clip) for clip in clips], default=_plain, indent=1)
            for document in parse_json(text):
                check_document(document)
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
        """An empty folder as deep as a result's, so that relative names hold in both."""
        self.new.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self.new))
        folder.chmod(0o755)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def owned(self) -> Generator[None]:
        """Lock the store against other runs for the length of a ``with`` block.

        Unfinished results of crashed processes and of killed runs are removed.

        Raises:
            InputError: another run holds the store, or the folder cannot be made.
        """
        try:
            with ExitStack() as stack:
                stack.enter_context(self._locked("lock", wait=False))
                # the processes of a killed run end a little after it
                with self._locked("work.lock"):
                    shutil.rmtree(self.new, ignore_errors=True)
                locks = stack.pop_all()
        except BlockingIOError:
            raise InputError(f"{self.root}: another run is using it; wait for its end") from None
        except OSError as error:
            raise InputError(f"{self.root}: cannot be written ({error.strerror})") from None
        with locks:
            yield
            shutil.rmtree(self.new, ignore_errors=True)

    def _locked(
        self, name: str, *, shared: bool = False, wait: bool = True
    ) -> AbstractContextManager[None]:
        """See ``file_lock``."""
        self.root.mkdir(parents=True, exist_ok=True)
        return file_lock(self.root / name, shared=shared, wait=wait)


def document_of_clip(clip: Clip) -> dict[str, Any]:
    """A clip as JSON, without its source, since several sources may have the same bytes."""
    return {
        "start": clip.start,
        "stop": clip.stop,
        "values": dict(clip.values),
        "files": dict(clip.files),
        "rejection": dataclasses.asdict(clip.rejection) if clip.rejection else None,
    }


def clip_from_document(document: Mapping[str, Any], source: Source, video: Path) -> Clip:
    """The inverse of ``document_of_clip``, for a given source and its local file."""
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
    """The inverse of ``text_of_item``."""
    key, document = parse_json(text)
    source = Source(**document["source"])
    return Item(key, clip_from_document(document, source, Path(document["video"])))


def _with_named_files(clip: Clip, before: Clip, key: str) -> Clip:
    """The clip with files that are named relative to any result's folder."""
    earlier_files = set(before.files.items())
    files = {
        role: name if (role, name) in earlier_files else f"../../{key[:2]}/{key}/{name}"
        for role, name in clip.files.items()
    }
    return replace(clip, files=files)


def _plain(value: Any) -> Any:
    """A value of a config or a measurement as plain JSON."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"{type(value).__name__} {value!r} cannot be stored; give plain values")
