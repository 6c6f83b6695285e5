"""Which metrics a folder of published files gives, and what it lacks."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from wave_networks import fill, pictures, wave_lpips

from dynascene.errors import InputError
from dynascene.evaluation.metrics.i3d import I3D
from dynascene.evaluation.metrics.lpips import BACKBONES
from dynascene.evaluation.metrics.measures import JudgedClip
from dynascene.evaluation.metrics.networks import (
    I3D_FILE,
    I3D_SCRIPT,
    INCEPTION,
    RESNET,
    open_networks,
)
from dynascene.evaluation.metrics.resnet3d import ResNet3D
from dynascene.imaging.clip_metrics import ClipSimilarity

FRAMES = pictures(0.5)
NOTHING = np.zeros(0)


def judged(frames: np.ndarray, truth: np.ndarray) -> JudgedClip:
    return JudgedClip(frames, ClipSimilarity(truth), NOTHING, NOTHING, NOTHING, NOTHING)


def test_an_empty_folder_gives_one_line_for_each_metric(tmp_path: Path) -> None:
    networks = open_networks(tmp_path)
    assert networks.clips == networks.sets == []
    names = [line.partition(":")[0] for line in networks.missing]
    assert names == ["LPIPS-alex", "LPIPS-vgg", "LPIPS-squeeze", "FID", "FVD-I3D", "FVD-3DRes",
                     "CLIP_cond, CLIP_temp"]  # fmt: skip
    assert all(str(tmp_path) in line for line in networks.missing)
    with pytest.raises(InputError, match=r"`metric_weights` .*no such folder"):
        open_networks(tmp_path / "absent")


def test_lpips_of_torchvisions_file_and_the_published_heads(tmp_path: Path) -> None:
    reference, backbone = wave_lpips("alex"), BACKBONES["alex"]()
    fill(backbone)
    state = backbone.state_dict() | {"classifier.6.bias": torch.zeros(1000)}
    torch.save(state, tmp_path / "alexnet-owt-7be5be79.pth")
    heads = {
        f"lin{k}.model.1.weight": head.view(1, -1, 1, 1) for k, head in enumerate(reference.heads)
    }
    torch.save(heads, tmp_path / "alex.pth")
    metric = open_networks(tmp_path).clips[0]
    assert metric.name == "lpips-alex"
    assert sorted(metric.weights) == ["alex.pth", "alexnet-owt-7be5be79.pth"]
    truth = pictures(1.1)
    expected = reference.distances(FRAMES, truth).mean()
    assert metric.measure(judged(FRAMES, truth)) == pytest.approx(expected, rel=1e-5)


def flax_file(path: Path) -> None:
    """The wave network as flax keeps it: kernels [H, W, in, out], heads beside them."""
    reference, content = wave_lpips("alex"), {"AlexNet_0": {}}
    convolutions = [m for m in reference.backbone.features if hasattr(m, "weight")]
    for k, layer in enumerate(convolutions):
        kernel = layer.weight.detach().permute(2, 3, 1, 0).numpy()
        content["AlexNet_0"][f"Conv_{k}"] = {"kernel": kernel, "bias": layer.bias.detach().numpy()}
    for k, head in enumerate(reference.heads):
        content[f"NetLinLayer_{k}"] = {"Conv_0": {"kernel": head.view(1, 1, -1, 1).numpy()}}
    path.write_bytes(pickle.dumps(content, protocol=4))


def test_lpips_of_a_flax_file(tmp_path: Path) -> None:
    flax_file(tmp_path / "alexnet.ckpt")
    metric = open_networks(tmp_path).clips[0]
    truth = pictures(1.1)
    expected = wave_lpips("alex").distances(FRAMES, truth).mean()
    assert metric.measure(judged(FRAMES, truth)) == pytest.approx(expected, rel=1e-5)


def test_a_file_of_another_network_is_named(tmp_path: Path) -> None:
    torch.save(BACKBONES["squeeze"]().state_dict(), tmp_path / "alexnet-owt-7be5be79.pth")
    torch.save({}, tmp_path / "alex.pth")
    with pytest.raises(InputError, match=r"alexnet-owt-7be5be79.pth: is not this network's file"):
        open_networks(tmp_path)


class Inception(torch.nn.Module):
    """Mean colours in the place of features."""

    def forward(self, pictures: torch.Tensor, return_features: bool = False) -> torch.Tensor:
        assert pictures.dtype == torch.uint8
        return pictures.float().mean(dim=(2, 3)) if return_features else torch.zeros(1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch.jit's own
def test_fid_describes_eight_whole_frames(tmp_path: Path) -> None:
    torch.jit.script(Inception()).save(str(tmp_path / INCEPTION))
    metric = open_networks(tmp_path).sets[0]
    clip = np.arange(24, dtype=np.uint8)[:, None, None, None] * np.ones((24, 4, 6, 3), np.uint8)
    described = metric.describe(clip)
    assert described.shape == (8, 3)
    assert described[0, 0] == 0
    assert described[-1, 0] == 23
    (tmp_path / INCEPTION).write_text("text")
    with pytest.raises(InputError, match="is no TorchScript file"):
        open_networks(tmp_path)


def test_fvd_describes_a_whole_clip_once(tmp_path: Path) -> None:
    torch.save(I3D().state_dict(), tmp_path / I3D_FILE)
    metric = open_networks(tmp_path).sets[0]
    assert metric.name == "fvd-i3d"
    assert metric.describe(np.zeros((9, 20, 30, 3), np.uint8)).shape == (1, 400)
    assert "224×224" in metric.note


def test_a_clip_is_the_mean_of_its_segments(tmp_path: Path) -> None:
    torch.manual_seed(0)
    torch.save(ResNet3D().state_dict(), tmp_path / RESNET)
    metric = open_networks(tmp_path).sets[0]
    assert metric.name == "fvd-3dres"
    clip = np.repeat(pictures(0.5)[:1], 17, axis=0)
    clip[:16] = 255 - clip[:16]
    one, two = metric.describe(clip[:16]), metric.describe(clip[16:])
    difference = np.abs(metric.describe(clip) - (one + two) / 2).max()
    assert difference < 0.01 * np.abs(one - two).max()


class ScriptedI3D(torch.nn.Module):
    """The mean of each frame, by the options that the published file takes."""

    def forward(
        self, clips: torch.Tensor, rescale: bool, resize: bool, return_features: bool
    ) -> torch.Tensor:
        assert return_features
        assert not rescale
        assert not resize
        assert list(clips.shape[3:]) == [224, 224]
        return clips.mean(dim=(1, 3, 4))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fvd_reads_the_torchscript_file_too(tmp_path: Path) -> None:
    torch.jit.script(ScriptedI3D()).save(str(tmp_path / I3D_SCRIPT))
    metric = open_networks(tmp_path).sets[0]
    clip = np.full((9, 20, 30, 3), 255, np.uint8)
    clip[4] = 0
    described = metric.describe(clip)
    np.testing.assert_allclose(described, [[1, 1, 1, 1, -1, 1, 1, 1, 1]], atol=1e-5)
