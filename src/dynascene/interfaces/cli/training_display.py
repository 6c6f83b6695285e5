"""What a training shows while it goes on."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

LINE_EVERY = 50  # steps, where there is no terminal


@contextmanager
def training_progress(steps: int) -> Generator[Callable[[int, dict[str, float]], None]]:
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


def progress_report(out: Path, steps: int) -> str:
    """How far the run in a folder has come, and what there is to do with it.

    Args:
        out: the run's folder.
        steps: that the whole run has.
    """
    from dynascene.training.state import checkpoint_folders

    checkpoints = checkpoint_folders(out)  # the last step leaves one, wherever a run is stopped
    if not checkpoints:
        return f"no step of {steps} is done; without --until the same command trains"
    step = int(checkpoints[-1].name)
    state = "trained" if step >= steps else f"stopped after step {step} of {steps}"
    return f"{state}; dynascene export {out} --out DIR writes its weights"
