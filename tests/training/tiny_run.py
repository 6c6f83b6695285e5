"""A run small enough for a second, also started as a program: to be killed, or by torchrun.

python tiny_run.py OUT [--steps N] [--batch B] [--log-every N] [--accumulate N]
    [--until STEP] [--kill-at-sample I] [--kill-in-checkpoint STEP]

The last two end the process with SIGKILL when it draws sample I, or half-way through the files of
the checkpoint of a step.
"""

import argparse
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Generator, Tensor, nn
from torch.utils.data import Dataset

from dynascene.training import state
from dynascene.training.figures import task_losses
from dynascene.training.run import Examination, Objective, Optimiser, Run, Settings
from dynascene.training.trainer import train

WIDTH = 3
TASKS = ("odd", "even")


class Fit(Objective):
    """A frozen layer is to be imitated from noisy inputs, by one head for each of two tasks.

    As in real runs, a step may leave parameters out: the head of a task that was not drawn.
    """

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.true = nn.Linear(WIDTH, WIDTH).requires_grad_(False)
        self.layer = nn.Sequential(nn.Linear(WIDTH, 8), nn.Tanh(), nn.Dropout(dropout))
        self.heads = nn.ModuleDict({task: nn.Linear(8, WIDTH) for task in TASKS})
        self.register_buffer("scale", torch.tensor(2.0))

    def trainable_parameters(self) -> dict[str, nn.Parameter]:
        return {name: p for name, p in self.named_parameters() if p.requires_grad}

    def forward(
        self, batch: tuple[Tensor, list[str]], generators: Sequence[Generator]
    ) -> dict[str, Tensor]:
        inputs, tasks = batch
        noise = torch.stack([torch.randn(WIDTH, generator=g) for g in generators])
        features = self.layer(inputs + 0.1 * noise)
        found = torch.stack([self.heads[t](x) for t, x in zip(tasks, features, strict=True)])
        error = (found - self.scale * self.true(inputs)).square()
        return task_losses(error.mean(dim=1), tasks)

    def examine(self, seed: int) -> Examination:
        torch.rand(7)  # an examination may draw as it likes
        return Examination({"weight": self.layer[0].weight.sum().item()}, torch.zeros(3, 4, 4))

    def export(self, folder: Path) -> None:
        torch.save(self.layer.state_dict(), folder / "layer.pt")


class Noise(Dataset[tuple[Tensor, str]]):
    """Sample i is drawn from the seed i."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.kill_at = kill_at

    def __len__(self) -> int:
        return 2**31

    def __getitem__(self, index: int) -> tuple[Tensor, str]:
        if index == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        numbers = torch.randn(WIDTH, generator=Generator().manual_seed(index))
        return numbers, TASKS[0] if index % 11 < 3 else TASKS[1]


def collate(samples: Sequence[tuple[Tensor, str]]) -> tuple[Tensor, list[str]]:
    return torch.stack([numbers for numbers, _ in samples]), [task for _, task in samples]


def tiny_run(out: Path, kill_at: int | None = None, settings: dict | None = None, **changes) -> Run:
    """settings: of ``Settings``; changes: of ``Run``."""
    run = Run(
        name="tiny",
        settings=Settings(out=out, **(settings or {})),
        objective=Fit,
        samples=lambda: Noise(kill_at),
        collate=collate,
        optimiser=Optimiser(learning_rate=0.05, warmup=3),
        steps=12,
        batch=3,
        ema=0.9,
        log_every=1,
        checkpoint_every=3,
        examine_every=4,
    )
    return replace(run, **changes)


def kill_in_checkpoint(step: int) -> None:
    """End this process when weights and averages of a checkpoint are written, and no more."""
    write = state.write_tensors

    def write_and_die(tensors, path: Path, *rest) -> None:
        write(tensors, path, *rest)
        beginning = f".{step:08d}."  # of the hidden folder that the checkpoint is written in
        if path.name.startswith("average") and path.parents[1].name.startswith(beginning):
            os.kill(os.getpid(), signal.SIGKILL)

    state.write_tensors = write_and_die


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    for name in ("--steps", "--batch", "--log-every"):
        parser.add_argument(name, type=int, default=argparse.SUPPRESS)
    parser.add_argument("--accumulate", type=int, default=1)
    parser.add_argument("--until", type=int)
    parser.add_argument("--kill-at-sample", type=int)
    parser.add_argument("--kill-in-checkpoint", type=int)
    options = vars(parser.parse_args())
    folder, sample = options.pop("out"), options.pop("kill_at_sample")
    chosen = {"accumulate": options.pop("accumulate"), "precision": "no"}
    if (checkpoint := options.pop("kill_in_checkpoint")) is not None:
        kill_in_checkpoint(checkpoint)
    until = options.pop("until")
    train(tiny_run(folder, sample, chosen, **options), folder, until=until)
