"""What a run reports while it goes on: one JSON object per line, sheets, TensorBoard if there."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from torch import Tensor

from dynascene.io.images import write_png

LOG = "log.jsonl"


class Journal:
    """Writes into a run's folder. Lines of steps that are to be done again are removed."""

    def __init__(self, run: Path, step: int) -> None:
        self.run = run
        run.mkdir(parents=True, exist_ok=True)
        kept = [line for line in _lines(run / LOG) if json.loads(line)["step"] <= step]
        (run / LOG).write_text("".join(line + "\n" for line in kept))
        self._board = _tensorboard(run)

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Figures of a step: a line of the log, flushed."""
        with (self.run / LOG).open("a") as log:
            log.write(json.dumps({"step": step, **figures}) + "\n")
        if self._board is not None:
            for name, value in figures.items():
                self._board.add_scalar(name, value, step)

    def sheet(self, step: int, picture: Tensor) -> Path:
        """A picture [3, H, W] in 0 … 1 under ``sheets/``."""
        path = self.run / "sheets" / f"{step:08d}.png"
        path.parent.mkdir(exist_ok=True)
        array = (picture.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
        write_png(path, np.ascontiguousarray(array))
        return path


def read_log(run: Path) -> list[dict[str, float]]:
    """All lines of a run's log."""
    return [json.loads(line) for line in _lines(run / LOG)]


def _lines(path: Path) -> list[str]:
    """The whole lines; a process killed while writing may have left a part of one."""
    if not path.is_file():
        return []
    return [line for line in path.read_text().split("\n")[:-1] if line]


def _tensorboard(run: Path):
    if importlib.util.find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(run))
