"""Probes through a whole denoiser, with gradient checkpointing and without."""

import re

import pytest
import torch
from torch import nn

from dynascene.errors import InputError
from dynascene.models.attention import Reader, attention_site, attention_weights
from dynascene.models.backbone import motion_modules, spatial_blocks
from dynascene.models.conditioners import CONDITIONERS
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.injection import Injection
from dynascene.models.readers.cross_frame import CrossFrameReader

ACROSS, IN_TIME = "cross_frame.attention", "cross_frame.in_time"
NAMES = ("foreground", "scene_reference", "image_embedding", "plucker_camera", "cross_frame")


class InTime(Reader):
    """Leaves the attention of a motion module, which runs inside a checkpoint."""

    probes = (IN_TIME,)

    def attended_change(self, state, call):
        if call.wants(IN_TIME):
            call.record(IN_TIME, attention_weights(state.query, state.key))


class CrossFrame(Conditioner):
    """3-D attention in the middle block, and the attention of its motion module."""

    def __init__(self, size) -> None:
        super().__init__(size)
        self.gates = nn.Parameter(torch.zeros(1))

    def attach(self, unet) -> None:
        (block,) = (b for name, b in spatial_blocks(unet) if name.startswith("mid_block"))
        (motion,) = (m for name, m in motion_modules(unet) if name.startswith("mid_block"))
        attention_site(block.attn1).add(CrossFrameReader(self.name, 0, ACROSS))
        attention_site(motion.transformer_blocks[0].attn1).add(InTime())

    def forward(self, clip, drop) -> Injection:
        return Injection(gates=self.reader_gates())


@pytest.fixture
def denoiser(build, wake, monkeypatch):
    """All conditioners and the cross-frame reader, nothing silent."""
    monkeypatch.setitem(CONDITIONERS, "cross_frame", CrossFrame)
    return wake(build(NAMES)).train()


def noisy() -> torch.Tensor:
    return torch.randn(3, 3, 4, 5, 7, generator=torch.Generator().manual_seed(9))


STEPS = torch.tensor([1, 50, 900])


def values_and_gradients(denoiser, clips, *, interleaved: bool) -> dict[str, torch.Tensor]:
    """Losses over probes and noise; interleaved: all forwards before any backward."""
    denoiser.zero_grad()
    values, losses, predictions = {}, [], []
    for number, clip in enumerate(clips):
        prediction = denoiser(noisy(), STEPS, clip, probes=(ACROSS, IN_TIME))
        predictions.append(prediction)
        loss = prediction.noise.square().mean()
        for probe, value in prediction.probes.items():
            values[f"{number} {probe}"] = value.detach().clone()
            mix = torch.linspace(-1, 1, value.numel()).view(value.shape)
            loss = loss + 10 * (mix * value).square().sum()
        losses.append(loss)
        if not interleaved:
            loss.backward()
    if interleaved:
        torch.stack(losses).sum().backward()
    for number, prediction in enumerate(predictions):  # the recomputation changes nothing of them
        assert {f"{number} {probe}" for probe in prediction.probes} <= values.keys()
        for probe, value in prediction.probes.items():
            assert torch.equal(value, values[f"{number} {probe}"])
            assert value.requires_grad
    gradients = {n: p.grad.clone() for n, p in denoiser.named_parameters() if p.grad is not None}
    return {**values, **gradients}


@pytest.mark.parametrize("interleaved", [False, True])
def test_checkpointing_changes_no_probe_and_no_gradient_through_one(
    denoiser, make_clip, interleaved: bool
) -> None:
    clips = [make_clip(seed=1), make_clip(seed=2)]
    expected = values_and_gradients(denoiser, clips, interleaved=interleaved)
    assert {f"{k} {probe}" for k in (0, 1) for probe in (ACROSS, IN_TIME)} <= expected.keys()
    denoiser.enable_gradient_checkpointing()
    checkpointed = values_and_gradients(denoiser, clips, interleaved=interleaved)
    assert checkpointed.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(checkpointed[name], value, rtol=1e-4, atol=1e-6, msg=name)


@pytest.mark.parametrize("probe", [ACROSS, IN_TIME])
@pytest.mark.parametrize("checkpointing", [False, True])
def test_a_loss_over_a_probe_alone_reaches_the_layers_before_it(
    denoiser, make_clip, probe: str, checkpointing: bool
) -> None:
    if checkpointing:
        denoiser.enable_gradient_checkpointing()
    value = denoiser(noisy(), STEPS, make_clip(), probes=(probe,)).probes[probe]
    assert value.shape[-2:] == ((12, 12) if probe == ACROSS else (3, 3))
    value.square().sum().backward()
    unet = denoiser.unet
    assert unet.conv_in.weight.grad.abs().max() > 0
    assert unet.mid_block.attentions[0].transformer_blocks[0].attn1.to_q.weight.grad is not None
    assert unet.conv_out.weight.grad is None


@torch.no_grad()
def test_asking_for_a_probe_changes_nothing_else(denoiser, make_clip) -> None:
    clip = make_clip()
    unasked = denoiser(noisy(), STEPS, clip)
    asked = denoiser(noisy(), STEPS, clip, probes=[ACROSS])
    assert unasked.probes == {}
    assert list(asked.probes) == [ACROSS]
    assert torch.equal(asked.noise, unasked.noise)


def test_a_probe_that_nobody_gives_is_refused(denoiser, build, make_clip) -> None:
    message = f"^probe flow: this model has {re.escape(ACROSS)}, {re.escape(IN_TIME)}$"
    with pytest.raises(InputError, match=message):
        denoiser(noisy(), STEPS, make_clip(), probes=("flow", ACROSS))
    with pytest.raises(InputError, match=r"^probe flow: this model has none$"):
        build()(noisy(), STEPS, make_clip(), probes=("flow",))


def test_a_probe_whose_reader_does_not_run_is_refused(denoiser, make_clip) -> None:
    with pytest.raises(InputError, match=f"^probe {IN_TIME}: its reader does not run"):
        denoiser(noisy()[:, :1], STEPS, make_clip(F=1), motion=False, probes=(IN_TIME, ACROSS))


def test_two_readers_with_one_probe_are_refused(build, monkeypatch) -> None:
    monkeypatch.setitem(CONDITIONERS, "cross_frame", CrossFrame)
    monkeypatch.setitem(CONDITIONERS, "another", CrossFrame)
    with pytest.raises(ValueError, match=f"several readers give the probe '{ACROSS}'"):
        build(("cross_frame", "another"))


@torch.no_grad()
def test_a_fresh_cross_frame_conditioner_is_silent(build, wake, make_clip, monkeypatch) -> None:
    monkeypatch.setitem(CONDITIONERS, "cross_frame", CrossFrame)
    without, added = build(NAMES[:-1]), build(NAMES)
    wake(without)
    added.load_state_dict({**added.state_dict(), **without.state_dict()})
    expected = without(noisy(), STEPS, make_clip()).noise
    assert torch.equal(added(noisy(), STEPS, make_clip()).noise, expected)
    added.conditioners["cross_frame"].gates.fill_(1)
    assert (added(noisy(), STEPS, make_clip()).noise - expected).abs().max() > 1e-4
