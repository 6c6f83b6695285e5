"""A clip's loss is its own: whatever batch it is in, and however much of it counts."""

import pytest
import torch

from dynascene.models.diffusion.diffusion_loss import DiffusionLoss
from dynascene.models.diffusion.noising import UniformSteps, sample_noise
from dynascene.models.latents import EncodedClip

NAMES = ("foreground", "scene_reference", "image_embedding", "plucker_camera")


def generators(*numbers: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(number) for number in numbers]


def part(clip: EncodedClip, chosen: slice) -> EncodedClip:
    return clip.replace(**{name: tensor[chosen] for name, tensor in clip.items()})


@pytest.fixture
def masks() -> torch.Tensor:
    """Three clips of which very different shares count."""
    masks = torch.zeros(3, 3, 1, 5, 7)
    masks[0] = 1
    masks[1, 1, :, 2, 3] = 1
    masks[2, ..., 4:] = 0.5
    return masks


@torch.no_grad()
def test_the_losses_of_clips_do_not_depend_on_their_batch(build, wake, make_clip, masks) -> None:
    denoiser, clip = wake(build(NAMES)), make_clip()
    target = torch.randn(3, 3, 4, 5, 7)
    loss = DiffusionLoss(noising=UniformSteps(offset=0.1, drop_probability=0.5))
    whole = loss(denoiser, clip, target, generators(4, 5, 6), masks)["noise"]
    alone = [
        loss(
            denoiser, part(clip, slice(k, k + 1)), target[k : k + 1], generators(4 + k),
            masks[k : k + 1],
        )["noise"]
        for k in range(3)
    ]  # fmt: skip
    torch.testing.assert_close(whole, torch.cat(alone), rtol=1e-4, atol=1e-6)
    assert whole.std() > 1e-3  # else equal losses would agree by themselves


def test_the_noise_of_a_clip_is_its_own() -> None:
    like = torch.zeros(3, 3, 4, 5, 7)
    noise = sample_noise(like, 0.3, generators(1, 2, 3))
    again = sample_noise(like[:1], 0.3, generators(2))
    assert torch.equal(noise[1], again[0])
    assert not torch.equal(noise[0], noise[1])


def test_every_clip_needs_a_generator(build, make_clip) -> None:
    with pytest.raises(ValueError, match="2 generators for 3 clips"):
        DiffusionLoss()(build(NAMES), make_clip(), torch.zeros(3, 3, 4, 5, 7), generators(1, 2))
