"""Arrays of other people: mapped, plain numbers, and nothing that runs code."""

import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.evaluation.clip_files import read_clip_result
from dynascene.evaluation.metrics.state_dicts import read_flax
from dynascene.io.arrays import map_array
from dynascene.io.checkpoints import read_tensors
from dynascene.io.depth import read_depth
from dynascene.training.state import load_checkpoint


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return Path.mkdir, (self.path,)  # ty: ignore[invalid-return-type]


def header(path: Path, text: str) -> Path:
    """A file that is little more than a header."""
    text = text.ljust(117) + "\n"
    path.write_bytes(
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + b"\0" * 64
    )
    return path


def test_values_are_those_of_the_file(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    np.save(tmp_path / "a.npy", values)
    np.testing.assert_array_equal(map_array(tmp_path / "a.npy"), values)


@pytest.mark.parametrize(
    "text",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-3, 4), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (10**99,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': [], 'fortran_order': 0, 'shape': None}",
        "{'descr': '<f8'}", "[" * 90, "(", "", "\0", "print(1)",
    ],
)  # fmt: skip
def test_headers_of_no_sense_are_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"a\.npy: is not a plain") as refused:
        map_array(header(tmp_path / "a.npy", text))
    assert "\n" not in str(refused.value)


def test_a_zip_of_arrays_is_no_array(tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("wb") as file:
        np.savez(file, plain=np.zeros(3))
    with pytest.raises(InputError, match=r"a\.npy: is not a plain"):
        map_array(tmp_path / "a.npy")


def test_nothing_that_is_read_runs_code(tmp_path: Path) -> None:
    trap = Trap(tmp_path / "sprung")
    with (tmp_path / "control").open("wb") as file:
        pickle.dump(trap, file)
    pickle.loads((tmp_path / "control").read_bytes())
    (tmp_path / "sprung").rmdir()  # it works

    np.save(tmp_path / "a.npy", np.array([trap], object), allow_pickle=True)
    np.savez(tmp_path / "a.npz", plain=np.array([trap], object))
    torch.save({"state_dict": trap}, tmp_path / "a.pt")
    run = tmp_path / "00000001"
    run.mkdir()
    (run / "state.json").write_text('{"step": 1}')
    torch.save(trap, run / "optimiser.pt")
    refusals: list[Callable[[], object]] = [
        lambda: map_array(tmp_path / "a.npy"),
        lambda: read_depth(tmp_path / "a.npy"),
        lambda: read_tensors(tmp_path / "a.pt"),
        lambda: read_tensors(tmp_path / "control"),
        lambda: read_flax(tmp_path / "control"),
        lambda: load_checkpoint(run),
    ]
    for read in refusals:
        with pytest.raises(InputError) as refused:
            read()
        assert "\n" not in str(refused.value)
    assert read_clip_result(tmp_path / "a.npz") is None  # measured again
    assert not (tmp_path / "sprung").exists()
