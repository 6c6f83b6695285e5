"""One step: draw, loss, gradient, update. Its random numbers depend on its samples alone."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object, send_to_device
from torch import Tensor

from dynascene.errors import InputError, one_line
from dynascene.io.checkpoints import check_fit
from dynascene.training.ema import Ema
from dynascene.training.figures import FigureMeans, finite_figures, mean_figures
from dynascene.training.frozen import frozen_names
from dynascene.training.layout import Layout
from dynascene.training.randomness import sample_generators, seed_networks
from dynascene.training.run import Objective, Optimiser, Run
from dynascene.training.sharding import spread, spread_optimiser, whole, whole_optimiser
from dynascene.training.state import Checkpoint

SMALLEST_SCALE = 1.0  # of fp16's losses; where even this overflows, the network has diverged


@dataclass
class State:
    """What changes during a run.

    Args:
        network: the objective as accelerate wraps it.
        means: of the figures since the last line of the log.
        frozen_sha256: of the file that holds what is not trained; None before it is written.
    """

    accelerator: Accelerator
    objective: Objective
    network: Any
    optimiser: Any
    ema: Ema
    step: int = 0
    means: FigureMeans = field(default_factory=FigureMeans)
    frozen_sha256: str | None = None

    def frozen(self) -> dict[str, Tensor]:
        """What is not trained, whole, whatever the layout; all processes must call."""
        state = self.objective.state_dict()
        return {name: whole(state[name]) for name in sorted(frozen_names(self.objective))}

    def checkpoint(self) -> Checkpoint:
        """All else, likewise."""
        scaler = self.accelerator.scaler
        state, frozen = self.objective.state_dict(), frozen_names(self.objective)
        return Checkpoint(
            self.step,
            {name: whole(tensor) for name, tensor in state.items() if name not in frozen},
            {name: whole(tensor) for name, tensor in self.ema.average.items()},
            whole_optimiser(self.optimiser.state_dict()),
            scaler.state_dict() if scaler is not None else {},
            self.means.to_json(),
            self.frozen_sha256 or "",
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """All but the weights, which ``start`` puts into the objective before it is wrapped."""
        if checkpoint.average.keys() != self.ema.average.keys():
            raise InputError("the checkpoint trains other parameters than this recipe does")
        for name, tensor in checkpoint.average.items():
            self.ema.average[name].copy_(spread(tensor, self.ema.average[name]))
        parameters = list(self.objective.trainable_parameters().values())
        try:
            self.optimiser.load_state_dict(spread_optimiser(checkpoint.optimiser, parameters))
        except (ValueError, KeyError, TypeError, AttributeError) as error:  # of another shape
            raise InputError(
                f"the checkpoint's optimiser does not fit this recipe ({one_line(error, 160)})"
            ) from error
        if self.accelerator.scaler is not None and checkpoint.scaler:
            self.accelerator.scaler.load_state_dict(dict(checkpoint.scaler))
        self.step, self.means = checkpoint.step, FigureMeans(**checkpoint.means)
        self.frozen_sha256 = checkpoint.frozen_sha256 or None


def start(
    run: Run, objective: Objective, accelerator: Accelerator, checkpoint: Checkpoint | None
) -> State:
    """The objective's networks on their device, ready for the next step.

    Args:
        checkpoint: what to go on from; None = a new run.

    Raises:
        InputError: the checkpoint is of other networks.
    """
    if checkpoint is not None:
        origin = f"{run.name}, checkpoint of step {checkpoint.step}"
        check_fit(objective.state_dict(), checkpoint.weights, origin)
        objective.load_state_dict(dict(checkpoint.weights))
    objective.to(accelerator.device).train()
    network, optimiser = accelerator.prepare(objective, _adam(objective, run.optimiser))
    state = State(
        accelerator, objective, network, optimiser, Ema(objective.trainable_parameters(), run.ema)
    )
    if checkpoint is not None:
        state.restore(checkpoint)
    return state


def take_step(run: Run, state: State, layout: Layout, batches: Iterator[Any]) -> dict[str, float]:
    """One update by the next batches, one for each part; figures of all processes."""
    accelerator, network = state.accelerator, state.network
    start_time, losses_of_parts = time.perf_counter(), []
    rate = learning_rate(run.optimiser, state.step, run.steps)
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    parts = layout.parts(state.step)
    for numbers in parts:
        batch = next(batches)
        seed_networks(run.seed, numbers[0])
        with accelerator.no_sync(network) if numbers != parts[-1] else nullcontext():
            losses = network(
                send_to_device(batch, accelerator.device), sample_generators(run.seed, numbers)
            )
            accelerator.backward(losses["loss"])
        losses_of_parts.append(losses)
    figures = _of_all_processes(losses_of_parts)
    norm = accelerator.clip_grad_norm_(network.parameters(), run.optimiser.clip)
    _refuse_infinite(run, state, figures["loss"], float(norm))
    state.optimiser.step()
    state.optimiser.zero_grad()
    state.ema.update(state.step)
    state.step += 1
    figures = {
        **figures,
        "learning_rate": rate,
        "gradient_norm": float(norm),
        "seconds": time.perf_counter() - start_time,  # with waiting for samples
    }
    state.means.add(finite_figures(figures))
    return figures


def _of_all_processes(parts: list[dict[str, Tensor]]) -> dict[str, float]:
    """Means over parts and processes."""
    own = [{name: float(value.detach()) for name, value in part.items()} for part in parts]
    return mean_figures(gather_object(own))


def _refuse_infinite(run: Run, state: State, loss: float, norm: float) -> None:
    """Raises InputError, in all processes alike, when the numbers have left the range."""
    if math.isfinite(loss) and math.isfinite(norm):
        return
    scaler = state.accelerator.scaler
    if scaler is not None and scaler.get_scale() > SMALLEST_SCALE:
        return  # the scaler leaves this step out and tries a smaller scale: fp16's way of searching
    what = "gradient" if math.isfinite(loss) else "loss"
    raise InputError(
        f"{run.name}: the {what} of step {state.step + 1} is not finite; "
        "a lower `learning_rate` may help"
    )


def learning_rate(optimiser: Optimiser, step: int, steps: int) -> float:
    """Linear from 0 over the warm-up, then half a cosine down to the floor at the last step."""
    if step < optimiser.warmup:
        return optimiser.learning_rate * (step + 1) / optimiser.warmup
    share = (step - optimiser.warmup) / max(1, steps - optimiser.warmup)
    cosine = 0.5 + 0.5 * math.cos(math.pi * min(1.0, share))
    return optimiser.learning_rate * (optimiser.floor + (1 - optimiser.floor) * cosine)


def _adam(objective: Objective, numbers: Optimiser) -> torch.optim.Optimizer:
    return torch.optim.AdamW(
        objective.trainable_parameters().values(),
        lr=numbers.learning_rate,
        betas=numbers.betas,
        weight_decay=numbers.weight_decay,
    )
