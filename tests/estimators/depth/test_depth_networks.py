"""The doors to depth networks, with tiny random ones behind them."""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dynascene.errors import InputError
from dynascene.estimators.depth.backends import DEPTH_NETWORKS, default_depth
from dynascene.estimators.depth.depth_anything import DepthAnything
from dynascene.estimators.depth.moge import MoGe
from dynascene.estimators.weights import pinned_sha256, weights_folder
from dynascene.io.checksums import sha256_of

PICTURE = np.random.default_rng(3).integers(0, 256, (33, 57, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the hub's, with a network of a few thousand random numbers."""
    from transformers import (
        DepthAnythingConfig,
        DepthAnythingForDepthEstimation,
        Dinov2Config,
    )
    from transformers.models.dpt.image_processing_pil_dpt import DPTImageProcessorPil

    folder = tmp_path_factory.mktemp("depth-anything")
    backbone = Dinov2Config(
        hidden_size=12, num_hidden_layers=4, num_attention_heads=3, image_size=42, patch_size=14,
        out_indices=[1, 2, 3, 4], reshape_hidden_states=False,
    )  # fmt: skip
    config = DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=12, patch_size=14,
        neck_hidden_sizes=[3, 6, 9, 12], fusion_hidden_size=6, head_hidden_size=3,
    )  # fmt: skip
    torch.manual_seed(3)
    DepthAnythingForDepthEstimation(config).save_pretrained(folder)
    size = {"height": 42, "width": 42}
    DPTImageProcessorPil(size=size, keep_aspect_ratio=True, ensure_multiple_of=14).save_pretrained(
        folder
    )
    return folder


def test_depth_anything_answers_at_the_pictures_size(network: Path) -> None:
    estimate = DepthAnything(network)(PICTURE)
    assert estimate.kind == "disparity"
    assert estimate.values.shape == PICTURE.shape[:2]
    assert estimate.values.dtype == np.float32
    again = DepthAnything(network)(PICTURE)
    np.testing.assert_array_equal(estimate.values, again.values)
    other = DepthAnything(network)(255 - PICTURE)
    assert not np.array_equal(estimate.values, other.values), "it looks at the picture"


def test_folders_that_hold_no_network(network: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"config\.json"):
        DepthAnything(tmp_path)
    (tmp_path / "config.json").write_text((network / "config.json").read_text())
    with pytest.raises(InputError, match="no Depth Anything network") as refusal:
        DepthAnything(tmp_path)
    assert "\n" not in str(refusal.value)


def test_without_weights_there_is_no_depth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path))
    assert default_depth() is None


def test_moge_without_its_package_says_what_to_install(tmp_path: Path) -> None:
    if "moge" in sys.modules:
        pytest.skip("the package is installed")
    with pytest.raises(InputError, match="pip install"):
        MoGe(tmp_path)


class TinyMoGe(torch.nn.Module):
    """Answers as the real one: depth with infinite sky, intrinsics relative to the picture."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.metres = torch.nn.Parameter(torch.ones(3) * scale)

    def infer(self, image: torch.Tensor, fov_x: float | None, use_fp16: bool) -> dict:
        assert not use_fp16
        depth = image.mean(0) + self.metres[0]
        depth[0] = torch.inf
        focal = 0.9 if fov_x is None else 0.5 / np.tan(np.radians(fov_x) / 2)
        intrinsics = torch.tensor([[focal, 0, 0.5], [0, 1.0, 0.5], [0, 0, 1]])
        return {"depth": depth.detach(), "intrinsics": intrinsics}


@pytest.fixture
def moge_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("moge", "moge.model"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    package = SimpleNamespace(MoGeModel=TinyMoGe)
    monkeypatch.setitem(sys.modules, "moge.model.v2", package)  # ty: ignore[invalid-argument-type]


@pytest.mark.usefixtures("moge_package")
def test_moge_gives_metres_and_a_focal_length(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"scale": 1.0}))
    save_file({"metres": torch.full((3,), 30.0)}, tmp_path / "model.safetensors")
    estimate = MoGe(tmp_path)(PICTURE)
    assert estimate.kind == "metres"
    assert estimate.focal == pytest.approx(0.9 * 57)
    assert estimate.values[1:].min() >= 30
    assert np.isinf(estimate.values[0]).all()
    assert MoGe(tmp_path, fov=90.0)(PICTURE).focal == pytest.approx(57 / 2)


@pytest.mark.usefixtures("moge_package")
def test_moge_refuses_a_pickle_and_what_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no model\.safetensors"):
        MoGe(tmp_path)
    (tmp_path / "model.pt").write_bytes(b"pickle")
    with pytest.raises(InputError, match="could run code"):
        MoGe(tmp_path / "model.pt")
    (tmp_path / "config.json").write_text('{"scale": 1.0}')
    save_file({"other": torch.zeros(3)}, tmp_path / "model.safetensors")
    with pytest.raises(InputError, match="no MoGe network") as refusal:
        MoGe(tmp_path)
    assert "\n" not in str(refusal.value)


@pytest.mark.usefixtures("moge_package")
def test_a_moge_in_the_cache_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path))
    folder = weights_folder("moge")
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"scale": 1.0}))
    assert default_depth() is None
    save_file({"metres": torch.full((3,), 30.0)}, folder / "model.safetensors")
    estimator = default_depth()
    assert estimator is not None
    assert estimator(PICTURE).kind == "metres"
    recorded = DEPTH_NETWORKS[estimator.name].sha256()
    assert recorded == sha256_of(folder / "model.safetensors")


def test_the_pinned_network_is_recorded_as_pinned() -> None:
    assert DepthAnything.name == "depth-anything"
    recorded = DEPTH_NETWORKS[DepthAnything.name].sha256()
    assert {DepthAnything.name: recorded} == pinned_sha256("depth-anything")
