import pytest
import torch
from tiny_denoiser import NAMES, TINY
from torch import Tensor

from dynascene.models.denoiser import Denoiser, size_to_dict
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.small import small_autoencoder
from dynascene.training import one_step
from dynascene.training.one_step import OneStepObjective
from dynascene.training.randomness import sample_generators


@pytest.fixture
def objective(monkeypatch) -> OneStepObjective:
    monkeypatch.setattr(one_step, "FIRST_STEP_SHARE", 1.0)
    torch.manual_seed(0)
    denoiser = Denoiser(size_to_dict(TINY), {name: {} for name in NAMES}, "guide_residual")
    with torch.no_grad():
        for parameter in denoiser.unet.conv_out.parameters():
            parameter += 0.05 * torch.randn(parameter.shape)
    return OneStepObjective(
        denoiser,
        SmallImageEncoder(TINY.token_width, (1, 2)),
        small_autoencoder(16),
        list(denoiser.parameters()),
        lambda: None,
        target="background",
        noise_offset=0.0,
    )


def batch_of(frames: int, clips: int = 3) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(frames)

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    return {
        "background": random(clips, frames, 4, 5, 7),
        "foreground": random(clips, frames, 4, 5, 7),
        "generate_mask": torch.ones(clips, frames, 1, 5, 7),
        "guide": random(clips, frames, 4, 5, 7),
        "guide_visibility": (random(clips, frames, 1, 5, 7) > 0).float(),
        "scene": random(clips, 4, 5, 7),
        "scene_mask": torch.zeros(clips, 1, 5, 7),
        "picture": random(clips, 3, 72, 128),
        "cam_from_world": torch.eye(4).expand(clips, frames, 4, 4),
        "intrinsics": torch.tensor([[40.0, 0, 28], [0, 40, 20], [0, 0, 1]]).expand(
            clips, frames, 3, 3
        ),
        "has_camera": torch.ones(clips, dtype=torch.bool),
    }


def loss_of(objective: OneStepObjective, batch: dict[str, Tensor]) -> Tensor:
    return objective(batch, sample_generators(0, range(len(batch["background"]))))["loss"]


@pytest.mark.parametrize("frames", [1, 3])
def test_the_loss_written_out(objective, frames, monkeypatch) -> None:
    monkeypatch.setattr(one_step, "DROP_PROBABILITY", 0.0)
    batch = batch_of(frames)
    clip = objective._clip(batch)
    steps = torch.full((3,), 999)
    nothing = torch.zeros_like(batch["background"])
    noise = objective.denoiser(nothing, steps, clip, motion=frames > 1).noise
    alpha_bar = objective.denoiser.alpha_bars[999]
    painted = -(1 - alpha_bar).sqrt() * noise / alpha_bar.sqrt()  # of noisy = 0
    weight = torch.where(batch["guide_visibility"] == 1, 0.25, 1.0)
    expected = ((painted - batch["background"]) ** 2 * weight).mean()
    torch.testing.assert_close(loss_of(objective, batch), expected, rtol=1e-4, atol=1e-5)


def test_the_truth_does_not_shine_through_pure_noise(objective, monkeypatch) -> None:
    kept: list[Tensor] = []
    painted = objective._painted

    def keep(*arguments: object) -> Tensor:
        kept.append(painted(*arguments))
        return kept[-1]

    monkeypatch.setattr(objective, "_painted", keep)
    batch = batch_of(3)
    loss_of(objective, batch)
    loss_of(objective, {**batch, "background": batch["background"] + 3})
    assert torch.equal(*kept)


def test_other_steps_are_trained_too(objective, monkeypatch) -> None:
    """Their share of the clips starts from the truth with noise, not from nothing."""
    monkeypatch.setattr(one_step, "FIRST_STEP_SHARE", 0.5)
    clean = torch.randn(200, 1, 4, 2, 2)
    steps, drop, noise = objective._draw(clean, sample_generators(0, range(200)))
    first = float((steps == 999).double().mean())
    assert 0.4 < first < 0.6
    assert len(steps.unique()) > 60
    assert 0.02 < float(drop.double().mean()) < 0.25
    assert noise.shape == clean.shape


def test_what_is_shown_counts_a_quarter(objective) -> None:
    batch = batch_of(3)
    shown, hidden = (
        loss_of(objective, {**batch, "guide_visibility": torch.full((3, 3, 1, 5, 7), value)})
        for value in (1.0, 0.0)
    )
    # the visibility is an input as well, but this network barely reads it yet
    assert 0.2 < float(shown / hidden) < 0.3
