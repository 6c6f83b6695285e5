"""AnimateAnywhere's epipolar loss against a loop over all pairs, values and gradients."""

import pytest
import torch

from dynascene.geometry.epipolar_bands import epipolar_band
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.models.conditioners.background_motion import QUERIES_AND_KEYS
from dynascene.models.diffusion.diffusion_loss import DiffusionLoss, summed
from dynascene.models.diffusion.epipolar_loss import epipolar_loss, epipolar_term, grid_of_tokens
from dynascene.models.diffusion.noising import UniformSteps
from dynascene.types import Size

GRID, HEADS, FRAMES, WIDTH, THRESHOLD = Size(3, 2), 3, 3, 0.4, 1.1
TOKENS = FRAMES * 6


def cameras() -> tuple[torch.Tensor, torch.Tensor]:
    turns = torch.tensor([0.0, 6.0, -4.0], dtype=torch.float64)
    ways = torch.tensor([[0, 0, 0], [0.4, 0.1, 0], [0.1, 0, 0.5]], dtype=torch.float64)
    lens = torch.tensor([[3.0, 0, 1.5], [0, 3, 1], [0, 0, 1]], dtype=torch.float64)
    return rigid(rotation_about("y", turns), ways), lens.expand(3, 3, 3)


def slow_loss(query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    poses, lenses = cameras()
    total, delta = torch.zeros(()), THRESHOLD / TOKENS
    for head in range(HEADS):
        for token in range(TOKENS):
            scores = torch.stack([(query[head, token] * k).sum() for k in key[head]])
            attention = torch.softmax(scores / query.shape[-1] ** 0.5, dim=0)
            frame, cell = divmod(token, 6)
            band = epipolar_band(poses, lenses, GRID, frame, WIDTH)[cell].flatten()
            for k in range(TOKENS):
                if not band[k] and attention[k] < delta:
                    total = total + attention[k]
    return total / (HEADS * TOKENS)


def test_it_is_its_slow_reference() -> None:
    generator = torch.Generator().manual_seed(0)
    inputs = [torch.randn(HEADS, TOKENS, 5, generator=generator).requires_grad_() for _ in range(2)]
    poses, lenses = cameras()
    fast = epipolar_loss(*inputs, poses, lenses, GRID, WIDTH, THRESHOLD)
    slow = slow_loss(*inputs)
    assert 0.01 < float(fast.detach()) < 0.9
    torch.testing.assert_close(fast, slow)
    for one, other in zip(
        torch.autograd.grad(fast, inputs), torch.autograd.grad(slow, inputs), strict=True
    ):
        assert other.abs().max() > 1e-4
        torch.testing.assert_close(one, other)


def test_strong_attention_is_left_alone() -> None:
    poses, lenses = cameras()
    query = torch.randn(HEADS, TOKENS, 5, generator=torch.Generator().manual_seed(1))
    free = epipolar_loss(query, query, poses, lenses, GRID, WIDTH, 0.0)
    assert float(free) == 0
    some, more = (
        epipolar_loss(query, query, poses, lenses, GRID, WIDTH, threshold)
        for threshold in (1.0, 100.0)
    )
    assert 0 < float(some) < float(more)


@pytest.mark.parametrize(("tokens", "grid"), [(35, (7, 5)), (12, (4, 3)), (4, (2, 2))])
def test_grids_round_up_as_the_unet_does(tokens: int, grid: tuple[int, int]) -> None:
    assert grid_of_tokens(Size(7, 5), tokens) == grid


def test_as_a_term_it_reaches_the_attention_and_leaves_clips_without_a_camera(
    build, wake, make_clip
) -> None:
    denoiser = wake(build(("foreground", "background_motion"))).train()
    clip = make_clip()
    clip = clip.replace(has_camera=torch.tensor([True, False, True]))
    loss = DiffusionLoss(
        noising=UniformSteps(drop_probability=0.0),
        terms=(epipolar_term(QUERIES_AND_KEYS, weight=2.0, width=0.3),),
    )
    generators = [torch.Generator().manual_seed(seed) for seed in range(3)]
    losses = loss(denoiser, clip, torch.randn(3, 3, 4, 5, 7), generators)["epipolar"]
    assert losses[1] == 0
    assert losses[[0, 2]].min() > 0
    summed({"epipolar": losses}).mean().backward()
    attention = denoiser.unet.mid_block.attentions[0].transformer_blocks[0].attn1
    assert attention.to_q.weight.grad.abs().max() > 0
    assert denoiser.conditioners["background_motion"].to_states.weight.grad.abs().max() > 0
