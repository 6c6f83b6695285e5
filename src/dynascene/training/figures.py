"""Figures of a step, of all its parts and processes."""

from collections.abc import Mapping, Sequence

from torch import Tensor


def task_losses(losses: Tensor, tasks: Sequence[str]) -> dict[str, Tensor]:
    """``loss``, the mean of a loss per clip [B], and ``loss/TASK``, that of each task's clips."""
    losses_by_name = {"loss": losses.mean()}
    for task in dict.fromkeys(tasks):
        indices = [index for index, name in enumerate(tasks) if name == task]
        losses_by_name[f"loss/{task}"] = losses.detach()[indices].mean()
    return losses_by_name


def mean_figures(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each figure over those that have it."""
    names = dict.fromkeys(name for part in figures for name in part)
    values = {name: [part[name] for part in figures if name in part] for name in names}
    return {name: sum(parts) / len(parts) for name, parts in values.items()}
