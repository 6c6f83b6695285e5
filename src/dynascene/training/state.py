"""Checkpoints: whole or not there, free of pickled code, the newest few kept.

What a run does not train is written once, beside its checkpoints, which carry its checksum.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.io.atomic import replacing
from dynascene.io.checkpoints import read_tensors, write_tensors
from dynascene.io.checksums import sha256_of
from dynascene.io.text import parse_json
from dynascene.training.figures import FigureMeans

FOLDER, FROZEN = "checkpoints", "frozen.safetensors"
STATE = ("step", "scaler", "means", "frozen_sha256")  # a checkpoint's plain values


@dataclass(frozen=True)
class Checkpoint:
    """A run after a step.

    Random numbers and the position in the data need no place here: both are functions of the step.

    Args:
        step: how many steps were done.
        weights: by name; those that are to be saved, and all of them once loaded.
        average: of the trained ones.
        optimiser: its state dict.
        scaler: fp16's scale of the loss, empty for other precisions.
        means: of figures since the last line of the log, as JSON values.
        frozen_sha256: of the run's file of frozen weights; empty where ``weights`` are all.
    """

    step: int
    weights: Mapping[str, Tensor]
    average: Mapping[str, Tensor]
    optimiser: Mapping[str, Any]
    scaler: Mapping[str, Any] = field(default_factory=dict)
    means: Mapping[str, Any] = field(default_factory=dict)
    frozen_sha256: str = ""


def save_frozen(run: Path, weights: Mapping[str, Tensor]) -> str:
    """Write the weights that a run does not train; its checkpoints then leave them out.

    Returns:
        The file's SHA-256; empty, and no file, where there are no such weights.
    """
    if not weights:
        return ""
    path = run / FOLDER / FROZEN
    write_tensors(weights, path)
    return sha256_of(path)


def save_checkpoint(run: Path, checkpoint: Checkpoint, keep: int) -> Path:
    """Write a checkpoint of a run's folder and remove all but the newest ``keep``.

    Raises:
        InputError: it cannot be written; the earlier ones stay.
    """
    folder = run / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    _remove_unfinished(folder)
    path = folder / f"{checkpoint.step:08d}"
    if path.exists():  # the same step of the same run: nothing new
        return path
    with replacing(path) as temporary:
        temporary.mkdir()
        write_tensors(checkpoint.weights, temporary / "weights.safetensors")
        write_tensors(checkpoint.average, temporary / "average.safetensors")
        _write_optimiser(checkpoint.optimiser, temporary / "optimiser.pt")
        state = {name: getattr(checkpoint, name) for name in STATE}
        (temporary / "state.json").write_text(json.dumps(state))
    for old in checkpoint_folders(run)[:-keep]:
        _remove(old)
    return path


def _write_optimiser(state: Mapping[str, Any], path: Path) -> None:
    """A file of torch.

    Raises:
        OSError: it cannot be written, on a full disk for one.
    """
    try:
        with path.open("wb") as file:
            torch.save(state, file)
    except RuntimeError as error:  # torch only says that its place in the file is not as expected
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise


def _remove(checkpoint: Path) -> None:
    """Remove a checkpoint: its name is gone first, so that half of one never has it."""
    aside = checkpoint.with_name(f".{checkpoint.name}.tmp")
    with suppress(OSError):
        checkpoint.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def checkpoint_folders(run: Path) -> list[Path]:
    """All checkpoints of a run, oldest first."""
    folder = run / FOLDER
    folders = [p for p in folder.iterdir() if p.name.isdigit()] if folder.is_dir() else []
    return sorted(folders, key=lambda p: int(p.name))


def refuse_checkpoints(run: Path) -> None:
    """A new run needs a folder without one.

    Raises:
        InputError: the folder holds a run already.
    """
    if checkpoint_folders(run):
        raise InputError(f"{run}: holds checkpoints; choose another `out` or leave `resume` out")


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a checkpoint's folder, and the frozen weights beside it.

    Raises:
        InputError: a file is missing, broken, or would run code; or the frozen weights are not
            those of this checkpoint.
    """
    try:
        content = parse_json((folder / "state.json").read_text())
        state = {name: content[name] for name in STATE if name in content}  # older ones have fewer
        _check_state(state, int(folder.name))
        optimiser = torch.load(folder / "optimiser.pt", map_location="cpu", weights_only=True)
        return Checkpoint(
            weights={
                **_frozen(folder.parent / FROZEN, state.get("frozen_sha256", "")),
                **read_tensors(folder / "weights.safetensors"),
            },
            average=read_tensors(folder / "average.safetensors"),
            optimiser=optimiser,
            **state,
        )
    except InputError:
        raise
    except Exception as error:  # torch raises whatever its zip and pickle readers do
        raise InputError(
            f"{folder}: is no whole checkpoint ({type(error).__name__}); remove it to go on "
            "from the one before"
        ) from error


def _check_state(state: Mapping[str, Any], step: int) -> None:
    """An error where plain values are not those of a checkpoint after ``step``."""
    if type(state["step"]) is not int or state["step"] != step:
        raise ValueError("another step")
    means = FigureMeans(**state.get("means", {}))  # TypeError for other names
    numbers = (means.parts, *means.sums.values(), *means.weights.values())
    if means.sums.keys() != means.weights.keys() or {*map(type, numbers)} - {int, float}:
        raise ValueError("means of another kind")
    if not isinstance(state.get("scaler", {}), dict):
        raise ValueError("a scaler of another kind")


def _frozen(path: Path, sha256: str) -> dict[str, Tensor]:
    """The weights that the run does not train; none where the checkpoint holds them itself."""
    if not sha256:
        return {}
    if not path.is_file():
        raise InputError(
            f"{path}: is missing; it holds what the run does not train, and no checkpoint beside "
            "it is whole without it"
        )
    if sha256_of(path) != sha256:
        raise InputError(
            f"{path}: has changed since the checkpoints beside it were written; put the run's own "
            "back"
        )
    return read_tensors(path)


def _remove_unfinished(folder: Path) -> None:
    """What a killed process left: ``replacing`` writes beside the place under a dotted name."""
    for leftover in folder.glob(".*.tmp"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)
