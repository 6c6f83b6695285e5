"""What is right in most frames mends what is wrong in some, where colours can tell."""

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from dynascene.estimators.frame_spool import in_memory
from dynascene.estimators.matte.appearance import NEARBY, Appearance
from dynascene.estimators.matte.evidence import Evidence
from dynascene.estimators.matte.opinion import pooled_opinion
from dynascene.estimators.matte.stance import (
    SECOND,
    Stance,
    averaged_in_step,
    find_stances,
    usual_shape,
)

F, H, W = 9, 72, 99
ROAD, CLOTHES, HAIR = (170, 168, 165), (50, 60, 95), (80, 60, 45)
HEAD = np.s_[16:24, 43:51]


def walker() -> tuple[np.ndarray, np.ndarray]:
    """Somebody in dark clothes who stays in one spot before a pale road: frames, truth."""
    frames = np.empty((F, H, W, 3), np.int16)
    truth = np.zeros((F, H, W), bool)
    frames[:] = ROAD
    frames[:, 24:60, 39:55], truth[:, 24:60, 39:55] = CLOTHES, True
    frames[(slice(None), *HEAD)], truth[(slice(None), *HEAD)] = HAIR, True
    noise = np.random.default_rng(3).integers(-4, 5, frames.shape)
    return np.clip(frames + noise, 0, 255).astype(np.uint8), truth


def pooled(frames: np.ndarray, opinion: np.ndarray) -> np.ndarray:
    """The pooled opinion where motion says nothing at all."""
    shape = frames.shape[:3]
    nothing = Evidence(np.zeros(shape, np.float16), *np.zeros((2, *shape), np.uint8))
    region = np.full(shape, 255, np.uint8)
    opinion = opinion.astype(np.float16)
    return in_memory(pooled_opinion(frames, region, nothing, nothing, opinion))


def test_an_opinion_too_wide_in_some_frames_is_trimmed() -> None:
    frames, truth = walker()
    opinion = np.where(truth, 3.0, -3.0)
    opinion[::3, 20:64, 19:75] = 3.0  # 20 pixels of road on either side
    found = pooled(frames, opinion) > 0
    assert (found != truth).mean() < 0.005


def test_a_head_lost_in_every_third_frame_comes_back() -> None:
    frames, truth = walker()
    opinion = np.where(truth, 3.0, -3.0)
    opinion[(slice(None, None, 3), *HEAD)] = -3.0
    found = pooled(frames, opinion) > 0
    assert found[(slice(None), *HEAD)].mean() > 0.97
    assert (found & ~truth).mean() < 0.005


def test_a_colour_that_both_have_says_nothing() -> None:
    frames, truth = walker()
    frames[:] = np.random.default_rng(5).choice(np.array([ROAD, CLOTHES, HAIR]), truth.shape)
    whole = Appearance(frames).log_ratios(truth * 1.0, ~truth * 1.0)
    parts = Appearance(frames, [Stance(47.0, 40.0, 25.0)] * F)
    for ratio, local in zip(whole, parts.log_ratios(truth * 1.0, ~truth * 1.0), strict=True):
        assert np.abs(ratio).max() < 0.1
        assert np.abs(local)[truth[0]].mean() < 0.2


def test_the_place_is_learnt_from_nearby_frames_only() -> None:
    """The sliding window against places that are empty beyond it."""
    frames, truth = walker()
    frames = np.concatenate([frames, 255 - frames, frames])  # 27 frames: more than a window
    person = np.concatenate([truth] * 3).astype(float)
    found = list(Appearance(frames).log_ratios(person, 1 - person))
    for index in (0, 9, 26):
        around = np.zeros_like(person)
        window = slice(max(0, index - NEARBY), index + NEARBY + 1)
        around[window] = 1 - person[window]
        expected = list(Appearance(frames).log_ratios(person, around))[index]
        np.testing.assert_allclose(found[index], expected, atol=1e-3)


def test_parts_have_colours_of_their_own() -> None:
    """Brown is the head above, and the ground below: the cell decides."""
    frames, truth = walker()
    frames[:, 60:] = HAIR
    stances = find_stances(truth.astype(np.float32))
    ratio = next(Appearance(frames, stances).log_ratios(truth * 1.0, ~truth * 1.0))
    assert np.median(ratio[HEAD]) > 1.0
    assert np.median(ratio[64:]) < -1.0


def test_the_stance_forgets_single_frames_and_follows_the_person() -> None:
    probabilities = np.zeros((15, H, W))
    for f in range(15):
        probabilities[f, 20:56, 20 + 2 * f : 36 + 2 * f] = 1.0
    probabilities[7, :, :] = 1.0
    stances = find_stances(probabilities)
    assert stances[7].x == pytest.approx(27 + 2 * 7, abs=2)
    assert stances[7].y == pytest.approx(37, abs=1)
    assert stances[7].size == pytest.approx(24, abs=1)
    usual = list(usual_shape(probabilities, stances))
    assert usual[7][24:52, 38:46].min() > 0.9
    assert usual[7][24:52, 66:].max() < 0.3


def test_an_average_in_blocks_is_that_of_the_whole_clip() -> None:
    """Of frames before, within and after a block, to the bit: each block has all that counts."""
    pictures = np.random.default_rng(1).random((150, 3, 5), np.float32)
    still = [np.array([[1.0, 0, 0], [0, 1.0, 0]])] * 150
    averages = np.stack(list(averaged_in_step(pictures, still, (5, 3), cv2.BORDER_REPLICATE)))
    whole = gaussian_filter1d(pictures, SECOND, axis=0, mode="nearest")
    np.testing.assert_array_equal(averages, whole)
