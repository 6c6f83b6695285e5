"""Figures of a step, of all its parts and processes, and their means over the steps of a line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

LOSS, SHARE = "loss/", "share/"  # of a task; before its name


def task_losses(losses: Tensor, tasks: Sequence[str]) -> dict[str, Tensor]:
    """What a batch's losses say of its tasks.

    Args:
        losses: one for each clip, [B].
        tasks: of the clips; empty where there are none.

    Returns:
        ``loss``, the mean over all clips; ``loss/TASK``, that over a task's; and ``share/TASK``,
        the share of the clips that have this task, 0 … 1.
    """
    figures = {"loss": losses.mean()}
    for task in dict.fromkeys(tasks):
        indices = [index for index, name in enumerate(tasks) if name == task]
        figures[LOSS + task] = losses.detach()[indices].mean()
        figures[SHARE + task] = torch.tensor(len(indices) / len(tasks))
    return figures


def finite_figures(figures: Mapping[str, float]) -> dict[str, float]:
    """Those that are numbers: a gradient that overflows fp16 has none."""
    return {name: value for name, value in figures.items() if math.isfinite(value)}


@dataclass
class FigureMeans:
    """Means of figures over parts of equal size, or over steps.

    ``loss/TASK`` is the mean over the samples of that task, and ``share/TASK`` that over all
    samples; any other figure is averaged over the parts that have it.

    Args:
        parts: how many were added.
        sums, weights: by name: Σ weight · figure, and Σ weight.
    """

    parts: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)

    def add(self, figures: Mapping[str, float]) -> None:
        """Take in the figures of a part."""
        self.parts += 1
        for name, value in figures.items():
            of_task = name.startswith(LOSS)
            weight = figures.get(SHARE + name.removeprefix(LOSS), 1.0) if of_task else 1.0
            self.sums[name] = self.sums.get(name, 0.0) + weight * value
            self.weights[name] = self.weights.get(name, 0.0) + weight

    def means(self) -> dict[str, float]:
        """By name; a task that some parts lack has a share of 0 in them."""
        weights = {
            name: self.parts if name.startswith(SHARE) else weight
            for name, weight in self.weights.items()
        }
        return {name: total / weights[name] for name, total in self.sums.items()}

    def to_json(self) -> dict[str, Any]:
        """Plain values that give the same means to the bit."""
        return {"parts": self.parts, "sums": self.sums, "weights": self.weights}


def mean_figures(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """``FigureMeans`` of some parts."""
    means = FigureMeans()
    for part in figures:
        means.add(part)
    return means.means()
