"""What a run reports while it goes on: one JSON object per line, sheets, TensorBoard's files, and
whatever tracker is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from accelerate.tracking import WandBTracker
from torch import Tensor

from dynascene.errors import InputError
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.io.atomic import write_text
from dynascene.io.images import write_png
from dynascene.io.text import clear_read_errors, is_finite_number, parse_json
from dynascene.training.figures import finite_figures

LOG = "log.jsonl"
BOARD = "tensorboard"
FLUSH_SECONDS = 30  # of TensorBoard's files


class Journal:
    """Writes into a run's folder. Lines of steps that are to be done again are removed.

    Args:
        run: the folder.
        step: the last one whose lines stay.
        trackers: opened ones; they get all figures and sheets too.
    """

    def __init__(self, run: Path, step: int, trackers: Sequence[WandBTracker] = ()) -> None:
        from torch.utils.tensorboard import SummaryWriter  # a second to import

        self.run, self.trackers = run, tuple(trackers)
        run.mkdir(parents=True, exist_ok=True)
        earlier_lines = [line for line, entry in _lines(run / LOG) if entry["step"] <= step]
        write_text(run / LOG, "".join(line + "\n" for line in earlier_lines))
        self._board = SummaryWriter(str(run / BOARD), purge_step=step + 1, flush_secs=FLUSH_SECONDS)

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Figures after a step: a line of the log, flushed. JSON has no infinite ones: left out."""
        finite = finite_figures(figures)
        with (self.run / LOG).open("a") as log:
            log.write(json.dumps({"step": step, **finite}) + "\n")
        for name, value in finite.items():
            self._board.add_scalar(name, value, step)
        for tracker in self.trackers:
            tracker.log(finite, step=step)

    def sheet(self, step: int, picture: Tensor) -> Path:
        """A picture [3, H, W] in 0 … 1 under ``sheets/``."""
        path = self.run / "sheets" / f"{step:08d}.png"
        path.parent.mkdir(exist_ok=True)
        write_picture(path, picture)
        self._board.add_image("sheet", picture.clamp(0, 1).cpu(), step)
        for tracker in self.trackers:
            tracker.log_images({"sheet": [bytes_from_tensor(picture)]}, step=step)
        return path

    def close(self) -> None:
        """Write what TensorBoard has not written yet."""
        self._board.close()


def write_picture(path: Path, picture: Tensor) -> None:
    """A picture [3, H, W] in 0 … 1 as PNG."""
    write_png(path, bytes_from_tensor(picture))


def read_log(run: Path) -> list[dict[str, float]]:
    """All lines of a run's log.

    Raises:
        InputError: one of them is damaged.
    """
    return [entry for _, entry in _lines(run / LOG)]


def _lines(path: Path) -> list[tuple[str, dict[str, float]]]:
    """The whole lines and what they say; a process killed while writing may have left a part."""
    if not path.is_file():
        return []
    with clear_read_errors(path):
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [(line, _entry(line, f"{path}:{n}")) for n, line in enumerate(lines, 1) if line]


def _entry(line: str, where: str) -> dict[str, float]:
    try:
        entry = parse_json(line)
    except ValueError:
        entry = None
    if isinstance(entry, dict) and "step" in entry and all(map(is_finite_number, entry.values())):
        return entry
    raise InputError(f"{where}: is no line of a training's log; remove it")
