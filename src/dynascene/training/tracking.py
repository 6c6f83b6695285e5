"""Weights & Biases beside TensorBoard, through accelerate's tracker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any

from accelerate import Accelerator
from accelerate.tracking import WandBTracker, get_available_trackers

from dynascene.errors import InputError, one_line
from dynascene.extras import installation
from dynascene.io.atomic import write_text
from dynascene.training.upkeep import TrackerName

PROJECT = "dynascene"
RUN_ID = "wandb.id"  # in a run's folder, so that a resumed run goes on in the same record


def check_tracker(name: TrackerName) -> str | None:
    """What accelerate is to open; None for TensorBoard, whose files are the journal's own.

    Raises:
        InputError: the package is not installed.
    """
    if name == "tensorboard":
        return None
    if name not in [str(tracker) for tracker in get_available_trackers()]:
        raise InputError(f"`log_with` {name}: is not installed; {installation('wandb')}")
    return name


def start_trackers(
    accelerator: Accelerator, out: Path, description: Mapping[str, Any], *, resumed: bool
) -> list[WandBTracker]:
    """Open and return the trackers that the accelerator was made for; in the first process.

    Args:
        out: the run's folder.
        description: its numbers, as plain JSON values.
        resumed: whether it goes on with the record of before.

    Raises:
        InputError: there is no account or no connection.
    """
    if not accelerator.log_with:
        return []
    record = out / RUN_ID
    if not (resumed and record.is_file()):
        write_text(record, token_hex(4))
    options = {"id": record.read_text(), "name": out.name, "dir": str(out), "resume": "allow"}
    try:
        accelerator.init_trackers(PROJECT, dict(description), {"wandb": options})
    except Exception as error:  # of its own and of network libraries
        raise InputError(
            f"`log_with` wandb: {one_line(error).rstrip('.')}; "
            f"WANDB_MODE=offline keeps the figures in {out}"
        ) from error
    return [tracker for tracker in accelerator.trackers if isinstance(tracker, WandBTracker)]
