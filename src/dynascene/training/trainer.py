"""The training loop. Every step is a function of the weights, the seed and the step's number."""

from __future__ import annotations

import json
import math
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import send_to_device
from torch.utils.data import DataLoader

from dynascene.errors import InputError
from dynascene.io.atomic import write_text
from dynascene.training.ema import Ema
from dynascene.training.journal import Journal
from dynascene.training.run import Objective, Optimiser, Run
from dynascene.training.state import (
    Checkpoint,
    checkpoint_folders,
    load_checkpoint,
    save_checkpoint,
)

DESCRIPTION = "run.json"
PREFETCHED = 4  # batches per worker


@dataclass
class _State:
    """What changes during a run."""

    objective: Objective
    optimiser: torch.optim.Optimizer
    ema: Ema
    step: int = 0

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(
            self.step, self.objective.state_dict(), self.ema.average, self.optimiser.state_dict()
        )

    def restore(self, saved: Checkpoint) -> None:
        self.objective.load_state_dict(dict(saved.weights))
        if saved.average.keys() != self.ema.average.keys():
            raise InputError("the checkpoint trains other parameters than this recipe does")
        for name, tensor in saved.average.items():
            self.ema.average[name].copy_(tensor)
        self.optimiser.load_state_dict(dict(saved.optimiser))
        self.step = saved.step


def train(
    run: Run,
    out: Path,
    *,
    workers: int = 0,
    until: int | None = None,
    progress: Callable[[int, dict[str, float]], None] | None = None,
) -> Objective:
    """Train, or go on where the newest checkpoint of ``out`` stands.

    A run that was stopped, killed even, and called again gives the losses of one that never was.
    workers: processes that make samples ahead. until: stop after this step though the run is
    planned for more. Returns the objective as it stands; averaged weights are in the checkpoint.
    Raises InputError when ``out`` holds another run.
    """
    _refuse_other_run(run, out)
    torch.manual_seed(run.seed)
    accelerator = Accelerator(mixed_precision="bf16")
    if accelerator.num_processes > 1:
        raise InputError("train: runs in one process so far; start it without a launcher")
    objective = run.objective().to(accelerator.device)
    state = _State(objective, _adam(objective, run.optimiser), Ema(objective.trained(), run.ema))
    out.mkdir(parents=True, exist_ok=True)
    description = {**run.numbers(), "hardware": _hardware()}
    write_text(out / DESCRIPTION, json.dumps(description, indent=2) + "\n")
    saved = checkpoint_folders(out)
    if saved:
        state.restore(load_checkpoint(saved[-1]))
    journal = Journal(out, state.step)
    network, state.optimiser = accelerator.prepare(objective, state.optimiser)
    last = min(run.steps, until or run.steps)
    if state.step == 0:
        _examine(run, state, journal)
    for batch in _batches(run, state.step, last, workers):
        figures = _step(run, state, accelerator, network, batch)
        if progress is not None:
            progress(state.step, figures)
        ends = state.step == last
        if ends or state.step % run.log_every == 0:
            journal.write(state.step, figures)
        if ends or state.step % run.examine_every == 0:
            _examine(run, state, journal)
        if ends or state.step % run.checkpoint_every == 0:
            save_checkpoint(out, state.checkpoint(), run.keep)
    return objective


def _step(
    run: Run, state: _State, accelerator: Accelerator, network: Any, batch: Any
) -> dict[str, float]:
    """One step: draw, loss, gradient, update. Its random numbers depend on its number alone."""
    began = time.perf_counter()
    generator = step_generator(run.seed, state.step, accelerator.device)
    for group in state.optimiser.param_groups:
        group["lr"] = learning_rate(run.optimiser, state.step, run.steps)
    losses = network(send_to_device(batch, accelerator.device), generator)
    if not losses["loss"].isfinite():
        raise InputError(
            f"{run.name}: the loss of step {state.step + 1} is not finite; a lower --lr may help"
        )
    accelerator.backward(losses["loss"])
    norm = accelerator.clip_grad_norm_(list(state.ema.parameters.values()), run.optimiser.clip)
    if not norm.isfinite():
        raise InputError(
            f"{run.name}: the gradient of step {state.step + 1} is not finite; "
            "a lower --lr may help"
        )
    state.optimiser.step()
    state.optimiser.zero_grad()
    state.ema.update(state.step)
    state.step += 1
    figures = {name: value.item() for name, value in losses.items()}
    seconds = time.perf_counter() - began
    return {**figures, "gradient_norm": float(norm), "seconds": round(seconds, 3)}


def step_generator(seed: int, step: int, device: torch.device | str = "cpu") -> torch.Generator:
    """The random numbers of one step; dropout's too, which draws from torch's own generator."""
    mixed = int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0] >> 1)
    torch.manual_seed(mixed)
    return torch.Generator(device).manual_seed(mixed)


def learning_rate(optimiser: Optimiser, step: int, steps: int) -> float:
    """Linear from 0 over the warm-up, then half a cosine down to the floor at the last step."""
    if step < optimiser.warmup:
        return optimiser.learning_rate * (step + 1) / optimiser.warmup
    share = (step - optimiser.warmup) / max(1, steps - optimiser.warmup)
    cosine = 0.5 + 0.5 * math.cos(math.pi * min(1.0, share))
    return optimiser.learning_rate * (optimiser.floor + (1 - optimiser.floor) * cosine)


def _adam(objective: Objective, numbers: Optimiser) -> torch.optim.Optimizer:
    return torch.optim.AdamW(
        objective.trained().values(),
        lr=numbers.learning_rate,
        betas=numbers.betas,
        weight_decay=numbers.weight_decay,
    )


def _batches(run: Run, first: int, last: int, workers: int) -> Iterator[Any]:
    """The batches of the steps first … last − 1."""
    numbers = [list(range(k * run.batch, (k + 1) * run.batch)) for k in range(first, last)]
    return iter(
        DataLoader(
            run.samples(),
            batch_sampler=numbers,
            collate_fn=run.collate,
            num_workers=workers,
            prefetch_factor=PREFETCHED if workers else None,
        )
    )


def _examine(run: Run, state: _State, journal: Journal) -> None:
    """Validation figures and a sheet, with averaged weights."""
    with state.ema.applied():
        state.objective.eval()
        found = state.objective.examine(run.seed)
        state.objective.train()
    journal.write(state.step, {f"examined_{k}": v for k, v in found.figures.items()})
    journal.sheet(state.step, found.sheet)


def _refuse_other_run(run: Run, out: Path) -> None:
    """Raises InputError when the checkpoints in a folder are of another run."""
    if not checkpoint_folders(out):
        return
    now, before = (_identity(d) for d in (run.numbers(), read_description(out)))
    for key, value in now.items():
        if before[key] != value:
            raise InputError(
                f"{out}: is a run with {key} {before[key]}, not {value}; "
                "say the same again or choose another --out"
            )


def _identity(description: Mapping[str, Any]) -> dict[str, Any]:
    """What a run cannot change half-way; its number of steps it can."""
    settings = description.get("settings", {})
    own = {key: description.get(key) for key in ("recipe", "batch", "seed")}
    return own | {key: settings.get(key) for key in ("data", "autoencoder")}


def _hardware() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{torch.get_num_threads()} CPU threads, {platform.machine()}"


def read_description(out: Path) -> dict[str, Any]:
    """The numbers of the run that a folder holds. Raises InputError where it holds none."""
    try:
        return json.loads((out / DESCRIPTION).read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{out}: holds no run (no readable {DESCRIPTION})") from error
