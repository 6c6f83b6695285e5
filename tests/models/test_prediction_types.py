"""Networks that put out ε, the clean latent or a velocity, on both schedules."""

from dataclasses import replace
from itertools import product

import pytest
import torch
from diffusers import DDIMScheduler, UniPCMultistepScheduler
from torch import Tensor

from dynascene.errors import InputError
from dynascene.models.call import Call, calling
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.denoising_error import prediction_target
from dynascene.models.diffusion.diffusion_loss import DiffusionLoss
from dynascene.models.diffusion.noising import UniformSteps
from dynascene.models.diffusion.samplers import check_scheduler, ddim_scheduler
from dynascene.models.diffusion.schedule import (
    add_noise,
    alpha_bar_at,
    alpha_bars,
    clean_from,
    noise_from_clean,
    noise_from_velocity,
    velocity_from,
)
from dynascene.models.diffusion.terms import noise_error, prediction_error
from dynascene.models.systems import SYSTEMS

CASES = [
    (prediction, schedule)
    for prediction, schedule in product(
        ("epsilon", "clean", "velocity", "guide_residual"), ("linear", "zero_snr")
    )
    if (prediction, schedule) != ("epsilon", "zero_snr")
]


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_the_zero_snr_table() -> None:
    table, linear = alpha_bars("zero_snr"), alpha_bars()
    assert table[-1] == 0
    torch.testing.assert_close(table[0], linear[0])
    assert (table.diff() < 0).all()
    theirs = DDIMScheduler.from_config(ddim_scheduler("clean", "zero_snr").config).alphas_cumprod
    torch.testing.assert_close(table, theirs, rtol=0, atol=1e-4)


def test_alpha_bar_between_the_last_steps() -> None:
    table = alpha_bars("zero_snr")
    between = alpha_bar_at(table, torch.tensor([997.0, 998.0, 998.5, 999.0]))
    torch.testing.assert_close(between[:2], table[997:999])
    torch.testing.assert_close(between[2], table[998] / 2)
    assert between[3] == 0


@pytest.mark.parametrize("alpha_bar", [0.0, 0.3, 0.999])
def test_round_trips(alpha_bar: float) -> None:
    clean, noise = random(3, 3, 4, 5, 7).double(), random(3, 3, 4, 5, 7, seed=1).double()
    a = torch.full((3,), alpha_bar, dtype=torch.float64)
    noisy, velocity = add_noise(clean, noise, a), velocity_from(clean, noise, a)
    torch.testing.assert_close(noise_from_velocity(noisy, velocity, a), noise)
    torch.testing.assert_close(noise_from_clean(noisy, clean, a), noise)
    torch.testing.assert_close(clean_from("velocity", velocity, noisy, a), clean)
    torch.testing.assert_close(clean_from("clean", clean, noisy, a), clean)
    if alpha_bar:
        torch.testing.assert_close(clean_from("epsilon", noise, noisy, a), clean)


def test_the_velocity_of_one_number() -> None:
    velocity = velocity_from(torch.tensor([[2.0]]), torch.tensor([[3.0]]), torch.tensor([0.36]))
    assert float(velocity) == pytest.approx(0.6 * 3 - 0.8 * 2)


def perfect(denoiser: Denoiser, clean: Tensor, anchor: Tensor | None) -> None:
    """Replace the U-Net by one that knows the clean latents."""

    def output(noisy: Tensor, timesteps: Tensor, injection) -> Tensor:
        a = alpha_bar_at(denoiser.alpha_bars, timesteps)
        if denoiser.prediction == "guide_residual":
            return clean - anchor
        if denoiser.prediction == "clean":
            return clean
        noise = noise_from_clean(noisy, clean, a)
        return prediction_target(denoiser.quantity, clean, noise, a)

    denoiser._unet_output = output


def build_for(build, prediction: str, schedule: str) -> Denoiser:
    names = ("foreground", "guide") if prediction == "guide_residual" else ("foreground",)
    return build(names, prediction, schedule=schedule)


@pytest.mark.parametrize(("prediction", "schedule"), CASES)
@pytest.mark.parametrize("steps", [1, 4])
def test_sampling_with_a_perfect_network_gives_the_clean_latent(
    build, make_clip, make_pipeline, prediction: str, schedule: str, steps: int
) -> None:
    denoiser = build_for(build, prediction, schedule)
    clip, clean = make_clip(), random(3, 3, 4, 5, 7, seed=2)
    perfect(denoiser, clean, clip.guide)
    pipeline = make_pipeline(denoiser)
    pipeline.register_modules(scheduler=ddim_scheduler(denoiser.quantity, schedule))
    sampled = pipeline(clip, steps, 1.0, torch.Generator().manual_seed(0), output_type="latent")
    torch.testing.assert_close(sampled.frames, clean, rtol=0, atol=2e-3)


@pytest.mark.parametrize(("prediction", "schedule"), CASES)
def test_a_perfect_network_has_no_loss(build, make_clip, prediction: str, schedule: str) -> None:
    denoiser = build_for(build, prediction, schedule)
    clip, clean = make_clip(), random(3, 3, 4, 5, 7, seed=2)
    perfect(denoiser, clean, clip.guide)
    loss = DiffusionLoss(noising=UniformSteps(noisiest_share=0.5), terms=(prediction_error(),))
    generators = [torch.Generator().manual_seed(i) for i in range(3)]
    assert float(loss(denoiser, clip, clean, generators)["prediction"].max()) < 1e-6


@pytest.mark.parametrize(("prediction", "schedule"), CASES)
def test_the_loss_is_the_mean_square_in_the_networks_own_quantity(
    build, wake, make_clip, prediction: str, schedule: str
) -> None:
    """Value and gradient against the formula written out."""
    denoiser = wake(build_for(build, prediction, schedule))
    clip, clean = make_clip(), random(3, 3, 4, 5, 7, seed=2)
    loss = DiffusionLoss(noising=UniformSteps(), terms=(prediction_error(),))
    found = loss(denoiser, clip, clean, [torch.Generator().manual_seed(i) for i in range(3)])
    found["prediction"].sum().backward()
    gradient = denoiser.unet.conv_out.bias.grad.clone()

    noisy = UniformSteps()(
        clean, [torch.Generator().manual_seed(i) for i in range(3)], denoiser.alpha_bars
    )
    injection = denoiser.inject(clip, noisy.drop)
    with calling(Call(injection, True, 3)):
        output = denoiser._unet_output(noisy.noisy, noisy.steps, injection)
    slow_losses = []
    for b in range(3):
        a = float(noisy.alpha_bar[b])
        x, e = clean[b], noisy.noise[b]
        if prediction == "epsilon":
            difference = output[b] - e
        elif prediction == "velocity":
            difference = output[b] - (a**0.5 * e - (1 - a) ** 0.5 * x)
        elif prediction == "clean":
            difference = output[b] - x
        else:
            difference = clip.guide[b] + output[b] - x
            if schedule == "linear":  # in units of ε
                difference = difference * (a / (1 - a)) ** 0.5
        expected = difference.square().mean()
        torch.testing.assert_close(found["prediction"][b], expected, rtol=1e-3, atol=1e-5)
        slow_losses.append(expected)
    (slow,) = torch.autograd.grad(sum(slow_losses), denoiser.unet.conv_out.bias)
    torch.testing.assert_close(gradient, slow, rtol=1e-3, atol=1e-5)


def test_a_single_step_starts_from_noise_unless_noise_is_predicted(
    build, make_clip, make_pipeline
) -> None:
    for prediction, starts_at_zero in (("epsilon", True), ("clean", False), ("velocity", False)):
        denoiser = build(("foreground",), prediction)
        pipeline = make_pipeline(denoiser)
        pipeline.register_modules(scheduler=ddim_scheduler(denoiser.quantity))
        seen: list[Tensor] = []
        denoiser.unet.conv_in.register_forward_pre_hook(lambda _, x, seen=seen: seen.append(x[0]))
        pipeline(make_clip(), 1, 1.0, torch.Generator().manual_seed(0), output_type="latent")
        assert bool((seen[0][:, :4] == 0).all()) is starts_at_zero, prediction


def test_contradictions_are_refused(build, make_clip) -> None:
    with pytest.raises(InputError, match="predict clean or velocity"):
        build(("foreground",), "epsilon", schedule="zero_snr")
    with pytest.raises(InputError, match="schedule: 'cosine' is none of linear, zero_snr"):
        build(("foreground",), "clean", schedule="cosine")
    with pytest.raises(InputError, match="norm_per_frame False"):
        build(("foreground",), norm_per_frame=False)
    with pytest.raises(InputError, match="prediction: 'x0' is none of"):
        build(("foreground",), "x0")
    denoiser = build(("foreground",), "clean", schedule="zero_snr")
    with pytest.raises(InputError, match="prediction_type must be sample"):
        check_scheduler(
            ddim_scheduler("velocity", "zero_snr"), denoiser.alpha_bars, denoiser.quantity
        )
    with pytest.raises(InputError, match="noise schedule is not the one"):
        check_scheduler(ddim_scheduler("clean"), denoiser.alpha_bars, denoiser.quantity)
    generators = [torch.Generator().manual_seed(i) for i in range(3)]
    with pytest.raises(InputError, match="train it with prediction_error"):
        DiffusionLoss(terms=(noise_error(),))(
            denoiser, make_clip(), random(3, 3, 4, 5, 7), generators
        )


def test_a_loss_of_another_quantity_is_refused_where_a_system_is_described() -> None:
    system = SYSTEMS["dynascene"]
    training = next(t for t in system.rendered if t.variant == "shared_rays")
    message = f"{training.name}: loss noise: judges epsilon, and this denoiser gives"
    with pytest.raises(InputError, match=message):
        replace(system, stages=(), rendered=(replace(training, loss=DiffusionLoss()),))
    with pytest.raises(InputError, match=message):  # of the system's own terms too
        replace(system, stages=(), rendered=(training,), loss_terms=(noise_error(),))


def test_another_scheduler_on_the_zero_snr_schedule(build, make_clip, make_pipeline) -> None:
    denoiser = build(("foreground",), "clean", schedule="zero_snr")
    clean = random(3, 3, 4, 5, 7, seed=2)
    perfect(denoiser, clean, None)
    pipeline = make_pipeline(denoiser)
    config = ddim_scheduler("clean", "zero_snr").config
    pipeline.register_modules(scheduler=UniPCMultistepScheduler.from_config(config))
    sampled = pipeline(make_clip(), 5, 1.0, torch.Generator().manual_seed(0), output_type="latent")
    torch.testing.assert_close(sampled.frames, clean, rtol=0, atol=0.02)


def test_a_share_of_the_clips_is_drawn_at_the_noisiest_step() -> None:
    generators = [torch.Generator().manual_seed(i) for i in range(500)]
    noising = UniformSteps(offset=0, noisiest_share=0.4)
    steps = noising(torch.zeros(500, 1, 1, 1, 1), generators, alpha_bars("zero_snr")).steps
    assert 0.34 < float((steps == 999).float().mean()) < 0.46
    rest = steps[steps < 999].float()
    assert 420 < float(rest.mean()) < 580


def test_every_training_judges_what_its_network_gives() -> None:
    """min-SNR weighs ε; other networks are trained by ``prediction_error``."""
    for system in SYSTEMS.values():
        for training in (*system.stages, *system.rendered):
            network = system.composition(training.variant)
            judges_noise = any(term.name == "noise" for term in training.loss.terms)
            seen_as_noise = network.prediction in ("epsilon", "guide_residual")
            assert not judges_noise or (seen_as_noise and network.schedule == "linear")
