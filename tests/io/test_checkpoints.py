import pickle
from pathlib import Path

import pytest
import torch

from dynascene.errors import InputError
from dynascene.io.checkpoints import find_weights, read_tensors, write_tensors

TENSORS = {"a.weight": torch.arange(6.0).view(2, 3), "b": torch.ones(3, dtype=torch.float16)}


def same(one: dict, two: dict) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[k], two[k]) for k in one)


def test_safetensors_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "new" / "w.safetensors"
    write_tensors({**TENSORS, "t": TENSORS["a.weight"].T}, path, {"made": "here"})
    assert same(read_tensors(path), {**TENSORS, "t": TENSORS["a.weight"].T})
    assert [p.name for p in path.parent.iterdir()] == ["w.safetensors"]
    (path.parent / "own").touch()  # others may read it as far as they may read any new file
    assert path.stat().st_mode == (path.parent / "own").stat().st_mode


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"list|attribute|tensor"):
        write_tensors({"a": [1, 2]}, tmp_path / "w.safetensors")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"state_dict": s, "epoch": 3}])
def test_torch_files_of_both_ages(tmp_path: Path, zipped: bool, wrap) -> None:
    path = tmp_path / "w.ckpt"
    torch.save(wrap(TENSORS), path, _use_new_zipfile_serialization=zipped)
    assert same(read_tensors(path), TENSORS)


class Malice:
    ran = False

    def __reduce__(self):
        return (setattr, (Malice, "ran", True))


@pytest.mark.parametrize("save", [torch.save, lambda o, p: p.write_bytes(pickle.dumps(o))])
def test_code_in_a_pickle_never_runs(tmp_path: Path, save) -> None:
    path = tmp_path / "w.ckpt"
    save({"a": Malice()}, path)
    with pytest.raises(InputError) as refusal:
        read_tensors(path)
    assert "could run code" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not Malice.ran


@pytest.mark.parametrize(
    ("name", "content"),
    [("w.safetensors", b"\x10\0\0\0\0\0\0\0{"), ("w.safetensors", b""), ("w.ckpt", b""),
     ("w.pt", b"PK\x03\x04 broken"), ("w.bin", b"hello, world")],
)  # fmt: skip
def test_broken_files_are_refused_in_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as refusal:
        read_tensors(tmp_path / name)
    assert str(tmp_path / name) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_files_without_named_tensors_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such weights file"):
        read_tensors(tmp_path / "none.ckpt")
    torch.save([1, 2], tmp_path / "list.ckpt")
    with pytest.raises(InputError, match="holds a list"):
        read_tensors(tmp_path / "list.ckpt")
    torch.save({"epoch": 3}, tmp_path / "empty.ckpt")
    with pytest.raises(InputError, match="no named tensors"):
        read_tensors(tmp_path / "empty.ckpt")


def test_weights_are_found_in_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    for name in ("unet/a.safetensors", "unet/b.bin", "b.bin"):
        (tmp_path / name).touch()
    names = ("a.safetensors", "b.bin")
    assert find_weights(tmp_path, names, "unet") == tmp_path / "unet" / "a.safetensors"
    assert find_weights(tmp_path, names, "elsewhere") == tmp_path / "b.bin"
    assert find_weights(tmp_path / "b.bin", names) == tmp_path / "b.bin"
    with pytest.raises(InputError, match=r"holds none of c\.bin"):
        find_weights(tmp_path, ("c.bin",))
    with pytest.raises(InputError, match="no file, no folder and no hub id"):
        find_weights(tmp_path / "absent" / "deep", names)


def test_a_hub_that_cannot_be_reached_says_what_to_do(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(InputError, match=r"nobody/nothing: .*") as refusal:
        find_weights("nobody/nothing", ("a.safetensors",))
    assert "\n" not in str(refusal.value)
