"""A run looked at before it starts: what is trained, how large, and one loss."""

import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from dynascene.models.backbone import parameter_count
from dynascene.training.run import Run
from dynascene.training.trainer import step_generator

BYTES_TRAINED = 20  # float32: weight, gradient, two moments of Adam, average
BYTES_FROZEN = 4


def rehearse(run: Run) -> str:
    """Build everything, draw the first batch, compute its loss; a text for people.

    Nothing is written but encoded clips. The memory named is that of weights and optimiser;
    activations come on top.
    """
    torch.manual_seed(run.seed)
    objective = run.objective()
    trained = objective.trained()
    lines = [json.dumps(run.numbers(), indent=2), "", "parameters (trained of all):"]
    for name, part in objective.named_children():
        lines.append(f"  {name}: {_share(part)}")
        lines += [f"    {name}.{child}: {_share(m)}" for child, m in _groups(part)]
    count = parameter_count(trained.values())
    frozen = parameter_count(objective.parameters()) - count
    megabytes = (count * BYTES_TRAINED + frozen * BYTES_FROZEN) / 1e6
    lines += [f"memory of weights and optimiser: {megabytes:.0f} MB", "", "first batch:"]
    samples = run.samples()
    batch = run.collate([samples[index] for index in range(run.batch)])
    lines += [f"  {name}: {list(tensor.shape)}" for name, tensor in _named(batch)]
    with torch.no_grad():
        losses = objective(batch, step_generator(run.seed, 0))
    lines.append(", ".join(f"{name} {value:.4f}" for name, value in losses.items()))
    return "\n".join(lines)


def _share(module: nn.Module) -> str:
    trained = parameter_count(p for p in module.parameters() if p.requires_grad)
    return f"{trained:,} of {parameter_count(module.parameters()):,}"


def _groups(module: nn.Module) -> list[tuple[str, nn.Module]]:
    """The parts of a denoiser that a reader knows by name."""
    parts = list(module.named_children())
    conditioners = getattr(module, "conditioners", None)
    if isinstance(conditioners, nn.ModuleDict):
        parts = [p for p in parts if p[0] != "conditioners"] + list(conditioners.items())
    return parts


def _named(batch: Any) -> list[tuple[str, Tensor]]:
    if isinstance(batch, Tensor):
        return [("pictures", batch)]
    return list(batch.items()) if isinstance(batch, Mapping) else []
