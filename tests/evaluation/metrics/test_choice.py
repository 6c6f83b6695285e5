"""Which metrics are measured."""

from pathlib import Path

import pytest

from dynascene.errors import InputError
from dynascene.evaluation.metrics.choice import choose_metrics


def test_without_weights_there_are_those_of_pixels(tmp_path: Path) -> None:
    metrics = choose_metrics(None, tmp_path)
    names = [metric.name for metric in metrics.columns]
    assert names == ["l1", "psnr", "ssim", "l1-paper", "psnr-paper", "edge", "person-change"]
    assert len(metrics.missing) == 7


def test_names_choose(tmp_path: Path) -> None:
    metrics = choose_metrics(["ssim", "light", "l1"], tmp_path)
    assert [metric.name for metric in metrics.columns] == ["l1", "ssim", "light"]
    assert not metrics.missing  # nobody asked for them


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lpips", "`metrics` lpips: there is contrast, edge, l1"),
        ("lpips-vgg", "`metrics` lpips-vgg: LPIPS-vgg: needs vgg16-397923af.pth and vgg.pth"),
        ("clip-temp", "`metrics` clip-temp: CLIP_cond, CLIP_temp: need config.json"),
    ],
)
def test_what_cannot_be_measured_is_told(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message) as caught:
        choose_metrics(["l1", name], tmp_path)
    assert "\n" not in str(caught.value)
