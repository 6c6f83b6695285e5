"""The processes and the precision of a run, through accelerate."""

from __future__ import annotations

import os
from datetime import timedelta

import torch
from accelerate import Accelerator
from accelerate.utils import (
    DistributedDataParallelKwargs,
    DistributedType,
    InitProcessGroupKwargs,
)

from dynascene.devices import chosen_device
from dynascene.errors import InputError, one_line
from dynascene.training.layout import Layout
from dynascene.training.run import Objective, Run, Settings
from dynascene.training.tracking import check_tracker
from dynascene.training.upkeep import TrackerName

PATIENCE = timedelta(hours=2)  # while the first process examines, the others wait
SUPPORTED = (
    DistributedType.NO,
    DistributedType.MULTI_CPU,
    DistributedType.MULTI_GPU,
    DistributedType.FSDP,
)


def open_accelerator(settings: Settings, log_with: TrackerName = "tensorboard") -> Accelerator:
    """One process, or all of those that torchrun or ``accelerate launch`` started, on GPUs or CPUs.

    Args:
        log_with: a tracker for ``start_trackers`` to open.

    Raises:
        InputError: the device does not have the precision, the tracker is not installed, or
            accelerate is set up in a way that this trainer does not support.
    """
    on_cpu = trains_on_cpu()
    if on_cpu and settings.precision == "fp16":  # accelerate would quietly compute in float32
        raise InputError("`precision` fp16: needs a GPU, and there is none; choose bf16 or no")
    tracker = check_tracker(log_with)
    try:
        accelerator = Accelerator(
            cpu=on_cpu,
            mixed_precision=settings.precision,
            gradient_accumulation_steps=settings.accumulate,
            log_with=tracker,
            kwargs_handlers=[
                # a step trains no more than what its tasks use
                # gradients lie in what is exchanged, not beside it
                DistributedDataParallelKwargs(
                    find_unused_parameters=True, gradient_as_bucket_view=True
                ),
                InitProcessGroupKwargs(timeout=PATIENCE),
            ],
        )
    except ValueError as error:
        raise InputError(
            f"`precision` {settings.precision}: is not to be had here ({one_line(error)})"
        ) from error
    if accelerator.gradient_accumulation_steps != settings.accumulate:
        raise InputError(
            f"accelerate's configuration accumulates {accelerator.gradient_accumulation_steps} "
            "parts; leave it out there and say `accumulate`"
        )
    fsdp1 = accelerator.distributed_type == DistributedType.FSDP and not accelerator.is_fsdp2
    if accelerator.distributed_type not in SUPPORTED or fsdp1:
        raise InputError(
            f"accelerate's configuration asks for {accelerator.distributed_type.value}; "
            "known are one process, several, and FSDP with fsdp_version 2"
        )
    return accelerator


def trains_on_cpu() -> bool:
    """Whether there is no GPU to train on, or the CPU was chosen."""
    return chosen_device() == "cpu" or not torch.accelerator.is_available()


def layout_of(run: Run, objective: Objective, processes: int = 1, rank: int = 0) -> Layout:
    """How the run's batches are shared out.

    Raises:
        InputError: they cannot be.
    """
    layout = Layout(
        batch=run.batch, accumulate=run.settings.accumulate, processes=processes, rank=rank
    )
    if layout.shares > 1 and not objective.additive:
        raise InputError(
            f"{run.name}: the loss needs a step's samples all at once; start it in one process "
            "and without `accumulate`"
        )
    return layout


def process_count() -> int:
    """How many processes torchrun or ``accelerate launch`` started; 1 without them."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first_process() -> bool:
    """Whether this is the only process, or the one of several that reports."""
    return int(os.environ.get("RANK", "0")) == 0
