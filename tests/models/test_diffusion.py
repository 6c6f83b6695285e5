import math
from itertools import pairwise

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
)

from dynascene.errors import InputError
from dynascene.models.diffusion.denoising_error import denoising_losses, loss_weight
from dynascene.models.diffusion.noising import sample_noise
from dynascene.models.diffusion.samplers import (
    average_windows,
    check_scheduler,
    ddim_scheduler,
    guided,
    reinject_foreground,
    step_options,
    window_spans,
    window_weights,
)
from dynascene.models.diffusion.schedule import (
    add_noise,
    alpha_bar_at,
    alpha_bars,
    clean_from_noise,
    noise_from_clean,
    snr,
)


def test_the_schedule_is_animatediffs_linear_one() -> None:
    table, share = alpha_bars(), 1.0
    for t in range(1000):
        share *= 1 - (0.00085 + (0.012 - 0.00085) * t / 999)
        assert table[t] == pytest.approx(share, rel=1e-5)
    torch.testing.assert_close(ddim_scheduler().alphas_cumprod, table, rtol=1e-4, atol=1e-6)


def test_equation_1() -> None:
    """z_t = √ᾱ z_0 + √(1 − ᾱ) ε, worked by hand: 0.6 · 2 + 0.8 · (−1) = 0.4."""
    z = add_noise(torch.tensor([[2.0]]), torch.tensor([[-1.0]]), torch.tensor([0.36]))
    assert z.item() == pytest.approx(0.4)


def test_equation_1_is_solved_for_both_unknowns() -> None:
    clean, noise = torch.randn(2, 3, 3, 4, 5, 7)
    alpha_bar = alpha_bars()[torch.tensor([0, 400, 999])]
    noisy = add_noise(clean, noise, alpha_bar)
    torch.testing.assert_close(noise_from_clean(noisy, clean, alpha_bar), noise, atol=1e-4, rtol=0)
    torch.testing.assert_close(clean_from_noise(noisy, noise, alpha_bar), clean, atol=1e-4, rtol=0)


def test_steps_between_integers_lie_between_their_neighbours() -> None:
    table = alpha_bars()
    torch.testing.assert_close(alpha_bar_at(table, torch.tensor([0, 7, 999])), table[[0, 7, 999]])
    between = alpha_bar_at(table, torch.tensor([500.5]))
    assert table[501] < between < table[500]
    log_snr = (snr(table[500]).log() + snr(table[501]).log()) / 2
    assert snr(between).log().item() == pytest.approx(log_snr.item(), abs=1e-4)


def test_equation_2() -> None:
    """Two clips of two numbers, by hand: 1·(1 + 4) / 2 = 2.5 and 3·(0 + 1) / 2 = 1.5."""
    predicted = torch.tensor([[1.0, 2.0], [5.0, 6.0]])
    noise = torch.tensor([[0.0, 0.0], [5.0, 5.0]])
    losses = denoising_losses(predicted, noise, torch.tensor([1.0, 3.0]))
    assert losses.tolist() == pytest.approx([2.5, 1.5])


def test_a_masked_loss_is_each_clips_mean_over_what_counts() -> None:
    predicted, noise = torch.randn(2, 3, 3, 4, 5, 7)
    mask = torch.zeros(3, 3, 1, 5, 7)
    mask[0, ..., 2:4] = 1
    mask[1, :, :, 1] = 1  # the third clip counts nowhere
    losses = denoising_losses(predicted, noise, torch.tensor([1.0, 2.0, 3.0]), mask)
    error = (predicted - noise).square()
    expected = torch.stack(
        [error[0, ..., 2:4].mean(), 2 * error[1, :, :, 1].mean(), error.new_zeros(())]
    )
    torch.testing.assert_close(losses, expected)


def test_loss_weights_in_units_of_the_clean_latent() -> None:
    """The ε-loss weighs z_0 by the SNR; times our weights this is the promised clamp."""
    ratio = torch.tensor([0.01, 0.5, 1.0, 3.0, 5.0, 1000.0])
    alpha_bar = (ratio / (1 + ratio)).double()
    epsilon = loss_weight(alpha_bar, "epsilon") * ratio
    residual = loss_weight(alpha_bar, "guide_residual") * ratio
    expected = torch.tensor([0.01, 0.5, 1, 3, 5, 5]).double()
    torch.testing.assert_close(epsilon, expected, rtol=1e-4, atol=0)
    expected = torch.tensor([1, 1, 1, 3, 5, 5]).double()
    torch.testing.assert_close(residual, expected, rtol=1e-4, atol=0)
    assert loss_weight(alpha_bar, "epsilon", gamma=None).eq(1).all()


def test_noise_offset_moves_whole_channels() -> None:
    like = torch.zeros(40, 3, 4, 24, 32)
    plain, shifted = (
        sample_noise(like, offset, [torch.Generator().manual_seed(k) for k in range(40)])
        for offset in (0.0, 0.5)
    )
    difference = shifted - plain
    assert difference.std(dim=(-1, -2)).max() < 1e-5
    assert difference.mean(dim=(-1, -2)).std().item() == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize(
    "kind", [DDIMScheduler, EulerDiscreteScheduler, DPMSolverMultistepScheduler]
)
def test_a_perfect_denoiser_recovers_the_clean_latent(kind) -> None:
    """Whatever the scheduler: ε that points at z_0 leads to z_0."""
    scheduler = kind.from_config(ddim_scheduler().config)
    check_scheduler(scheduler, alpha_bars())
    clean = torch.randn(1, 3, 4, 5, 7)
    scheduler.set_timesteps(8)
    latents = torch.randn(clean.shape) * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        scaled = scheduler.scale_model_input(latents, timestep)
        alpha_bar = alpha_bar_at(alpha_bars(), timestep.view(1))
        noise = noise_from_clean(scaled, clean, alpha_bar)
        latents = scheduler.step(noise, timestep, latents).prev_sample
    torch.testing.assert_close(latents, clean, rtol=0, atol=2e-3)


def test_a_schedule_that_was_not_trained_with_is_refused() -> None:
    table = alpha_bars()
    check_scheduler(ddim_scheduler(), table)
    other = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    with pytest.raises(InputError, match="not the one the model was trained with"):
        check_scheduler(other, table)
    with pytest.raises(InputError, match="no noise schedule"):
        check_scheduler(FlowMatchEulerDiscreteScheduler(), table)
    velocity = DDIMScheduler.from_config(ddim_scheduler().config, prediction_type="v_prediction")
    with pytest.raises(InputError, match="epsilon"):
        check_scheduler(velocity, table)


def test_only_known_options_are_passed_to_a_scheduler() -> None:
    assert step_options(ddim_scheduler(), "seed") == {"generator": "seed"}

    class Bare:
        def step(self, noise, timestep, latents): ...

    assert step_options(Bare(), "seed") == {}


def test_guidance() -> None:
    without, with_ = torch.tensor(1.0), torch.tensor(3.0)
    assert [guided(without, with_, s).item() for s in (0, 1, 3.5)] == [1.0, 3.0, 8.0]


@pytest.mark.parametrize("frames", [1, 3, 23, 24, 25, 47, 60, 100])
@pytest.mark.parametrize("overlap", [0, 4, 8, 23])
def test_windows_cover_every_frame_without_wrapping(frames: int, overlap: int) -> None:
    spans = window_spans(frames, 24, overlap)
    weights = window_weights(spans, overlap)
    total = torch.zeros(frames)
    for (start, stop), weight in zip(spans, weights, strict=True):
        assert 0 <= start < stop <= frames
        assert stop - start == min(24, frames) == len(weight)
        assert weight.min() > 0
        total[start:stop] += weight
    torch.testing.assert_close(total, torch.ones(frames))
    assert spans[0][0] == 0
    assert spans[-1][1] == frames
    assert all(one[1] - two[0] >= overlap and one[0] < two[0] for one, two in pairwise(spans))


def test_window_weights_rise_and_fall_over_the_overlap() -> None:
    first, second = window_weights([(0, 6), (4, 10)], 2)
    torch.testing.assert_close(first, torch.tensor([1, 1, 1, 1, 2 / 3, 1 / 3]))
    torch.testing.assert_close(second, torch.tensor([1 / 3, 2 / 3, 1, 1, 1, 1]))


def test_an_overlap_as_long_as_the_window_is_refused() -> None:
    with pytest.raises(InputError, match="overlap 24"):
        window_spans(48, 24, 24)


def test_averaging_windows_that_agree_changes_nothing() -> None:
    noisy, spans = torch.randn(3, 10, 4, 2, 3), window_spans(10, 4, 1)
    weights = window_weights(spans, 1)
    result = average_windows(lambda _, part: 2 * part, noisy, spans, weights)
    torch.testing.assert_close(result, 2 * noisy)


def test_equation_4_keeps_the_person_where_nothing_is_generated(make_clip) -> None:
    """M is 1 on the background: read the other way, the person would be generated."""
    clip = make_clip(h=2, w=2)
    clip.generate_mask[..., 0], clip.generate_mask[..., 1] = 1, 0
    latents, noise = torch.randn(2, *clip.foreground.shape)
    alpha_bar = torch.tensor([0.25, 0.25, 0.25])
    result = reinject_foreground(latents, clip, lambda clean: add_noise(clean, noise, alpha_bar))
    assert torch.equal(result[..., 0], latents[..., 0])
    person = 0.5 * clip.foreground + math.sqrt(0.75) * noise
    torch.testing.assert_close(result[..., 1], person[..., 1])
