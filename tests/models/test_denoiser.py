import json

import pytest
import torch
from same_weights import LOADED_TOLERANCE, assert_same_weights

from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.diffusion_loss import DiffusionLoss
from dynascene.models.diffusion.noising import UniformSteps
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.diffusion.schedule import alpha_bar_at, clean_from_noise
from dynascene.models.sizes import SIZES, size_from_dict, size_to_dict

GUIDED = ("foreground", "scene_reference", "image_embedding", "plucker_camera", "guide")


@torch.no_grad()
def test_a_fresh_guided_denoiser_returns_the_guide(build, make_clip) -> None:
    """Its one-step estimate of z_0 is the filled guide, at every noise level."""
    denoiser, clip = build(GUIDED, "guide_residual"), make_clip()
    noisy = torch.randn(3, 3, 4, 5, 7)
    for step in (0, 1, 10, 500, 999):
        steps = torch.full((3,), step)
        noise = denoiser(noisy, steps, clip).noise
        estimate = clean_from_noise(noisy, noise, alpha_bar_at(denoiser.alpha_bars, steps))
        torch.testing.assert_close(estimate, clip.guide, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_sampling_a_fresh_guided_denoiser_gives_the_guide(build, make_clip) -> None:
    denoiser, clip, scheduler = build(GUIDED, "guide_residual"), make_clip(), ddim_scheduler()
    latents = torch.randn(3, 3, 4, 5, 7)
    scheduler.set_timesteps(5)
    for timestep in scheduler.timesteps:
        noise = denoiser(latents, timestep.expand(3), clip).noise
        latents = scheduler.step(noise, timestep, latents).prev_sample
    torch.testing.assert_close(latents, clip.guide, rtol=1e-4, atol=1e-3)


def test_guide_residual_needs_an_anchor(build, make_clip) -> None:
    denoiser = build(("foreground",), "guide_residual")
    with pytest.raises(ValueError, match="anchor"):
        denoiser(torch.randn(3, 3, 4, 5, 7), torch.zeros(3), make_clip())


@torch.no_grad()
def test_conditions_are_dropped_before_they_are_injected(build, make_clip) -> None:
    """``drop`` beside an injection would be left out without a word."""
    denoiser, clip = build(("foreground", "plucker_camera")), make_clip()
    noisy, steps, drop = torch.randn(3, 3, 4, 5, 7), torch.zeros(3), torch.ones(3).bool()
    with pytest.raises(ValueError, match="drop"):
        denoiser(noisy, steps, denoiser.inject(clip, ~drop), drop=drop)
    torch.testing.assert_close(
        denoiser(noisy, steps, denoiser.inject(clip, drop)).noise,
        denoiser(noisy, steps, clip, drop=drop).noise,
    )


@pytest.mark.parametrize("prediction", ["epsilon", "guide_residual"])
def test_every_trainable_parameter_gets_a_gradient(build, wake, make_clip, prediction) -> None:
    """Data-parallel training stops at a parameter that gets none."""
    denoiser = wake(build(GUIDED, prediction))
    generators = [torch.Generator().manual_seed(number) for number in range(3)]
    target = torch.randn(3, 3, 4, 5, 7)
    loss = DiffusionLoss(noising=UniformSteps(drop_probability=0))
    loss(denoiser, make_clip(), target, generators)["noise"].mean().backward()
    without = [n for n, p in denoiser.named_parameters() if p.requires_grad and p.grad is None]
    # the null camera enters only where a camera is dropped
    assert [n for n in without if "plucker_camera.null" not in n] == []
    assert all(p.grad.isfinite().all() for p in denoiser.parameters() if p.grad is not None)


def test_training_lowers_the_loss_of_a_guided_denoiser(build, make_clip) -> None:
    """The target is the guide plus a fixed difference: a few steps must learn some of it."""
    denoiser, clip = build(GUIDED, "guide_residual").train(), make_clip(B=1)
    target = clip.guide + 1
    optimiser = torch.optim.Adam(denoiser.parameters(), lr=1e-2)
    losses = []
    for _ in range(10):
        generator = torch.Generator().manual_seed(0)
        loss = DiffusionLoss()(denoiser, clip, target, [generator])["noise"].mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


@torch.no_grad()
def test_a_saved_denoiser_comes_back_bit_for_bit(build, wake, make_clip, tmp_path) -> None:
    denoiser, clip = wake(build(GUIDED, "guide_residual")), make_clip()
    denoiser.save_pretrained(tmp_path)
    loaded = Denoiser.from_pretrained(tmp_path)
    assert_same_weights(loaded, denoiser)
    assert loaded.size == denoiser.size
    noisy, steps = torch.randn(3, 3, 4, 5, 7), torch.tensor([0, 10, 999])
    noise, expected = (one(noisy, steps, clip).noise for one in (loaded, denoiser))
    torch.testing.assert_close(noise, expected, rtol=LOADED_TOLERANCE, atol=LOADED_TOLERANCE)


def test_a_saved_config_describes_the_same_input_columns(build, tmp_path) -> None:
    """JSON sorts the conditioners; the columns of the first convolution must not move."""
    denoiser = build(("guide", "scene_reference", "foreground"))
    denoiser.save_pretrained(tmp_path)
    loaded = Denoiser.from_pretrained(tmp_path)
    assert list(loaded.conditioners) != list(denoiser.conditioners)
    assert loaded.input_layout == denoiser.input_layout


def test_sizes_survive_json() -> None:
    for size in SIZES.values():
        assert size_from_dict(json.loads(json.dumps(size_to_dict(size)))) == size


def test_open_gates_are_one(build) -> None:
    denoiser = build(GUIDED)
    denoiser.open_gates()
    gates = [p for n, p in denoiser.named_parameters() if n.endswith("gates")]
    assert len(gates) == 2
    assert all(p.eq(1).all() and p.requires_grad for p in gates)
    denoiser.open_gates(learn=False)
    assert not any(p.requires_grad for p in gates)
