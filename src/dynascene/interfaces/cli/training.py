"""``dynascene train`` and ``dynascene export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from dynascene.devices import choose_device
from dynascene.interfaces.cli.arguments import Switch, optional
from dynascene.interfaces.cli.recipe_list import with_recipes
from dynascene.interfaces.cli.training_options.computing import ComputingOptions
from dynascene.interfaces.cli.training_options.data import DataOptions
from dynascene.interfaces.cli.training_options.schedule import ScheduleOptions
from dynascene.interfaces.cli.training_options.upkeep import UpkeepOptions
from dynascene.interfaces.cli.training_options.weights import WeightOptions

if TYPE_CHECKING:  # imported where they are made: --help must not wait for torch
    from dynascene.training.run import Run, Settings


def train(
    recipe: Annotated[Positional[str], arg(metavar="RECIPE")],
    /,
    *,
    data: DataOptions,
    weights: WeightOptions,
    schedule: ScheduleOptions,
    computing: ComputingOptions,
    upkeep: UpkeepOptions,
    out: Annotated[Path | None, optional("RUN")] = None,
    dry_run: Switch = False,
) -> None:
    """Train a model; a run that was stopped goes on where its newest checkpoint stands.

    On several GPUs: torchrun --nproc_per_node N --no-python dynascene train RECIPE ...

    Systems and recipes: dynascene train --help

    Args:
        recipe: name of the recipe.
        out: folder of checkpoints, log.jsonl and sheets (default: runs/RECIPE).
        dry_run: show what would be trained, with a batch as RUN/dry-run.png, and stop.
    """
    from dynascene.extras import require

    require("train", "training")
    from dynascene.interfaces.cli.display import say
    from dynascene.interfaces.cli.training_display import progress_report, training_progress
    from dynascene.recipes import find_recipe
    from dynascene.recipes.rehearsal import rehearsal_settings, rehearse
    from dynascene.training.launching import is_first_process
    from dynascene.training.loading import default_workers
    from dynascene.training.run import Settings
    from dynascene.training.state import refuse_checkpoints
    from dynascene.training.trainer import train as run_training

    choose_device(computing.device)
    saving = upkeep.upkeep()
    groups = (data, weights, schedule, computing)
    chosen = {name: value for group in groups for name, value in group.settings().items()}
    settings = Settings(out=out or Path("runs") / recipe, **chosen)
    if dry_run:
        settings = rehearsal_settings(find_recipe(recipe), settings)
    run = find_recipe(recipe)(settings)
    if run.name != recipe:
        _say_once(f"recipe: {run.name}, which trains on filmed clips in place of {recipe}")
    if dry_run:
        if is_first_process():
            say(rehearse(run))
        return
    if upkeep.resume == "never":
        refuse_checkpoints(settings.out)
    _say_material(run, settings)
    workers = default_workers() if computing.workers is None else computing.workers
    with training_progress(run.steps) as show:
        run_training(
            run, settings.out, upkeep=saving, workers=workers, until=schedule.until, progress=show
        )
    _say_once(f"{settings.out}: {progress_report(settings.out, run.steps)}")


def _say_once(text: str) -> None:
    """A line of the first process alone."""
    from dynascene.interfaces.cli.display import say
    from dynascene.training.launching import is_first_process

    if is_first_process():
        say(text)


def _say_material(run: Run, settings: Settings) -> None:
    """Where pictures and clips come from."""
    from dynascene.recipes.filmed import filmed_recipes

    procedural = "procedural (--data DIR or $DYNASCENE_TRAINING_DATA names photographs)"
    _say_once(f"pictures: {settings.data or procedural}")
    if run.name in filmed_recipes() and not settings.clips:
        _say_once("clips: rendered (--clips DIR names filmed ones)")


def export(
    run: Annotated[Positional[Path], arg(metavar="RUN")],
    /,
    *,
    out: Annotated[Path, arg(metavar="DIR")],
    autoencoder: Annotated[Path | None, optional("DIR")] = None,
    evaluation: Annotated[tuple[Path, ...], optional("DIR…")] = (),
) -> None:
    """Write a run's averaged weights in half precision, as generate --weights takes them.

    Args:
        run: folder that dynascene train wrote.
        out: folder to write; must not hold anything.
        autoencoder: folder of an autoencoder with a finer decoder for the run's latents.
        evaluation: folders that dynascene evaluate wrote about these weights, for the model card.
    """
    from dynascene.extras import require
    from dynascene.interfaces.cli.display import say

    require("train", "the export of a run", ["pyarrow"])
    from dynascene.recipes.export import export_run

    card = export_run(run, out, autoencoder, evaluation)
    say(f"{out}: {card['megabytes']} MB after {card['steps']} steps")


COMMANDS = {"train": train, "export": export}
HELP = {"train": with_recipes}  # what only the command's own help needs: it loads torch
