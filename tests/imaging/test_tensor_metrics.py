"""PSNR and detail of weighted tensors against their definitions."""

import math

import pytest
import torch

from dynascene.imaging.clip_metrics import psnr
from dynascene.imaging.tensor_metrics import detail_share, weighted_psnr


def test_psnr_is_its_definition_on_what_counts() -> None:
    true = torch.zeros(1, 2, 3, 4, 4)
    frames = true.clone()
    frames[..., :2] = 0.1
    weight = torch.zeros(1, 2, 1, 4, 4)
    weight[..., :2] = 1
    assert weighted_psnr(frames, true, weight) == pytest.approx(20)
    assert weighted_psnr(frames, true, torch.ones_like(weight)) == pytest.approx(20 + 10 * 0.30103)
    assert weighted_psnr(frames, true, 0.001 * weight) == pytest.approx(20)
    assert math.isnan(weighted_psnr(frames, true, 0 * weight))  # nothing was judged


def test_detail_is_a_share_of_the_true_slopes() -> None:
    true = torch.zeros(1, 1, 3, 4, 4)
    true[..., 2:] = 1
    weight = torch.ones(1, 1, 1, 4, 4)
    assert detail_share(0.5 * true, true, weight) == pytest.approx(0.5)
    assert math.isnan(detail_share(true, true, 0 * weight))


def test_psnr_is_that_of_bytes_where_weights_are_0_and_1() -> None:
    generator = torch.Generator().manual_seed(0)
    frames, true = torch.randint(0, 256, (2, 1, 3, 3, 13, 17), generator=generator)
    region = torch.rand(1, 3, 1, 13, 17, generator=generator) < 0.4
    expected = psnr(
        *(clip[0].permute(0, 2, 3, 1).byte().numpy() for clip in (frames, true)),
        region[0, :, 0].numpy(),
    )
    found = weighted_psnr(frames / 255, true / 255, region.float())
    assert found == pytest.approx(expected, abs=1e-4)


def test_psnr_of_equal_clips_is_capped() -> None:
    same = torch.rand(1, 2, 3, 4, 4)
    assert weighted_psnr(same, same, torch.ones(1, 2, 1, 4, 4)) == pytest.approx(100)
