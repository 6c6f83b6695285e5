"""A run small enough for a second, also started as a program by the test that kills it.

python tiny_run.py OUT STEPS SECONDS: train, every sample delayed by so many seconds.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import Generator, Tensor, nn
from torch.utils.data import Dataset

from dynascene.training.run import Examination, Objective, Optimiser, Run, Settings
from dynascene.training.trainer import train

WIDTH = 3


class Fit(Objective):
    """A frozen layer is to be imitated under dropout and input noise."""

    def __init__(self) -> None:
        super().__init__()
        self.true = nn.Linear(WIDTH, WIDTH).requires_grad_(False)
        self.layer = nn.Sequential(nn.Linear(WIDTH, 8), nn.Dropout(0.2), nn.Linear(8, WIDTH))

    def trained(self) -> dict[str, nn.Parameter]:
        return {name: p for name, p in self.named_parameters() if p.requires_grad}

    def forward(self, batch: Tensor, generator: Generator) -> dict[str, Tensor]:
        noisy = batch + 0.1 * torch.randn(batch.shape, generator=generator)
        return {"loss": (self.layer(noisy) - self.true(batch)).square().mean()}

    def examine(self, seed: int) -> Examination:
        torch.rand(7)  # an examination may draw as it likes
        return Examination({"weight": self.layer[0].weight.sum().item()}, torch.zeros(3, 4, 4))

    def export(self, folder: Path) -> None:
        torch.save(self.layer.state_dict(), folder / "layer.pt")


class Noise(Dataset[Tensor]):
    """Sample i is drawn from the seed i."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay

    def __len__(self) -> int:
        return 2**31

    def __getitem__(self, index: int) -> Tensor:
        time.sleep(self.delay)
        return torch.randn(WIDTH, generator=Generator().manual_seed(index))


def tiny_run(out: Path, delay: float = 0.0, **changes) -> Run:
    run = Run(
        name="tiny",
        settings=Settings(out=out),
        objective=Fit,
        samples=lambda: Noise(delay),
        collate=lambda samples: torch.stack(list(samples)),
        optimiser=Optimiser(learning_rate=0.05, warmup=3),
        steps=12,
        batch=3,
        ema=0.9,
        log_every=1,
        checkpoint_every=3,
        examine_every=4,
    )
    return replace(run, **changes)


if __name__ == "__main__":
    folder, steps, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    train(tiny_run(folder, seconds, steps=steps), folder)
