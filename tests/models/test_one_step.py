import pytest
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.models.diffusion.diffusion_loss import DiffusionLoss
from dynascene.models.diffusion.one_step import MostlyNoisiestStep, painting_error
from dynascene.models.diffusion.schedule import alpha_bars
from dynascene.models.diffusion.terms import noise_error
from dynascene.models.systems.system import Network, RenderedTraining, System

NAMES = ("foreground", "scene_reference", "image_embedding", "plucker_camera", "guide")


def generators(count: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(number) for number in range(count)]


@pytest.fixture
def denoiser(build):
    denoiser = build(NAMES, "guide_residual")
    with torch.no_grad():
        for parameter in denoiser.unet.conv_out.parameters():
            parameter += 0.05 * torch.randn(parameter.shape)
    return denoiser


def loss(**noising) -> DiffusionLoss:
    options = {"noisiest_share": 1.0, **noising}
    return DiffusionLoss(noising=MostlyNoisiestStep(**options), terms=(painting_error(),))


def loss_of(denoiser, clip, clean: Tensor, **noising) -> Tensor:
    losses = loss(**noising)(denoiser, clip, clean, generators(len(clip)), motion=clip.frames > 1)
    return losses["painting"].mean()


@pytest.mark.parametrize("frames", [1, 3])
def test_the_loss_written_out(denoiser, make_clip, frames) -> None:
    clip, clean = make_clip(F=frames), torch.randn(3, frames, 4, 5, 7)
    steps = torch.full((3,), 999)
    noise = denoiser(torch.zeros_like(clean), steps, clip, motion=frames > 1).noise
    alpha_bar = denoiser.alpha_bars[999]
    painted = -(1 - alpha_bar).sqrt() * noise / alpha_bar.sqrt()  # of noisy = 0
    weight = torch.where(clip.guide_visibility == 1, 0.25, 1.0)
    expected = ((painted - clean) ** 2 * weight).mean()
    actual = loss_of(denoiser, clip, clean, drop_probability=0.0)
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5)


def test_the_truth_does_not_shine_through_pure_noise() -> None:
    clean = torch.randn(3, 3, 4, 5, 7)
    noising = MostlyNoisiestStep(noisiest_share=1.0)
    pure = noising(clean, generators(3), alpha_bars())
    assert pure.noisy.eq(0).all()
    assert pure.steps.eq(999).all()


def test_other_steps_are_trained_too() -> None:
    """Their share of the clips starts from the truth with noise, not from nothing."""
    clean = torch.randn(200, 1, 4, 2, 2)
    drawn = MostlyNoisiestStep(noisiest_share=0.5)(clean, generators(200), alpha_bars())
    first = drawn.steps == 999
    assert 0.4 < float(first.double().mean()) < 0.6
    assert len(drawn.steps.unique()) > 60
    assert 0.02 < float(drawn.drop.double().mean()) < 0.25
    assert drawn.noise is None  # there is no ε that made zeros
    assert drawn.noisy[first].eq(0).all()
    assert drawn.noisy[~first].flatten(1).ne(0).any(dim=1).all()


@torch.no_grad()
def test_what_is_shown_counts_a_quarter(denoiser, make_clip) -> None:
    clip, clean = make_clip(), torch.randn(3, 3, 4, 5, 7)
    shown, hidden = (
        loss_of(denoiser, clip.replace(guide_visibility=torch.full((3, 3, 1, 5, 7), value)), clean)
        for value in (1.0, 0.0)
    )
    # the visibility is an input as well, but this network barely reads it yet
    assert 0.2 < float(shown / hidden) < 0.3


@torch.no_grad()
def test_only_what_the_mask_shows_counts(denoiser, make_clip) -> None:
    clip, clean = make_clip(), torch.randn(3, 3, 4, 5, 7)
    mask = torch.zeros(3, 3, 1, 5, 7)
    mask[..., :2] = 1
    far = torch.where(mask == 1, clean, clean + 100)
    masked, same = (
        loss()(denoiser, clip, latents, generators(3), mask)["painting"] for latents in (clean, far)
    )
    torch.testing.assert_close(masked, same)
    assert masked.gt(0).all()
    whole = loss()(denoiser, clip, clean, generators(3), torch.ones_like(mask))["painting"]
    torch.testing.assert_close(whole, loss()(denoiser, clip, clean, generators(3))["painting"])


def test_an_error_of_the_noise_is_refused(denoiser, make_clip) -> None:
    """Zeros were made by no noise: whatever ε it were compared with would be the wrong one."""
    noise_loss = DiffusionLoss(noising=MostlyNoisiestStep(), terms=(noise_error(),))
    with pytest.raises(InputError, match="loss noise: compares with the noise"):
        noise_loss(denoiser, make_clip(), torch.randn(3, 3, 4, 5, 7), generators(3))


def test_a_clip_without_a_guide_is_refused_by_name(build, make_clip) -> None:
    clip = make_clip().replace(guide=None, guide_visibility=None)
    with pytest.raises(InputError, match="loss painting reads guide_visibility"):
        loss_of(build(("foreground",)), clip, torch.zeros(3, 3, 4, 5, 7))


@pytest.mark.parametrize(
    ("prediction", "schedule"),
    [("clean", "linear"), ("velocity", "zero_snr"), ("guide_residual", "zero_snr")],
)
def test_networks_whose_sampling_starts_at_noise_are_refused(
    build, make_clip, prediction, schedule
) -> None:
    training = RenderedTraining(
        name="one_step", target="background", loss=loss(), sampling=(1, 1.0), steps=1
    )
    network = Network(conditioners={"foreground": {}, "guide": {}}, prediction="guide_residual")
    System(name="mine", summary="", network=network, rendered=(training,))
    network = Network(
        conditioners={"foreground": {}, "guide": {}}, prediction=prediction, schedule=schedule
    )
    with pytest.raises(InputError, match=r"^mine\.one_step: MostlyNoisiestStep.*starts at noise"):
        System(name="mine", summary="", network=network, rendered=(training,))
    denoiser = build(("foreground", "guide"), prediction, schedule=schedule)
    with pytest.raises(InputError, match="train it with UniformSteps"):
        loss_of(denoiser, make_clip(), torch.zeros(3, 3, 4, 5, 7))
