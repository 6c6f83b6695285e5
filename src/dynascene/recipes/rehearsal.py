"""The dry run: what a run trains, its size, its data, and one loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from accelerate.utils import send_to_device
from torch import Tensor, nn

from dynascene.clip_tensors import ClipTensors
from dynascene.models.backbone import parameter_count
from dynascene.models.pretrained import missing_weights
from dynascene.training.counting import count_step, fake_objective
from dynascene.training.journal import write_picture
from dynascene.training.launching import layout_of, process_count, trains_on_cpu
from dynascene.training.memory import fixed_memory, saved_activations
from dynascene.training.run import FRESH, Objective, Run, Settings
from dynascene.training_batch import TrainingBatch

PICTURE = "dry-run.png"
LARGEST_ON_CPU = 300_000_000  # parameters; the loss of larger networks would take minutes there


def rehearse(run: Run) -> str:
    """Build everything, draw the first batch and compute its loss.

    Writes the batch as ``dry-run.png`` into the run's folder, where the recipe can draw it, and
    encoded clips where it caches them; nothing else.

    Returns:
        A text for people.
    """
    objective = _built(run).train()
    if run.checkpointing:
        objective.enable_checkpointing()
    numbers = layout_of(run, objective, process_count()).parts(0)[0]
    samples = run.samples()
    batch = send_to_device(run.collate([samples[number] for number in numbers]), "cpu")
    return "\n".join(
        [
            f"{run.name}:",
            *_noted_numbers(run),
            *_first_weights(run),
            "",
            "parameters (trained of all):",
            *_parameters(objective),
            "",
            f"first batch, {len(numbers)} of a step's {run.batch} samples:",
            *(f"  {name}: {content}" for name, content in _contents(batch)),
            _pictured(run, objective, batch),
            "",
            *_memory_and_loss(run, objective, batch, numbers),
        ]
    )


def rehearsal_settings(recipe: Callable[[Settings], Run], settings: Settings) -> Settings:
    """Settings whose first weights are here: a dry run fetches none, and goes without.

    Raises:
        InputError: as the recipe.
    """
    if settings.start is not None:
        return settings
    fresh = replace(settings, start=FRESH)
    public = recipe(fresh).public
    return fresh if public is None or missing_weights(public) else settings


def _built(run: Run) -> Objective:
    """The objective; fresh weights that are only counted are not allocated."""
    if run.settings.start == FRESH and trains_on_cpu():
        with torch.device("meta"):
            counted = run.objective()
        if _large(counted):
            return counted
    torch.manual_seed(run.seed)
    return run.objective()


def _noted_numbers(run: Run) -> list[str]:
    """Every number of the recipe with its note."""
    rows = dict(_flat(run.numbers()))
    notes = dict(run.notes)
    lines = []
    for name, value in rows.items():
        own = notes.pop(name, None) or notes.pop(name.rpartition(".")[2], None)
        lines.append(f"  {name:<26} {value}" + (f"   ({own})" if own else ""))
    return lines + [f"  {name}: {note}" for name, note in notes.items()]


def _first_weights(run: Run) -> Iterator[str]:
    """Where the run starts from public weights, whether they are here."""
    if run.public is not None and (missing := missing_weights(run.public)):
        yield f"  public weights: not here, to be fetched when it starts: {', '.join(missing)}"
    elif run.public is not None and run.settings.start is None:
        yield f"  public weights: {run.public.summary}, all here and read"


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Nested names joined by dots; the settings come last, without those that have no value."""
    for name, value in sorted(values.items(), key=lambda item: item[0] == "settings"):
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        elif value is not None:
            yield before + name, value


def _parameters(objective: Objective) -> Iterator[str]:
    for name, part in objective.named_children():
        yield f"  {name}: {_share(part)}"
        for child, module in _groups(part):
            yield f"    {name}.{child}: {_share(module)}"


def _share(module: nn.Module) -> str:
    trained = parameter_count(p for p in module.parameters() if p.requires_grad)
    return f"{trained:,} of {parameter_count(module.parameters()):,}"


def _groups(module: nn.Module) -> list[tuple[str, nn.Module]]:
    """The main parts of a denoiser, by name."""
    parts = list(module.named_children())
    conditioners = getattr(module, "conditioners", None)
    if isinstance(conditioners, nn.ModuleDict):
        parts = [p for p in parts if p[0] != "conditioners"] + list(conditioners.items())
    return parts


def _contents(batch: Any, name: str = "samples") -> Iterator[tuple[str, str]]:
    """The tensors of a batch with their shapes, by name, however they are nested."""
    if isinstance(batch, Tensor):
        yield name, str(list(batch.shape))
    elif isinstance(batch, Mapping | ClipTensors):
        for key, value in batch.items():
            yield from _contents(value, key)
    elif isinstance(batch, TrainingBatch):
        for key, value in vars(batch).items():
            yield from _contents(value, key)
    elif isinstance(batch, tuple):
        for key, value in zip(getattr(batch, "_fields", range(len(batch))), batch, strict=True):
            yield from _contents(value, str(key))
    elif batch is not None:
        yield name, ", ".join(map(str, batch)) if isinstance(batch, list) else str(batch)


def _pictured(run: Run, objective: Objective, batch: Any) -> str:
    picture = objective.picture(batch)
    if picture is None:
        return "  (this recipe has no picture of a batch)"
    run.settings.out.mkdir(parents=True, exist_ok=True)
    path = run.settings.out / PICTURE
    write_picture(path, picture)
    return f"  picture: {path}"


def _memory_and_loss(run: Run, objective: Objective, batch: Any, numbers: range) -> Iterator[str]:
    precision, fixed = run.settings.precision, fixed_memory(objective)
    listed = ", ".join(f"{name} {_megabytes(count)}" for name, count in fixed.items())
    yield f"memory (precision {precision}): {_megabytes(sum(fixed.values()))}, counted: {listed};"
    if trains_on_cpu() and _large(objective):
        yield from _counted_step(run, batch, len(numbers), sum(fixed.values()))
        return
    gpu = None if trains_on_cpu() else torch.accelerator.current_accelerator()
    device = gpu or torch.device("cpu")
    objective.to(device)
    activation_bytes, figures = saved_activations(
        objective, send_to_device(batch, device), precision, run.seed, numbers
    )
    yield (
        f"  activations on top {_megabytes(activation_bytes)}, measured on this batch: what the "
        "forward pass keeps for the gradient"
    )
    yield ", ".join(f"{name} {value:.4f}" for name, value in figures.items())


def _counted_step(run: Run, batch: Any, samples: int, fixed: int) -> Iterator[str]:
    """What a step takes that would be too long to run here."""
    objective = fake_objective(run.objective).train()
    if run.checkpointing:
        objective.enable_checkpointing()
    step = count_step(objective, batch, samples, run.settings.precision)
    recomputed = "computed again" if run.checkpointing else "not computed again"
    yield (
        f"  activations on top {_megabytes(step.activations)} ({recomputed}), at most "
        f"{_megabytes(step.peak)} in use at once, {_megabytes(fixed + step.peak)} in all: counted "
        "for a GPU, without its numbers"
    )
    yield f"a step: {step.flop / 1e12:,.0f} TFLOP; no loss: networks so large want an accelerator"


def _large(objective: Objective) -> bool:
    return parameter_count(objective.parameters()) > LARGEST_ON_CPU


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
