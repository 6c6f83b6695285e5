"""Published weights: read as numbers, every key accounted for."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from dynascene.errors import InputError
from dynascene.evaluation.metrics.state_dicts import load_exactly, read_flax, read_state_dict

STATE = {"weight": torch.arange(6.0).view(2, 3), "bias": torch.ones(2)}


def test_files_of_tensors_and_their_wrappers(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "a.safetensors")
    torch.save(STATE, tmp_path / "b.pth")
    torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in STATE.items()}},
               tmp_path / "c.pth")  # fmt: skip
    for name in ("a.safetensors", "b.pth", "c.pth"):
        state = read_state_dict(tmp_path / name)
        assert set(state) == set(STATE)
        assert torch.equal(state["weight"], STATE["weight"])


class Intruder:
    def __reduce__(self) -> tuple:
        return os.system, ("touch intruder",)


@pytest.mark.parametrize("reader", [read_state_dict, read_flax])
def test_what_could_run_code_is_refused(reader, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps({"weight": Intruder()}, protocol=2))
    with pytest.raises(InputError, match=r"weights.pth: cannot be read as weights") as caught:
        reader(path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "intruder").exists()


@pytest.mark.parametrize("reader", [read_state_dict, read_flax])
def test_files_that_are_no_weights(reader, tmp_path: Path) -> None:
    (tmp_path / "text.pth").write_text("no weights")
    for name in ("text.pth", "absent.pth"):
        with pytest.raises(InputError, match=f"{name}: cannot be read as weights"):
            reader(tmp_path / name)


@pytest.mark.parametrize("content", [[torch.ones(2)], {0: torch.ones(2)}, {"weight": 3}])
def test_what_has_no_tensors_by_name_is_no_state_dict(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "list.pth")
    with pytest.raises(InputError, match="holds no tensors by name"):
        read_state_dict(tmp_path / "list.pth")


def test_flax_checkpoints_are_arrays_by_path(tmp_path: Path) -> None:
    content = {"params": {"Conv_0": {"kernel": np.arange(6.0).reshape(2, 3)}}, "step": 3}
    (tmp_path / "net.ckpt").write_bytes(pickle.dumps(content, protocol=4))
    arrays = read_flax(tmp_path / "net.ckpt")
    assert list(arrays) == ["params/Conv_0/kernel"]
    np.testing.assert_array_equal(arrays["params/Conv_0/kernel"], np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bias": None}, "it lacks bias"),
        ({"gain": torch.ones(1)}, "it has unknown gain"),
        ({"weight": torch.ones(3, 2)}, "it has in another shape weight"),
    ],
)
def test_every_key_is_accounted_for(change: dict, message: str) -> None:
    state = {k: v for k, v in (STATE | change).items() if v is not None}
    with pytest.raises(InputError, match=f"net.pth: is not this network's file: {message}"):
        load_exactly(nn.Linear(3, 2), state, "net.pth")


def test_weights_are_loaded_and_rest(tmp_path: Path) -> None:
    network = nn.Linear(3, 2)
    load_exactly(network, STATE | {"classifier.1.bias": torch.ones(9)}, "x", ("classifier.",))
    assert torch.equal(network.weight, STATE["weight"])
    assert not network.training
    assert not network.weight.requires_grad
