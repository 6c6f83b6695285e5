from pathlib import Path

import pytest
import torch

from dynascene.models.small import small_autoencoder
from dynascene.training.autoencoding import (
    AutoencoderObjective,
    gradient_error,
    spread_error,
    start_weights,
    texture_error,
)
from dynascene.training.images import CropSamples, stack
from dynascene.training.randomness import sample_generators

FOLDER = Path(__file__).parents[2] / "../shared/training"


@pytest.fixture
def vae():
    torch.manual_seed(0)
    return start_weights(small_autoencoder(16))


def smooth_pictures(B: int = 3, side: int = 48) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(B, 3, 3, 3, generator=generator) * 1.6 - 0.8
    return torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic").clamp(-1, 1)


def test_starts_as_a_thumbnail_with_the_right_colours(vae) -> None:
    pictures = 0.3 * smooth_pictures()  # the decoder bends the latents of strong colours
    with torch.no_grad():
        decoded = vae.decode(vae.encode(pictures).latents).sample
    cells = torch.nn.functional.avg_pool2d(pictures, 8)
    thumbnail = torch.nn.functional.interpolate(cells, scale_factor=8)
    assert thumbnail.std() > 0.1
    assert (decoded - thumbnail).abs().max() < 0.02


def test_gradient_error_is_its_definition() -> None:
    ours, true = torch.rand(2, 2, 3, 8, 16).unbind()
    total = 0.0
    for scale in (1, 2, 4):
        error = torch.nn.functional.avg_pool2d(ours - true, scale)
        total += (error[..., 1:] - error[..., :-1]).abs().mean()
        total += (error[..., 1:, :] - error[..., :-1, :]).abs().mean()
    assert torch.isclose(gradient_error(ours, true), total / 3)


def test_texture_error_wants_grain_and_not_its_place() -> None:
    generator = torch.Generator().manual_seed(0)
    grains = torch.randn(2, 1, 1, 64, 64, generator=generator).mul(0.3)
    true, other = grains.expand(-1, -1, 3, -1, -1).unbind()
    blurred = torch.zeros_like(true)
    assert texture_error(true, true) == 0
    assert texture_error(other, true) < 0.2 * texture_error(blurred, true)
    assert (other - true).abs().mean() > (blurred - true).abs().mean()  # L1 prefers the blur
    confetti = torch.randn(true.shape, generator=generator)
    confetti = 0.3 * (confetti - confetti.mean(dim=1, keepdim=True))
    assert texture_error(confetti, true) == pytest.approx(texture_error(blurred, true).item())


def test_spread_error_is_zero_for_standard_latents() -> None:
    latents = torch.randn(3, 4, 64, 64, generator=torch.Generator().manual_seed(0))
    assert spread_error(latents) < 1e-3
    assert torch.isclose(spread_error(3 * latents + 1), torch.tensor(5.0), rtol=0.05)


def test_a_few_steps_lower_the_loss(vae) -> None:
    pictures = smooth_pictures()
    objective = AutoencoderObjective(vae, lambda: pictures)
    optimiser = torch.optim.Adam(objective.trainable_parameters().values(), 2e-4)
    found = []
    for step in range(30):
        loss = objective(pictures, sample_generators(0, range(3 * step, 3 * step + 3)))["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        found.append(loss.item())
    assert found[-1] < 0.9 * found[0]


def test_finish_gives_latents_of_unit_variance(vae, tmp_path) -> None:
    from dynascene.models.latents import encode_images

    pictures = smooth_pictures()
    objective = AutoencoderObjective(vae, lambda: pictures)
    objective.finish()
    latents = encode_images(vae, pictures)
    assert abs(latents.mean()) < 1e-3
    assert abs(latents.std() - 1) < 1e-3
    spread = objective.examine(0).figures["latent_std"]
    assert spread == pytest.approx(1 / vae.config.scaling_factor, rel=1e-3)


@pytest.mark.parametrize("folder", [None, FOLDER], ids=["procedural", "imagery"])
def test_crops_are_a_function_of_seed_and_index(folder, monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    if folder is not None and not folder.is_dir():
        pytest.skip("no training imagery beside the repository")
    split = "train" if folder is None else "val"  # the smaller one, for speed
    samples, again = (CropSamples(split, 24, seed, folder) for seed in (3, 3))
    other = CropSamples(split, 24, 4, folder)
    batch = stack([samples[index] for index in range(40)])
    assert batch.shape == (40, 3, 24, 24)
    assert batch.min() >= -1
    assert batch.max() <= 1
    assert torch.equal(batch, stack([again[index] for index in range(40)]))
    assert not torch.equal(batch[0], other[0])
    masked = (batch.abs().amax(1) < 1e-4).flatten(1).float().mean(1) > 0.05
    assert 0 < masked.sum() < 20  # some crops show a piece on mid-grey


def test_splits_have_different_procedural_pictures(monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    train, val = (CropSamples(split, 24).pictures["texture"] for split in ("train", "val"))
    assert all(not torch.equal(a, b) for a in train for b in val)
