"""``dynascene train`` and ``dynascene export``."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from inspect import cleandoc
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from dynascene.devices import choose_device
from dynascene.interfaces.cli.arguments import OptionalDevice, optional, parse_worlds

LINE_EVERY = 50  # steps, where there is no terminal
SEE_HELP = "Systems and recipes: dynascene train --help"  # where help must not wait for torch


def train(
    recipe: Annotated[Positional[str], arg(metavar="RECIPE")],
    /,
    *,
    out: Annotated[Path | None, optional("RUN")] = None,
    steps: Annotated[int | None, optional("N")] = None,
    batch: Annotated[int | None, optional("B")] = None,
    lr: Annotated[float | None, optional("RATE")] = None,
    seed: int = 0,
    data: Annotated[Path | None, optional("DIR")] = None,
    clips: Annotated[tuple[str, ...], optional("DIR|URL…")] = (),
    worlds: Annotated[tuple[str, ...], optional("NAME=SHARE…")] = (),
    start: Annotated[
        str | None, arg(name="from", metavar="RUN|WEIGHTS|random", help_behavior_hint="")
    ] = None,
    autoencoder: Annotated[Path | None, optional("DIR")] = None,
    cache: Annotated[Path | None, optional("DIR")] = None,
    until: Annotated[int | None, optional("STEP")] = None,
    workers: Annotated[int | None, optional("N")] = None,
    precision: Literal["no", "bf16", "fp16"] = "bf16",
    accumulate: Annotated[int, arg(metavar="N")] = 1,
    checkpointing: bool = False,
    keep_activations: bool = False,
    checkpoint_minutes: Annotated[float, arg(metavar="MINUTES")] = 30.0,
    keep: Annotated[int, arg(metavar="N")] = 2,
    log_with: Literal["tensorboard", "wandb"] = "tensorboard",
    resume: Literal["auto", "never"] = "auto",
    device: OptionalDevice = None,
    dry_run: bool = False,
) -> None:
    """Train a model; a run that was stopped goes on where its newest checkpoint stands.

    On several GPUs: torchrun --nproc_per_node N --no-python dynascene train RECIPE ...

    Systems and recipes: dynascene train --help

    Args:
        recipe: name of the recipe.
        out: folder of checkpoints, log.jsonl and sheets (default: runs/RECIPE).
        steps: length of the whole run, which the learning rate follows.
        batch: samples per step, over all processes.
        lr: peak learning rate.
        seed: seed of weights, data and noise.
        data: folder of imagery with a MANIFEST.tsv (default: $DYNASCENE_TRAINING_DATA, else
            procedural pictures), or a data set of filmed clips, as --clips takes it.
        clips: folders or URLs of filmed clips, for dynascene.small and the recipes of stages
            (default: rendered clips).
        worlds: how often each world of rendered clips is drawn (default: turn=0.35 stage=0.3
            layered=0.35); solid needs OpenGL.
        start: weights to start from: a run, exported weights, or random (default: public weights
            for sd15, fresh ones else; a second stage asks for the run of its first).
        autoencoder: folder of a trained small autoencoder (default: the bundled one).
        cache: folder of encoded or fetched clips, which runs may share (default: in RUN).
        until: stop after this step.
        workers: processes that make samples ahead, for each training process (default: its share of
            the cores but one, 1 to 8). Samples do not depend on it.
        precision: of activations; weights stay float32. fp16 needs a GPU.
        accumulate: parts of a step's batch, one after the other, to save memory.
        checkpointing: compute activations again instead of keeping them, to save memory (default
            for clips at size sd15).
        keep_activations: do not, to save time.
        checkpoint_minutes: minutes after which a checkpoint is written, where the recipe's number
            of steps takes longer.
        keep: how many checkpoints stay.
        log_with: wandb logs there too; TensorBoard's files are always written.
        resume: where RUN holds checkpoints, go on (auto) or stop with an error (never).
        device: where to train: cpu, cuda or mps (default: a GPU where there is one, else the CPU).
        dry_run: show what would be trained, with a batch as RUN/dry-run.png, and stop.
    """
    from dynascene.errors import InputError
    from dynascene.extras import require
    from dynascene.interfaces.cli.display import say

    require("train", "training")
    from dynascene.io.manifests import MANIFEST as CLIP_MANIFEST
    from dynascene.recipes import find_recipe
    from dynascene.recipes.filmed import filmed_recipes
    from dynascene.recipes.rehearsal import rehearsal_settings, rehearse
    from dynascene.training.launching import is_first_process
    from dynascene.training.loading import default_workers
    from dynascene.training.run import Settings
    from dynascene.training.state import refuse_checkpoints
    from dynascene.training.trainer import train as run_training
    from dynascene.training.upkeep import Upkeep

    choose_device(device)
    if checkpointing and keep_activations:
        raise InputError("give --checkpointing or --keep-activations, not both")
    upkeep = Upkeep(checkpoint_minutes=checkpoint_minutes, keep=keep, log_with=log_with)
    if data is not None and (data / CLIP_MANIFEST).is_file():
        clips, data = (*clips, str(data)), None
    out = out or Path("runs") / recipe
    settings = Settings(
        out=out,
        data=data,
        autoencoder=autoencoder,
        cache=cache,
        seed=seed,
        steps=steps,
        batch=batch,
        learning_rate=lr,
        clips=clips,
        **({"worlds": parse_worlds(worlds)} if worlds else {}),
        start=start,
        precision=precision,
        accumulate=accumulate,
        checkpointing=True if checkpointing else False if keep_activations else None,
    )
    if dry_run:
        settings = rehearsal_settings(find_recipe(recipe), settings)
    run = find_recipe(recipe)(settings)
    if run.name != recipe and is_first_process():
        say(f"recipe: {run.name}, which trains on filmed clips in place of {recipe}")
    if dry_run:
        if is_first_process():
            say(rehearse(run))
        return
    if resume == "never":
        refuse_checkpoints(out)
    if is_first_process():
        say(
            f"pictures: {settings.data}"
            if settings.data
            else "pictures: procedural (--data DIR or $DYNASCENE_TRAINING_DATA names photographs)"
        )
        if run.name in filmed_recipes() and not clips:
            say("clips: rendered (--clips DIR names filmed ones)")
    workers = default_workers() if workers is None else workers
    with _progress(run.steps) as show:
        run_training(run, out, upkeep=upkeep, workers=workers, until=until, progress=show)
    if is_first_process():
        say(f"{out}: {_report(out, run.steps)}")


def with_recipes(text: str) -> str:
    """The help of ``train``, with what there is in place of SEE_HELP."""
    from dynascene.models.sizes import SIZES
    from dynascene.models.systems import SYSTEMS
    from dynascene.recipes import all_recipes

    of_one_size: list[str] = []
    sizes_of: dict[str, list[str]] = {}
    for name in all_recipes():
        size = next((s for s in SIZES if f".{s}." in name), None)
        if size is None:
            of_one_size.append(name)
        else:
            sizes_of.setdefault(name.replace(f".{size}.", ".SIZE."), []).append(size)
    groups: dict[str, list[str]] = {}
    for name, sizes in sizes_of.items():
        groups.setdefault(" or ".join(sizes), []).append(name)
    staged = "; ".join(f"with SIZE {sizes}: {', '.join(names)}" for sizes, names in groups.items())
    systems = "; ".join(f"{system.name} ({system.description})" for system in SYSTEMS.values())
    recipes = (
        f"Systems: {systems}.\n\nRecipes: {', '.join(of_one_size)}; by tasks on clips, {staged} "
        "(docs/training.md)."
    )
    return cleandoc(text).replace(SEE_HELP, recipes)


def _report(out: Path, steps: int) -> str:
    """How far a run has come, and what there is to do with it."""
    from dynascene.training.state import checkpoint_folders

    checkpoints = checkpoint_folders(out)  # the last step leaves one, wherever a run is stopped
    if not checkpoints:
        return f"no step of {steps} is done; without --until the same command trains"
    step = int(checkpoints[-1].name)
    state = "trained" if step >= steps else f"stopped after step {step} of {steps}"
    return f"{state}; dynascene export {out} --out DIR writes its weights"


@contextmanager
def _progress(steps: int) -> Generator[Callable[[int, dict[str, float]], None]]:
    """A bar with the present loss on a terminal, a line now and then elsewhere."""
    from dynascene.interfaces.cli.display import Terminal
    from dynascene.training.launching import is_first_process

    console = Terminal().console
    if not console.is_terminal or not is_first_process():
        yield lambda step, figures: _line(step, steps, figures)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn("loss {task.fields[loss]:.4f}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, Remaining(), console=console) as progress:
        task = progress.add_task("", total=steps, loss=float("nan"))
        yield lambda step, figures: progress.update(task, completed=step, loss=figures["loss"])


def _line(step: int, steps: int, figures: dict[str, float]) -> None:
    if step == 1 or step % LINE_EVERY == 0:
        seconds, loss = figures["seconds"], figures["loss"]
        print(f"step {step}/{steps}: loss {loss:.4f}, {seconds:.2f} s", flush=True)


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
