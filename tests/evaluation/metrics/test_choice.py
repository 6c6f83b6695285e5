"""Which metrics are measured."""

from pathlib import Path

import pytest

from dynascene.errors import InputError
from dynascene.evaluation.metrics.choice import choose_metrics
from dynascene.evaluation.metrics.networks import INCEPTION, NETWORK_METRICS, open_networks


def test_without_weights_there_are_those_of_pixels(tmp_path: Path) -> None:
    metrics = choose_metrics(None, tmp_path)
    names = [metric.name for metric in metrics.columns]
    assert names == ["l1", "psnr", "ssim", "l1-paper", "psnr-paper", "edge", "person-change"]
    assert len(metrics.missing) == 7


def test_names_choose(tmp_path: Path) -> None:
    metrics = choose_metrics(["ssim", "light", "l1"], tmp_path)
    assert [metric.name for metric in metrics.columns] == ["l1", "ssim", "light"]
    assert not metrics.missing  # nobody asked for them


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch.jit's own
def test_other_networks_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / INCEPTION).write_text("no network")
    assert [metric.name for metric in choose_metrics(["ssim"], tmp_path).columns] == ["ssim"]
    with pytest.raises(InputError, match="is no TorchScript file"):
        choose_metrics(["ssim", "fid"], tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lpips", "`metrics` lpips: there is clip-cond, clip-temp, contrast, edge, fid, "),
        ("lpips-vgg", "`metrics`: LPIPS-vgg: needs vgg16-397923af.pth and vgg.pth"),
        ("clip-temp", "`metrics`: CLIP_cond, CLIP_temp: need config.json"),
    ],
)
def test_what_cannot_be_measured_is_told(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message) as caught:
        choose_metrics(["l1", name], tmp_path)
    assert "\n" not in str(caught.value)


def test_each_name_of_a_network_looks_for_its_files_alone(tmp_path: Path) -> None:
    assert len(open_networks(tmp_path, ()).missing) == 0
    for name in NETWORK_METRICS:
        (line,) = open_networks(tmp_path, [name]).missing
        assert name.replace("-", "_") in line.partition(":")[0].lower().replace("-", "_")
