"""The training loop. Every step is a function of the weights, the seed and the step's number."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedType

from dynascene.errors import InputError
from dynascene.io.atomic import write_text
from dynascene.io.text import parse_json
from dynascene.synthetic.worlds import WORLDS
from dynascene.training.figures import FigureMeans
from dynascene.training.journal import Journal
from dynascene.training.launching import layout_of, open_accelerator
from dynascene.training.layout import Layout
from dynascene.training.loading import part_batches
from dynascene.training.run import Objective, Run, absolute
from dynascene.training.run_description import check_description
from dynascene.training.run_lock import only_training_in
from dynascene.training.state import (
    checkpoint_folders,
    load_checkpoint,
    save_checkpoint,
    save_frozen,
)
from dynascene.training.stepping import State, start, take_step
from dynascene.training.tracking import start_trackers
from dynascene.training.upkeep import CheckpointClock, Upkeep

DESCRIPTION = "run.json"
Progress = Callable[[int, dict[str, float]], None]


def train(
    run: Run,
    out: Path,
    *,
    upkeep: Upkeep | None = None,
    workers: int = 0,
    until: int | None = None,
    progress: Progress | None = None,
) -> Objective:
    """Train, or go on where the newest checkpoint of ``out`` stands.

    A run that was stopped, killed even, and called again gives the losses of one that never was.
    Several processes give the losses of one, but for rounding; the first one writes.

    Args:
        upkeep: what is saved how often, and where figures go; None = ``Upkeep()``.
        workers: processes that make samples ahead, for each process.
        until: stop after this step though the run is planned for more.
        progress: called with each step's number and figures.

    Returns:
        The objective as it stands; averaged weights are in the checkpoint.

    Raises:
        InputError: ``out`` holds another run, another training is at work there, or the batch
            cannot be shared out.
    """
    _refuse_other_run(run, out)  # before anything of this process is set for the run
    upkeep = upkeep or Upkeep()
    torch.manual_seed(run.seed)
    accelerator = open_accelerator(run.settings, upkeep.log_with)
    is_first = accelerator.is_main_process
    with only_training_in(out) if is_first else nullcontext():
        _refuse_other_run(run, out)  # again: another may have trained there meanwhile
        objective = run.objective()
        if run.checkpointing:
            objective.enable_checkpointing()
        layout = layout_of(run, objective, accelerator.num_processes, accelerator.process_index)
        checkpoints = checkpoint_folders(out)
        state = start(
            run, objective, accelerator, load_checkpoint(checkpoints[-1]) if checkpoints else None
        )
        journal = _open_journal(run, out, state)
        with closing(journal) if journal is not None else nullcontext():
            last = run.steps if until is None else min(run.steps, until)
            batches = part_batches(run, layout, range(state.step, last), workers)
            _go_on(run, out, state, layout, batches, last, journal, upkeep, progress)
        accelerator.wait_for_everyone()
        del state, batches
        accelerator.free_memory()  # what holds the group of processes goes before the group
        accelerator.end_training()
        return objective


def _go_on(
    run: Run,
    out: Path,
    state: State,
    layout: Layout,
    batches: Iterator[Any],
    last: int,
    journal: Journal | None,
    upkeep: Upkeep,
    progress: Progress | None,
) -> None:
    """All steps up to ``last``, with what is reported and kept on the way."""
    if state.step == 0:
        _examine(run, state, journal)
    clock = CheckpointClock(upkeep.checkpoint_minutes)
    while state.step < last:
        figures = take_step(run, state, layout, batches)
        ends = state.step == last
        _log(run, state, figures, journal, ends=ends)
        if journal is not None and progress is not None:
            progress(state.step, figures)
        if ends or state.step % run.examine_every == 0:
            _examine(run, state, journal)
        if ends or state.step % run.checkpoint_every == 0 or clock.due():
            _save(out, state, upkeep.keep, writes=journal is not None)
            clock.restart()


def _log(
    run: Run, state: State, figures: dict[str, float], journal: Journal | None, *, ends: bool
) -> None:
    """A line of means over the steps since the last one.

    A line of a run that stops between two is one more: those that follow are as without it.
    """
    due = state.step % run.log_every == 0
    if journal is not None and (due or ends):
        means = state.means.means()
        means["learning_rate"] = figures["learning_rate"]  # the last step's
        means["samples_per_second"] = round(run.batch / means["seconds"], 3)
        means["seconds"] = round(means["seconds"], 3)
        journal.write(state.step, means)
    if due:
        state.means = FigureMeans()


def _save(out: Path, state: State, keep: int, *, writes: bool) -> None:
    """A checkpoint, and before the first one what the run does not train.

    All processes call, for tensors may have to be gathered.
    """
    if state.frozen_sha256 is None:
        frozen = state.frozen()
        state.frozen_sha256 = save_frozen(out, frozen) if writes else ""
    checkpoint = state.checkpoint()
    if writes:
        save_checkpoint(out, checkpoint, keep)


def _open_journal(run: Run, out: Path, state: State) -> Journal | None:
    """In the first process: describe the run and open its log; None in the others."""
    state.accelerator.wait_for_everyone()  # until none reads the description of the run before
    if not state.accelerator.is_main_process:
        return None
    out.mkdir(parents=True, exist_ok=True)
    description = {**run.numbers(), "hardware": _hardware(state.accelerator)}
    write_text(out / DESCRIPTION, json.dumps(description, indent=2) + "\n")
    trackers = start_trackers(state.accelerator, out, description, resumed=state.step > 0)
    return Journal(out, state.step or -1, trackers)  # a run that starts over examines again


def _examine(run: Run, state: State, journal: Journal | None) -> None:
    """Validation figures and a sheet, with averaged weights, by the first process."""
    if state.accelerator.distributed_type == DistributedType.FSDP:
        return  # no process has all weights
    if journal is not None:
        with state.ema.apply():
            state.objective.eval()
            examination = state.objective.examine(run.seed)
            state.objective.train()
        journal.write(state.step, {f"examined_{k}": v for k, v in examination.figures.items()})
        journal.sheet(state.step, examination.sheet)
    state.accelerator.wait_for_everyone()


def _refuse_other_run(run: Run, out: Path) -> None:
    """Raises InputError when the checkpoints in a folder are of another run."""
    if not checkpoint_folders(out):
        return
    now, before = (_identity(d) for d in (run.numbers(), read_description(out)))
    for key, value in now.items():
        if before[key] != value:
            raise InputError(
                f"{out}: is a run with {key} {before[key]}, not {value}; "
                "say the same again or choose another `out`"
            )


def _identity(description: Mapping[str, Any]) -> dict[str, Any]:
    """What a run cannot change half-way; its number of steps it can, and its layout."""
    settings = description.get("settings", {})
    own = {key: description.get(key) for key in ("recipe", "batch", "seed")}
    chosen = {key: settings.get(key) for key in ("data", "autoencoder")}
    chosen["start"] = absolute(settings.get("start"))
    chosen["clips"] = [absolute(clips) for clips in settings.get("clips", ())]
    chosen["worlds"] = dict(settings.get("worlds", WORLDS))
    return own | chosen | {"precision": settings.get("precision", "bf16")}


def _hardware(accelerator: Accelerator) -> str:
    if accelerator.device.type == "cuda":
        name = torch.cuda.get_device_name(accelerator.device)
    else:
        name = f"{torch.get_num_threads()} CPU threads, {platform.machine()}"
    return name if accelerator.num_processes == 1 else f"{accelerator.num_processes} x {name}"


def read_description(out: Path) -> dict[str, Any]:
    """The numbers of the run that a folder holds.

    Raises:
        InputError: it holds none.
    """
    try:
        description = parse_json((out / DESCRIPTION).read_text())
        check_description(description)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{out}: holds no run (no readable {DESCRIPTION})") from error
    return description
