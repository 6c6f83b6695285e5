"""Weights that cannot be used: one line each, and nothing of them is run."""

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from test_diffusion_generator import save_pipeline

from dynascene.errors import InputError
from dynascene.generation import weights as loading
from dynascene.generation.weights import load_weights


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_pipeline(tmp_path / "weights", guide=True, awake=False)


def complaint(name: Path | str | None) -> str:
    with pytest.raises(InputError) as caught:
        load_weights(name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_saved_pipeline_is_loaded_ready_to_sample(folder: Path) -> None:
    loaded = load_weights(folder)
    assert not loaded.pipeline.denoiser.training
    assert loaded.pipeline.vae.dtype == torch.float32
    assert all(len(sha) == 64 for sha in loaded.sha256.values())
    assert len(loaded.sha256) == 3


def test_half_precision_files_are_calculated_in_full(folder: Path) -> None:
    for path in folder.rglob("*.safetensors"):
        save_file({key: tensor.half() for key, tensor in load_file(path).items()}, path)
    pipeline = load_weights(folder).pipeline
    assert pipeline.vae.dtype == pipeline.image_encoder.dtype == torch.float32


@pytest.mark.parametrize("name", [None, "small"])
def test_a_build_without_bundled_weights_says_so(name, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(loading, "bundled_folder", lambda: tmp_path / "absent")
    text = complaint(name)
    assert "no bundled weights" in text
    assert "`generator` projection" in text
    assert "`weights` PATH" in text


def test_the_bundled_name_means_the_bundled_folder(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(loading, "bundled_folder", lambda: folder)
    assert load_weights().sha256 == load_weights("small").sha256 == load_weights(folder).sha256


def test_names_of_nothing(tmp_path: Path) -> None:
    assert "no folder and no hub id" in complaint("no such thing")
    (tmp_path / "empty").mkdir()
    assert "has no model_index.json" in complaint(tmp_path / "empty")


class Exploit:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was run",))


def test_pickles_are_refused(folder: Path, tmp_path: Path) -> None:
    harmful = pickle.dumps(Exploit())
    (tmp_path / "model.ckpt").write_bytes(harmful)
    assert "is a file (a pickle, which could run code)" in complaint(tmp_path / "model.ckpt")
    for path in folder.rglob("*.safetensors"):
        path.with_suffix(".bin").write_bytes(harmful)
        path.unlink()
    assert "holds pickles" in complaint(folder)


def test_one_pickle_among_safetensors_is_not_read(folder: Path) -> None:
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    path.with_suffix(".bin").write_bytes(pickle.dumps(Exploit()))
    path.unlink()
    assert str(folder) in complaint(folder)


def test_an_index_names_only_known_classes(folder: Path) -> None:
    index = folder / "model_index.json"
    content = json.loads(index.read_text())
    index.write_text(json.dumps(content | {"vae": ["os", "system"]}))
    assert "vae is of os" in complaint(folder)
    index.write_text(json.dumps(content | {"_class_name": "StableDiffusionPipeline"}))
    assert "describes a StableDiffusionPipeline" in complaint(folder)
    index.write_text(json.dumps(content | {"safety_checker": [None, None]}))
    assert "safety_checker" in complaint(folder)
    for text in ("{", '"x"', "[]", "[" * 100_000):
        index.write_text(text)
        assert "cannot be read" in complaint(folder)


def test_damaged_or_foreign_tensors(folder: Path) -> None:
    path = folder / "denoiser" / "diffusion_pytorch_model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert str(folder) in complaint(folder)
    path.write_bytes(whole)
    tensors = load_file(path)
    missing = sorted(tensors)[3]
    save_file({key: tensor for key, tensor in tensors.items() if key != missing}, path)
    assert missing in complaint(folder)
