"""Where a data set lies: a local folder, read in place, or any URL that fsspec knows."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynascene.errors import InputError, one_line
from dynascene.estimators.weights import cache_folder
from dynascene.io.atomic import replacing


@dataclass(frozen=True)
class Storage:
    """A folder of files, named by paths with slashes relative to it.

    Its methods raise InputError where something is missing or cannot be read.

    Args:
        root: a local folder or a URL.
        cache: the local folder in which fetched files are stored.
    """

    root: str
    cache: Path

    @staticmethod
    def at(root: Path | str, cache: Path | None = None) -> Storage:
        """The storage of a folder or URL.

        Args:
            cache: None takes ``clips`` in the user's cache ($DYNASCENE_CACHE).
        """
        return Storage(str(root).rstrip("/") or "/", cache or cache_folder() / "clips")

    def local(self, name: str) -> Path:
        """A file as a local path: in place, or fetched when it is not in the cache yet.

        A file that has changed at its place is fetched anew.
        """
        system, root = self._file_system()
        remote = _join(root, name)
        if _is_local(system):
            return Path(remote)
        with self._clear_errors(name):
            identity = f"{self.root}/{name} {system.ukey(remote)}"
        path = self.cache / short_hash(identity) / Path(name).name
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as temporary, self._clear_errors(name):
                system.get_file(remote, str(temporary))
        return path

    def names(self, folder: str) -> list[str]:
        """The files directly in a folder, by their names, sorted."""
        system, root = self._file_system()
        with self._clear_errors(folder):
            entries = system.ls(_join(root, folder), detail=True)
        files = [_base(entry["name"]) for entry in entries if entry["type"] == "file"]
        return sorted(name for name in files if not name.startswith("."))

    def files(self) -> list[str]:
        """All files at any depth, sorted; hidden files and folders are left out."""
        system, root = self._file_system()
        with self._clear_errors(""):
            if not system.isdir(root):
                raise InputError(f"{self.root}: there is no such folder of clips")
            paths = system.find(root)
        prefix = root.rstrip("/") + "/"
        names = sorted(path.removeprefix(prefix) for path in paths)
        return [n for n in names if not any(part.startswith(".") for part in n.split("/"))]

    def state(self) -> str:
        """A hash of all files' names, sizes and times: another one when any of them changes."""
        system, root = self._file_system()
        with self._clear_errors(""):
            entries = system.find(root, detail=True)
        return short_hash(repr([(n, _version(entries[n])) for n in sorted(entries)]))

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        system, root = self._file_system()
        with self._clear_errors(name):
            return bool(system.isfile(_join(root, name)))

    def has_folder(self, name: str) -> bool:
        """Whether there is such a folder."""
        system, root = self._file_system()
        with self._clear_errors(name):
            return bool(system.isdir(_join(root, name)))

    def write(self, name: str, content: bytes) -> None:
        """Write a small file in one step."""
        system, root = self._file_system()
        remote = _join(root, name)
        if _is_local(system):
            with replacing(Path(remote)) as temporary:
                temporary.write_bytes(content)
            return
        with self._clear_errors(name):
            system.pipe_file(remote, content)

    def _file_system(self) -> tuple[Any, str]:
        # asked for each time: file systems of a network do not survive a fork, and fsspec, which
        # keeps them, knows
        from fsspec.core import url_to_fs

        try:
            return url_to_fs(self.root)
        except (ValueError, ImportError, OSError) as error:
            raise InputError(f"{self.root}: cannot be opened: {one_line(error)}") from None

    @contextmanager
    def _clear_errors(self, name: str) -> Generator[None]:
        where = _join(self.root, name)
        try:
            yield
        except InputError:
            raise
        except FileNotFoundError:
            raise InputError(f"{where}: no such file or folder") from None
        except Exception as error:  # file systems of a network raise whatever their libraries do
            raise InputError(f"{where}: cannot be read: {one_line(error)}") from error


def short_hash(text: str) -> str:
    """A name for a place in the cache."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _version(entry: dict[str, Any]) -> dict[str, Any]:
    """What file systems know of a file's content: each has its own name for it."""
    return {name: entry.get(name) for name in ("size", "mtime", "created", "ETag", "last_modified")}


def _is_local(system: Any) -> bool:
    from fsspec.implementations.local import LocalFileSystem

    return isinstance(system, LocalFileSystem)


def _join(root: str, name: str) -> str:
    return f"{root.rstrip('/')}/{name}" if name not in ("", ".") else root


def _base(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
