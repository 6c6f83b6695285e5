"""Faults of mattes: each kind does what its name says, and the film stays."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from dynascene.datasets.tasks.background import image_background, video_background
from dynascene.datasets.tasks.matte_errors import MATTE_ERRORS, augment_matte
from dynascene.datasets.tasks.outpainting import outpainting
from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.datasets.tasks.variation import video_variation

SEEDS = range(12)


def faulty(sample: TrainingSample, seed: int, *kinds) -> TrainingSample:
    return augment_matte(sample, np.random.default_rng(seed), kinds or None)


@pytest.fixture
def sample(make_clip) -> TrainingSample:
    return video_background(make_clip(3, 66, 94), np.random.default_rng(0))


@pytest.mark.parametrize("seed", SEEDS)
def test_matte_and_foreground_agree_and_the_rest_stays(sample, seed) -> None:
    made = faulty(sample, seed)
    assert torch.equal(made.foreground, sample.video * made.matte)
    assert made.matte.min() >= 0
    assert made.matte.max() <= 1
    for field in fields(sample):
        if field.name != "matte":
            assert getattr(made, field.name) is getattr(sample, field.name)


def test_a_fault_occurs_every_other_time(sample) -> None:
    for kind in MATTE_ERRORS:
        changed = [not torch.equal(faulty(sample, s, kind).matte, sample.matte) for s in range(40)]
        assert 8 <= sum(changed) <= 32, kind


@pytest.mark.parametrize("seed", SEEDS)
def test_erosion_and_dropping_take_away_and_dilation_adds(sample, seed) -> None:
    assert torch.all(faulty(sample, seed, "erode").matte <= sample.matte)
    assert torch.all(faulty(sample, seed, "dropped").matte <= sample.matte)
    assert torch.all(faulty(sample, seed, "dilate").matte >= sample.matte)


def test_jagged_edges_are_hard_and_near_the_edge(sample) -> None:
    for seed in SEEDS:
        made = faulty(sample, seed, "jagged").matte
        if torch.equal(made, sample.matte):
            continue
        assert set(made.unique().tolist()) == {0.0, 1.0}
        wrong = (made - (sample.matte > 0.5).float()).abs()
        assert 0 < wrong.mean() < 0.05
        return
    pytest.fail("never jagged")


def test_dropped_parts_lie_on_the_person_and_do_not_take_all_of_them(sample) -> None:
    losses = [
        1 - (faulty(sample, seed, "dropped").matte.sum() / sample.matte.sum()).item()
        for seed in range(40)
    ]
    real = [loss for loss in losses if loss > 0]
    assert len(real) > 8
    assert 0.01 < np.mean(real) < 0.5


@pytest.mark.parametrize("task", [outpainting, video_variation])
def test_without_a_person_in_the_foreground_nothing_happens(make_clip, task) -> None:
    sample = task(make_clip(), np.random.default_rng(0))
    assert all(faulty(sample, seed) is sample for seed in SEEDS)


def test_a_speck_is_not_eroded_to_nobody(make_clip) -> None:
    clip = make_clip()
    speck = torch.zeros_like(clip.matte)
    speck[:, :, 16, 20] = 1
    sample = image_background(replace(clip, matte=speck), np.random.default_rng(0))
    assert all(torch.any(faulty(sample, seed, "erode").matte) for seed in SEEDS)
