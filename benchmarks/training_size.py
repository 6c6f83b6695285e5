"""What a step of training takes at full size, counted without running it and without a GPU.

    python benchmarks/training_size.py [--recipes dynascene.sd15.stage1 …]

Rows: each stage in one process, with activations kept and with them computed again. Weights,
gradients, Adam's moments and averages are counted by parameters; activations and FLOP by a step on
tensors without numbers (``training.counting``), in bf16. ``peak`` is the most that forward and
backward pass have in use beside those four, the batch included.
"""

import argparse
import tempfile
from pathlib import Path

import torch

from dynascene.models.sizes import SD15
from dynascene.recipes import find_recipe
from dynascene.training.counting import StepCount, count_step, fake_objective
from dynascene.training.memory import fixed_memory
from dynascene.training.run import FRESH, Settings
from dynascene.training_batch import TrainingBatch
from dynascene.types import Batch

RECIPES = ("dynascene.sd15.stage1", "dynascene.sd15.stage2", "dynascene.sd15.single_stage")
COLUMNS = ("recipe", "checkpointing", "weights", "gradients", "Adam", "averages", "activations",
           "peak", "all at the peak", "PFLOP")  # fmt: skip


def empty_batch(clips: int, frames: int) -> TrainingBatch:
    """A batch of the real size that says nothing."""
    width, height = SD15.resolution
    pixels = torch.zeros(clips, frames, 1, height, width)
    colours = pixels.expand(-1, -1, 3, -1, -1)
    return TrainingBatch(
        clip=Batch(
            matte=pixels,
            foreground=colours.clone(),
            scene_image=colours[:, 0].clone(),
            scene_visibility=pixels[:, 0].clone(),
            cam_from_world=torch.eye(4).expand(clips, frames, -1, -1),
            intrinsics=torch.eye(3).expand(clips, frames, -1, -1),
            has_camera=torch.ones(clips, dtype=torch.bool),
        ),
        targets={"video": colours.clone()},
        loss_mask=pixels.clone(),
        tasks=[""] * clips,
    )


def counted(recipe: str, *, checkpointing: bool) -> tuple[dict[str, int], StepCount]:
    """The fixed memory of a recipe, and a step of its own batch in one process."""
    run = find_recipe(recipe)(Settings(out=Path(tempfile.gettempdir()), start=FRESH))
    objective = fake_objective(run.objective).train()
    if checkpointing:
        objective.enable_checkpointing()
    frames = 1 if recipe.endswith("stage1") else SD15.frames
    batch = empty_batch(run.batch, frames)
    return fixed_memory(objective), count_step(objective, batch, run.batch, "bf16")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipes", nargs="+", default=RECIPES)
    arguments = parser.parse_args()
    print("| " + " | ".join(COLUMNS) + " |")
    print("|" + " --- |" * len(COLUMNS))
    for recipe in arguments.recipes:
        for checkpointing in (False, True):
            fixed, step = counted(recipe, checkpointing=checkpointing)
            sizes = [*fixed.values(), step.activations, step.peak, sum(fixed.values()) + step.peak]
            cells = [recipe, "on" if checkpointing else "off", *(f"{s / 1e9:.1f}" for s in sizes)]
            print("| " + " | ".join([*cells, f"{step.flop / 1e15:.3f}"]) + " |", flush=True)


if __name__ == "__main__":
    main()
