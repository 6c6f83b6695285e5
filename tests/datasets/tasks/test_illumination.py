"""Another light: what it changes, in which domain, and what it leaves alone."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from dynascene.datasets.tasks.background import video_background
from dynascene.datasets.tasks.illumination import (
    LightRanges,
    adjust_illumination,
    random_change,
    relight,
)
from dynascene.datasets.tasks.outpainting import outpainting
from dynascene.imaging.colour import linear_from_srgb

OFF = LightRanges(brightness=0, temperature=0, shading=0, gamma=0, contrast=0)
PARTS = [part.name for part in fields(LightRanges)]
GREY = torch.full((3, 15, 21), 0.4)
EVERYWHERE = torch.ones(1, 15, 21, dtype=torch.bool)


def relit(picture: torch.Tensor, seed: int, **ranges: float) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return relight(picture, EVERYWHERE, random_change(rng, replace(OFF, **ranges)))


def test_switched_off_it_changes_nothing() -> None:
    picture = torch.rand(3, 15, 21)
    torch.testing.assert_close(relit(picture, 0), picture, atol=2e-6, rtol=0)


@pytest.mark.parametrize("part", PARTS)
def test_each_part_has_its_switch(part) -> None:
    picture = torch.rand(3, 15, 21, generator=torch.Generator().manual_seed(0)) * 0.6 + 0.1
    changes = [(relit(picture, seed, **{part: 0.5}) - picture).abs().max() for seed in range(5)]
    assert max(changes) > 0.02


@pytest.mark.parametrize("task", [video_background, outpainting])
def test_holes_and_everything_else_stay_bit_for_bit(make_clip, task) -> None:
    for seed in range(5):
        sample = task(make_clip(), np.random.default_rng(seed))
        lit = adjust_illumination(sample, np.random.default_rng(seed))
        hole = (sample.scene_visibility == 0).expand_as(sample.scene_image)
        assert hole.any()
        assert torch.equal(lit.scene_image[hole], sample.scene_image[hole])
        assert (lit.scene_image != sample.scene_image)[~hole].float().mean() > 0.5
        assert lit.scene_image.abs().max() <= 1
        for field in fields(sample):
            if field.name != "scene_image":
                assert getattr(lit, field.name) is getattr(sample, field.name)


def test_what_holes_hold_does_not_matter_for_the_rest(make_clip) -> None:
    sample = outpainting(make_clip(), np.random.default_rng(0))
    hole = sample.scene_visibility == 0
    other = replace(sample, scene_image=sample.scene_image.masked_fill(hole, -1))
    a, b = (adjust_illumination(s, np.random.default_rng(1)) for s in (sample, other))
    assert torch.equal(a.scene_image * ~hole, b.scene_image * ~hole)


@pytest.mark.parametrize("seed", range(4))
def test_brightness_multiplies_light(seed) -> None:
    picture = torch.rand(3, 15, 21, generator=torch.Generator().manual_seed(1)) * 0.5 + 0.1
    ratio = linear_from_srgb(relit(picture, seed, brightness=1.0)) / linear_from_srgb(picture)
    torch.testing.assert_close(ratio, ratio.mean().expand_as(ratio), rtol=1e-4, atol=0)
    assert 0.5 <= ratio.mean() <= 2


@pytest.mark.parametrize("seed", range(6))
def test_temperature_keeps_the_luminance_of_a_grey(seed) -> None:
    light = linear_from_srgb(relit(GREY, seed, temperature=1.0))[:, 0, 0]
    luminance = light @ torch.tensor([0.2126, 0.7152, 0.0722])
    torch.testing.assert_close(luminance, linear_from_srgb(GREY)[0, 0, 0], rtol=1e-5, atol=0)
    torch.testing.assert_close(light[0] * light[2], light[1] ** 2, rtol=1e-4, atol=0)  # an axis


@pytest.mark.parametrize("seed", range(6))
def test_shading_is_antisymmetric_in_stops_about_the_middle(seed) -> None:
    light = linear_from_srgb(relit(GREY, seed, shading=1.0))
    stops = (light / linear_from_srgb(GREY)).log2()
    torch.testing.assert_close(stops, -stops.flip(-1, -2), atol=1e-4, rtol=0)
    steps = stops.diff(dim=-1)
    torch.testing.assert_close(steps, steps.mean().expand_as(steps), atol=1e-4, rtol=0)
    assert 0 < stops.max() <= 1


def test_contrast_turns_about_the_mean_of_what_is_seen() -> None:
    picture = torch.rand(3, 15, 21, generator=torch.Generator().manual_seed(2)) * 0.4 + 0.3
    visible = EVERYWHERE.clone()
    visible[..., :9] = False
    ranges = replace(OFF, contrast=0.3)
    result = relight(picture, visible, random_change(np.random.default_rng(0), ranges))
    seen = visible.expand_as(picture)
    assert result[seen].mean() == pytest.approx(picture[seen].mean().item(), abs=1e-4)
    slope = result[seen].std() / picture[seen].std()
    assert np.exp(-0.3) <= slope <= np.exp(0.3)
    assert abs(slope - 1) > 0.01


def test_a_picture_that_is_all_hole_is_no_trouble(make_clip) -> None:
    sample = video_background(make_clip(), np.random.default_rng(0))
    blind = replace(sample, scene_visibility=torch.zeros_like(sample.scene_visibility))
    lit = adjust_illumination(blind, np.random.default_rng(0))
    assert torch.equal(lit.scene_image, blind.scene_image)
