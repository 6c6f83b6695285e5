"""Pre-trained weights by name: downloaded once into a user cache, checked by SHA-256.

Every file is pinned by a commit in its address and by its checksum. Only formats that hold plain
numbers are accepted, so that reading a file cannot run code.
"""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Literal

from dynascene.errors import InputError, MissingWeights, one_line
from dynascene.io.atomic import replacing
from dynascene.io.checksums import CHUNK, sha256_of

CACHE_VARIABLE = "DYNASCENE_CACHE"
NUMBERS_ONLY = (".safetensors", ".onnx", ".tflite", ".json")
SMALL_BYTES = 2_000_000  # read in a few milliseconds
TIMEOUT = 30  # seconds without an answer

State = Literal["here", "damaged", "not fetched"]
Progress = Callable[[str, int, int], None]  # file name, bytes so far, bytes in all


@dataclass(frozen=True)
class PinnedFile:
    """One file. Its name is the last part of its address.

    Attributes:
        url: address, with a commit.
        sha256: of its content.
        bytes: its size.
    """

    url: str
    sha256: str
    bytes: int

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Weights:
    """One network.

    Attributes:
        purpose: one line.
        licence: of the weights.
        files: the first holds the numbers; the others, of a hub model, its configuration.
    """

    purpose: str
    licence: str
    files: tuple[PinnedFile, ...]


_GITHUB, _HUB = "https://raw.githubusercontent.com", "https://huggingface.co"
_FASTESTDET = f"{_GITHUB}/dog-qiuqiu/FastestDet/50473cd155cb088aa4a99e64ff6a4b3c24fa07e1"
_MEDIAPIPE = f"{_GITHUB}/google-ai-edge/mediapipe/8b57bf879b419173b26277d220b643dac0402334"
_SELFIE = f"{_MEDIAPIPE}/mediapipe/modules/selfie_segmentation"
_MODNET = f"{_HUB}/Xenova/modnet/resolve/fa2fa546052fba4c08921230a26cc69a333fca12"
_RTDETR = f"{_HUB}/PekingU/rtdetr_r18vd/resolve/ac77a11ff0170a41b771c03264987f8ce2b0d753"
_DEPTH = (
    f"{_HUB}/depth-anything/Depth-Anything-V2-Small-hf"
    "/resolve/5426e4f0f36572d16453bbda7a8389317b1bef99"
)

# fmt: off
WEIGHTS = {
    "fastestdet": Weights("finds people, small and quick", "BSD-3-Clause", (
        PinnedFile(f"{_FASTESTDET}/example/onnx-runtime/FastestDet.onnx",
                   "31cb14c017fce347cb4c846ec62fdf00d76bb3beecdf4be21e7116ac67feb880", 998_169),
    )),
    "rtdetr": Weights("finds people, accurate (RT-DETR R18)", "Apache-2.0", (
        PinnedFile(f"{_RTDETR}/model.safetensors",
                   "fe87a5a30f5daf298d10794c7682a63b6107986f97d6a770ba948d89e4340093", 80_904_152),
        PinnedFile(f"{_RTDETR}/config.json",
                   "8493be71f51a1c0a741f8f71ec151039227579379de7bcba047c0470d9320c3c", 5_267),
        PinnedFile(f"{_RTDETR}/preprocessor_config.json",
                   "ffb4b9461a1dad746be8f0f9c8330ed7743a1ba5fba4f75c232cd281b3d4c64a", 841),
    )),
    "selfie": Weights("matte of a person in a square crop, small and quick", "Apache-2.0", (
        PinnedFile(f"{_SELFIE}/selfie_segmentation.tflite",
                   "8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27", 249_024),
    )),
    "selfie_landscape": Weights("matte of a person in a wide crop, small and quick", "Apache-2.0", (
        PinnedFile(f"{_SELFIE}/selfie_segmentation_landscape.tflite",
                   "4aafe6223bb8dac6fac8ca8ed56852870a33051ef3f6238822d282a109962894", 249_792),
    )),
    "modnet": Weights("matte of a person, with soft edges (MODNet)", "Apache-2.0", (
        PinnedFile(f"{_MODNET}/onnx/model.onnx",
                   "07c308cf0fc7e6e8b2065a12ed7fc07e1de8febb7dc7839d7b7f15dd66584df9", 25_888_640),
    )),
    "depth-anything": Weights("depth of a picture (Depth Anything V2, small)", "Apache-2.0", (
        PinnedFile(f"{_DEPTH}/model.safetensors",
                   "3152477ce0d8d6978d76b995120de97cb5b928701fd0f817769f59e249a16b70", 99_173_660),
        PinnedFile(f"{_DEPTH}/config.json",
                   "c56698d3643dde1f83ea2212759e6b31a22b8f827246a36dd007ee8a22b3ff75", 950),
        PinnedFile(f"{_DEPTH}/preprocessor_config.json",
                   "d41175c0d889477ca8fc67191e540faef14baf6275157b3fdecf78469e6bbf84", 775),
    )),
}
# fmt: on


def weights_file(name: str, folder: Path | None = None, progress: Progress | None = None) -> Path:
    """The local file of a network's weights, downloaded into the cache where it is missing.

    The configuration files of a hub model lie beside it, so that its parent folder can be loaded.

    Args:
        name: of the network.
        folder: holds the files under their own names; nothing is downloaded then. None: the cache.
        progress: called with the file's name, the bytes so far and the total.

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
    for file in missing:
        _download(file, place / file.name, progress, by_hand)
    return place / files[0].name


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
    """Whether a file has the pinned size and, if ``read``, the pinned content."""
    return path.stat().st_size == file.bytes and (not read or sha256_of(path) == file.sha256)


def _download(file: PinnedFile, path: Path, progress: Progress | None, by_hand: str) -> None:
    """Download to a temporary file beside ``path``, check it, and then move it into place."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MissingWeights(
            f"{path.parent}: cannot be made ({error.strerror}); set {CACHE_VARIABLE} to a folder"
        ) from error
    with replacing(path) as temporary:
        try:
            _fetch(file, temporary, progress)
        except (OSError, HTTPException) as error:  # all network errors are among them
            reason = one_line(error, longest=120)
            raise MissingWeights(
                f"weights {file.name}: cannot be fetched ({reason}); {by_hand}"
            ) from error
        if sha256_of(temporary) != file.sha256:
            raise MissingWeights(
                f"weights {file.name}: another file came than expected and was deleted; {by_hand}"
            )


def _fetch(file: PinnedFile, target: Path, progress: Progress | None) -> None:
    request = urllib.request.Request(file.url, headers={"User-Agent": "dynascene"})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer, target.open("wb") as out:
        so_far = 0
        while chunk := answer.read(CHUNK):
            out.write(chunk)
            so_far += len(chunk)
            if progress is not None:
                progress(file.name, so_far, file.bytes)
