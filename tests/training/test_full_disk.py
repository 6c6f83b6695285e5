"""A disk that fills up while a checkpoint is written."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource")
LIMIT = 20_000  # bytes of a file: a small network passes
SAVING = """
import resource, signal, sys
from pathlib import Path
import torch
from dynascene.errors import InputError
from dynascene.training.state import Checkpoint, save_checkpoint

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
small = {"scale": torch.zeros(1000)}
save_checkpoint(Path(), Checkpoint(1, small, small, small), keep=3)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
for count in map(int, sys.argv[2:]):
    try:
        save_checkpoint(Path(), Checkpoint(2, small, small, {"mean": torch.zeros(count)}), keep=3)
    except InputError as error:
        print(error)
"""


def test_an_optimiser_that_finds_no_room_is_said_in_one_line(tmp_path: Path) -> None:
    """In the middle of a tensor, and in what is still to be written at the end."""
    command = [sys.executable, "-c", SAVING, str(LIMIT), "100000", str(LIMIT // 4 - 50)]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    line = "checkpoints/00000002: cannot be written (File too large)"
    assert ran.stdout.splitlines() == [line, line]
    folder = tmp_path / "checkpoints"
    assert [path.name for path in folder.iterdir()] == ["00000001"]
    assert {path.name for path in (folder / "00000001").iterdir()} == {
        "weights.safetensors", "average.safetensors", "optimiser.pt", "state.json",
    }  # fmt: skip
