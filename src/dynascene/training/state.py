"""Checkpoints: whole or not there, free of pickled code, the newest few kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.io.atomic import replacing
from dynascene.io.checkpoints import read_tensors, write_tensors

FOLDER = "checkpoints"


@dataclass(frozen=True)
class Checkpoint:
    """A run after a step.

    Random numbers and the position in the data need no place here: both are functions of the step.

    Args:
        step: how many steps were done.
        weights, average: by name.
        optimiser: its state dict.
        scaler: fp16's scale of the loss, empty for other precisions.
        means: of figures since the last line of the log, as JSON values.
    """

    step: int
    weights: Mapping[str, Tensor]
    average: Mapping[str, Tensor]
    optimiser: Mapping[str, Any]
    scaler: Mapping[str, Any] = field(default_factory=dict)
    means: Mapping[str, Any] = field(default_factory=dict)


def save_checkpoint(run: Path, checkpoint: Checkpoint, keep: int) -> Path:
    """Write a checkpoint of a run's folder and remove all but the newest ``keep``."""
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
        torch.save(checkpoint.optimiser, temporary / "optimiser.pt")
        state = {name: getattr(checkpoint, name) for name in ("step", "scaler", "means")}
        (temporary / "state.json").write_text(json.dumps(state))
    for old in checkpoint_folders(run)[:-keep]:
        shutil.rmtree(old, ignore_errors=True)
    return path


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
    """Read a checkpoint's folder.

    Raises:
        InputError: a file is missing, broken, or would run code.
    """
    try:
        state = json.loads((folder / "state.json").read_text())
        step, scaler = int(state["step"]), dict(state.get("scaler", {}))
        means = dict(state.get("means", {}))
        optimiser = torch.load(folder / "optimiser.pt", map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever its zip and pickle readers do
        raise InputError(
            f"{folder}: is no whole checkpoint ({type(error).__name__}); remove it to go on "
            "from the one before"
        ) from error
    return Checkpoint(
        step,
        read_tensors(folder / "weights.safetensors"),
        read_tensors(folder / "average.safetensors"),
        optimiser,
        scaler,
        means,
    )


def _remove_unfinished(folder: Path) -> None:
    """What a killed process left: ``replacing`` writes beside the place under a dotted name."""
    for leftover in folder.glob(".*.tmp"):
        shutil.rmtree(leftover, ignore_errors=True)
