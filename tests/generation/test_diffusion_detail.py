"""Joining model and guide: light and large forms are the model's, detail is the guide's."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from dynascene.generation.detail import (
    LIGHT_SHARE,
    blurred,
    carried_on,
    join_bands,
    keep_seen,
    resized,
)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", [(18, 32), (45, 81), (9, 16)])
def test_an_unchanged_guide_is_the_guide_itself(size) -> None:
    coarse, guide = noise(3, 3, 18, 32), noise(3, 3, *size, seed=1)
    torch.testing.assert_close(join_bands(coarse, coarse, guide), guide, atol=1e-5, rtol=0)


def test_a_change_of_colour_stays_whole_and_the_detail_too() -> None:
    guide = 0.3 + 0.2 * noise(1, 3, 72, 128)
    coarse = resized(guide, 18, 32)
    made = join_bands(coarse + 0.3, coarse, guide)
    torch.testing.assert_close(made, guide + 0.3, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("waves", "share"), [(1, 1.0), (40, 0.0)])
def test_slow_changes_are_the_models_and_fast_ones_the_guides(waves: int, share: float) -> None:
    """A Gaussian of width s passes exp(−2π² s² f²) of a wave of frequency f."""
    across = torch.arange(256) / 256
    wave = 0.1 * torch.cos(2 * torch.pi * waves * across).expand(1, 3, 144, 256)
    guide = torch.full((1, 3, 144, 256), 0.5)
    made = join_bands(guide + wave, guide, guide)
    inner = slice(32, -32)  # borders are replicated
    passed = torch.exp(torch.tensor(-2 * torch.pi**2 * (LIGHT_SHARE * waves) ** 2))
    expected = guide + passed * wave
    torch.testing.assert_close(made[..., inner], expected[..., inner], atol=1e-3, rtol=0)
    assert passed == pytest.approx(share, abs=0.02)


def test_a_join_has_no_size_of_its_own() -> None:
    """Enlarged threefold, guide and model give the same join, enlarged."""
    guide, smooth = (blurred(noise(1, 3, 36, 64, seed=k), sigma) for k, sigma in ((1, 3), (2, 6)))
    small = join_bands(guide + smooth, guide, guide)
    large = join_bands(guide + smooth, guide, resized(guide, 108, 192))
    torch.testing.assert_close(resized(large, 36, 64), small, atol=0.01, rtol=0)


def test_blur_is_a_gaussian() -> None:
    image = noise(3, 3, 11, 13)
    expected = gaussian_filter(
        image.double().numpy(), (0, 0, 1.5, 1.5), mode="nearest", radius=(0, 0, 4, 4)
    )
    np.testing.assert_allclose(blurred(image, 1.5).numpy(), expected, atol=1e-6)


def left_half_seen(frames: int = 3) -> Tensor:
    """At half the size of frames of 72 by 128."""
    seen = torch.zeros(frames, 1, 36, 64)
    seen[..., :32] = 1
    return seen


def test_what_is_seen_is_kept_and_far_from_it_it_is_painted() -> None:
    frames, guide = noise(3, 3, 72, 128), noise(3, 3, 72, 128, seed=1)
    made = keep_seen(frames, guide, left_half_seen())
    torch.testing.assert_close(made[..., :63], guide[..., :63])
    torch.testing.assert_close(made[..., 110:], frames[..., 110:], atol=0.02, rtol=0)


@pytest.mark.parametrize("cast", [0.2, -0.2])
def test_a_cast_of_the_models_colours_leaves_no_seam(cast: float) -> None:
    """The guide goes on as a slope; the model paints it too dark or too bright throughout."""
    guide = torch.linspace(0.3, 0.7, 128).expand(3, 3, 72, 128)
    frames = guide + cast
    made = keep_seen(frames, guide, left_half_seen())
    step = made.diff(dim=-1)
    assert (step - guide.diff(dim=-1)).abs().max() < 0.1 * abs(cast)  # a step would be all of it
    off = (made - guide).abs()[0, 0, 36]
    assert off[:62].max() < 1e-5
    assert (off.diff() > -1e-4).all()  # more and more the model's own
    assert off[-1] > 0.9 * abs(cast)


def test_differences_are_carried_on_from_what_is_seen_alone() -> None:
    seen = left_half_seen(1)
    difference = 0.5 * seen + 77.0 * (1 - seen)  # what is unseen must not count
    carried = carried_on(difference, seen)
    torch.testing.assert_close(carried[..., :32], difference[..., :32], atol=0.05, rtol=0)
    assert carried.max() <= 0.5 + 1e-5
    assert carried[..., -1].abs().max() < 0.01


def test_all_or_nothing_seen() -> None:
    frames, guide = noise(1, 3, 36, 64), noise(1, 3, 36, 64, seed=1)
    everywhere = torch.ones(1, 1, 18, 32)
    torch.testing.assert_close(keep_seen(frames, guide, everywhere), guide)
    torch.testing.assert_close(keep_seen(frames, guide, 0 * everywhere), frames)
