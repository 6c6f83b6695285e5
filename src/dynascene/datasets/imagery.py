"""Pictures with clean licences to make training shots of: a folder with a MANIFEST.tsv.

The manifest's columns ``path``, ``category`` (panorama, photo, texture, …) and ``split`` (train,
val, test: distinct places) are read; the rest credits the pictures.
"""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.imaging.resizing import shrink
from dynascene.io.images import read_image
from dynascene.io.text import read_lines

Split = Literal["train", "val", "test"]
SPLITS: tuple[str, ...] = get_args(Split)
Folders = Path | str | Sequence[Path | str] | None
FOLDER_VARIABLE = "DYNASCENE_TRAINING_DATA"
MANIFEST = "MANIFEST.tsv"
COLUMNS = ("path", "category", "split")
IMAGES_KEPT = 512  # per process; all of a split, shrunk, so that each is decoded once


@dataclass(frozen=True)
class ImageRecord:
    """One picture of the manifest."""

    path: Path
    category: str
    split: str


def check_split(split: str) -> None:
    """Check the name of a split.

    Raises:
        InputError: it is none of SPLITS.
    """
    if split not in SPLITS:
        raise InputError(f"split {split!r} is unknown; known: {', '.join(SPLITS)}")


def training_folder(folder: Path | str | None = None) -> Path | None:
    """The folder itself, else the one that DYNASCENE_TRAINING_DATA names, else None.

    Raises:
        InputError: it holds no manifest.
    """
    name = folder or os.environ.get(FOLDER_VARIABLE)
    if not name:
        return None
    path = Path(name)
    if not (path / MANIFEST).is_file():
        raise InputError(
            f"{path}: has no {MANIFEST}; name a folder of training imagery (filmed clips are named "
            "with `clips`)"
        )
    return path


def training_folders(folders: Folders) -> list[Path]:
    """``training_folder`` of one folder or of each of several; none where there is none."""
    alone = folders is None or isinstance(folders, Path | str)
    each = [folders] if alone else list(folders) or [None]
    opened = [training_folder(folder) for folder in each]
    return [folder for folder in opened if folder is not None]


def read_manifest(folder: Path) -> tuple[ImageRecord, ...]:
    """All pictures of a folder, in the manifest's order.

    Raises:
        InputError: a file or column is missing, a split is unknown, or two pictures have one path.
    """
    manifest = folder / MANIFEST
    rows = _rows(manifest)
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise InputError(f"{manifest}: line 1: has no column {missing[0]!r}")
    records: dict[str, ImageRecord] = {}
    for row in rows:
        path, category, split = (row[name] or "" for name in COLUMNS)
        if split not in SPLITS:
            raise InputError(
                f"{manifest}: line {rows.line_num}: split {split!r} is none of {', '.join(SPLITS)}"
            )
        if path in records:
            raise InputError(f"{manifest}: line {rows.line_num}: {path} is listed twice")
        records[path] = ImageRecord(folder / path, category, split)
    return tuple(records.values())


def licences(folder: Path, split: str) -> list[str]:
    """The licences and authors of a split's pictures, as far as the manifest names them."""
    rows = _rows(folder / MANIFEST)
    return sorted({row["licence"] for row in rows if row["split"] == split and row.get("licence")})


def _rows(manifest: Path) -> csv.DictReader:
    return csv.DictReader(read_lines(manifest), delimiter="\t")


@lru_cache(maxsize=IMAGES_KEPT)
def load_picture(path: Path, width: int) -> Tensor:
    """A picture, shrunk (never enlarged) to a width: uint8 [3, H, W] sRGB. Shared: do not change.

    Raises:
        InputError: it cannot be read.
    """
    picture = torch.from_numpy(_decode(path).copy()).permute(2, 0, 1)[:3]
    return shrink(picture, width)


@lru_cache(maxsize=1)  # levels of one picture are asked for together
def _decode(path: Path) -> np.ndarray:
    return read_image(path)
