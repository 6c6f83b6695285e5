"""Loss terms over a prediction: summed by weight, with what they read asked for by name."""

import pytest
import torch
from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.models.attention import attention_site
from dynascene.models.backbone import spatial_blocks
from dynascene.models.conditioners import CONDITIONERS
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.diffusion.diffusion_loss import PLAIN_LOSS, DiffusionLoss, summed
from dynascene.models.diffusion.noising import UniformSteps
from dynascene.models.diffusion.terms import DenoisingStep, LossTerm, noise_error, probe_names
from dynascene.models.injection import Injection
from dynascene.models.readers.cross_frame import CrossFrameReader

NAMES = ("foreground", "scene_reference", "image_embedding", "plucker_camera")


def generators(count: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(number) for number in range(count)]


def size_of_prediction(step: DenoisingStep) -> Tensor:
    return step.prediction.noise.square().flatten(1).mean(dim=1)


@pytest.fixture
def clean() -> Tensor:
    return torch.randn(3, 3, 4, 5, 7, generator=torch.Generator().manual_seed(9))


@torch.no_grad()
def test_terms_add_up_by_weight_and_draw_nothing(build, wake, make_clip, clean) -> None:
    denoiser, clip = wake(build(NAMES)), make_clip()
    further = LossTerm(name="size", losses=size_of_prediction, weight=0.25)
    alone = PLAIN_LOSS(denoiser, clip, clean, generators(3))
    both = PLAIN_LOSS.with_terms([further])(denoiser, clip, clean, generators(3))
    assert torch.equal(both["noise"], alone["noise"])
    torch.testing.assert_close(summed(both), alone["noise"] + both["size"])
    heavier = LossTerm(name="size", losses=size_of_prediction, weight=0.5)
    twice = PLAIN_LOSS.with_terms([heavier])(denoiser, clip, clean, generators(3))
    torch.testing.assert_close(twice["size"], 2 * both["size"])
    assert torch.equal(summed(alone), alone["noise"])


@torch.no_grad()
def test_the_plain_loss_is_equation_two_written_out(build, wake, make_clip, clean) -> None:
    denoiser, clip = wake(build(NAMES)), make_clip()
    noisy = UniformSteps(offset=0.0)(clean, generators(3), denoiser.alpha_bars)
    predicted = denoiser(noisy.noisy, noisy.steps, clip, drop=noisy.drop).noise
    expected = (noisy.noise - predicted).square().flatten(1).mean(dim=1)
    losses = PLAIN_LOSS(denoiser, clip, clean, generators(3))["noise"]
    torch.testing.assert_close(losses, expected)


def test_a_term_says_what_it_reads(build, make_clip, clean) -> None:
    term = LossTerm(name="pose", losses=size_of_prediction, reads=("guide",))
    clip = make_clip().replace(guide=None, guide_visibility=None)
    loss = DiffusionLoss(terms=(noise_error(), term))
    with pytest.raises(InputError, match="loss pose reads guide, and this encoded clip has none"):
        loss(build(NAMES), clip, clean, generators(3))


def test_a_probe_that_no_reader_leaves_is_refused(build, make_clip, clean) -> None:
    term = LossTerm(name="lines", losses=size_of_prediction, probes=("nobody", "nobody"))
    assert probe_names([term, term]) == ("nobody",)
    with pytest.raises(InputError, match="probe nobody"):
        DiffusionLoss(terms=(term,))(build(NAMES), make_clip(), clean, generators(3))


class CrossFrame(Conditioner):
    """3-D attention in the middle block."""

    def __init__(self, size) -> None:
        super().__init__(size)
        self.gates = nn.Parameter(torch.zeros(1))

    def attach(self, unet) -> None:
        (block,) = (b for name, b in spatial_blocks(unet) if name.startswith("mid_block"))
        attention_site(block.attn1).add(CrossFrameReader(self.name, 0, "across"))

    def forward(self, clip, drop) -> Injection:
        return Injection(gates=self.reader_gates())


def sharpness(step: DenoisingStep) -> Tensor:
    """How much attention lies on few tokens."""
    return step.prediction.probes["across"].square().sum(dim=-1).flatten(1).mean(dim=1)


@pytest.mark.parametrize("checkpointing", [False, True])
def test_a_term_that_reads_a_probe_has_gradients(
    build, wake, make_clip, clean, monkeypatch, checkpointing
) -> None:
    monkeypatch.setitem(CONDITIONERS, "cross_frame", CrossFrame)
    denoiser = wake(build((*NAMES, "cross_frame"))).train()
    if checkpointing:
        denoiser.enable_gradient_checkpointing()
    term = LossTerm(name="sharpness", losses=sharpness, weight=10.0, probes=("across",))
    loss = DiffusionLoss(noising=UniformSteps(drop_probability=0.0), terms=(term,))
    losses = loss(denoiser, make_clip(), clean, generators(3))
    assert losses["sharpness"].shape == (3,)
    summed(losses).mean().backward()
    (block,) = (b for name, b in spatial_blocks(denoiser.unet) if name.startswith("mid_block"))
    assert block.attn1.to_q.weight.grad.abs().max() > 0
    assert denoiser.unet.conv_in.weight.grad.abs().max() > 0
