"""Attention processors against references that are written out token by token."""

import math

import pytest
import torch
from diffusers.models.attention_processor import Attention, AttnProcessor2_0
from torch import nn

from dynascene.models.attention import CameraAttention, PlainAttention, ReferenceAttention
from dynascene.models.call import Call, calling
from dynascene.models.conditioners.plucker_camera import camera_adaptor
from dynascene.models.injection import Injection

B, F, n, N, C, HEADS = 3, 3, 5, 4, 6, 2


def layer() -> Attention:
    torch.manual_seed(0)
    return Attention(query_dim=C, heads=HEADS, dim_head=C // HEADS, bias=False)


def gates(value: float) -> nn.Module:
    owner = nn.Module()
    owner.gates = nn.Parameter(torch.tensor([value]))
    return owner


def slow_attention(attn: Attention, queries: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
    """softmax(q kᵀ / √d) v, one token and head at a time; without the output layer."""
    width = C // HEADS
    q, k, v = attn.to_q(queries), attn.to_k(context), attn.to_v(context)
    result = torch.zeros_like(q)
    for i in range(len(queries)):
        for head in range(HEADS):
            part = slice(head * width, (head + 1) * width)
            scores = torch.stack([q[i, part] @ key[part] for key in k]) / math.sqrt(width)
            result[i, part] = (scores.softmax(0)[:, None] * v[:, part]).sum(0)
    return result


@torch.no_grad()
def test_reference_attention_is_its_slow_reference() -> None:
    attn, gate = layer(), 0.7
    own, reference = torch.randn(B * F, n, C), torch.randn(B, N, C)
    reference[1] = 0  # this clip has none
    processor = ReferenceAttention(0, gates(gate))
    with calling(Call(Injection(reference=(reference,)))):
        fast = processor(attn, own)
    for b in range(B):
        for f in range(F):
            tokens = own[b * F + f]
            alone = slow_attention(attn, tokens, tokens)
            joint = slow_attention(attn, tokens, torch.cat([tokens, reference[b]]))
            mixed = alone if b == 1 else alone + gate * (joint - alone)
            torch.testing.assert_close(fast[b * F + f], attn.to_out[0](mixed))


@torch.no_grad()
def test_open_gate_is_plain_attention_over_own_and_reference() -> None:
    attn, own, reference = layer(), torch.randn(F, n, C), torch.randn(1, N, C)
    with calling(Call(Injection(reference=(reference,)))):
        fast = ReferenceAttention(0, gates(1.0))(attn, own)
    joined = torch.cat([own, reference.expand(F, -1, -1)], dim=1)
    torch.testing.assert_close(fast, attn(own, encoder_hidden_states=joined))


@torch.no_grad()
def test_without_a_call_both_processors_are_self_attention() -> None:
    attn, own = layer(), torch.randn(B, n, C)
    expected = attn(own)
    torch.testing.assert_close(ReferenceAttention(0, gates(1.0))(attn, own), expected)
    torch.testing.assert_close(CameraAttention(0, camera_adaptor(C, 4))(attn, own), expected)


@torch.no_grad()
def test_camera_attention_pairs_each_pixel_with_its_own_camera_feature() -> None:
    attn, adaptor = layer(), camera_adaptor(C, 4)
    nn.init.normal_(adaptor[2].weight)
    h, w = 2, 3
    camera = torch.randn(B, F, 4, h, w)
    hidden = torch.randn(B * h * w, F, C)
    with calling(Call(Injection(camera=(torch.zeros(0), camera)))):
        fast = CameraAttention(1, adaptor)(attn, hidden)
    for b in range(B):
        for y in range(h):
            for x in range(w):
                row = b * h * w + y * w + x
                tokens = torch.stack(
                    [
                        hidden[row, f] + adaptor(torch.cat([hidden[row, f], camera[b, f, :, y, x]]))
                        for f in range(F)
                    ]
                )
                expected = attn.to_out[0](slow_attention(attn, tokens, tokens))
                torch.testing.assert_close(fast[row], expected)


@pytest.mark.parametrize("context", [None, (3, N, C)], ids=["self", "cross"])
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
def test_plain_attention_is_diffusers_own(context, precision) -> None:
    attn = layer().to(precision)
    own = torch.randn(3, n, C).to(precision).requires_grad_()
    other = None if context is None else torch.randn(context).to(precision)
    results = []
    for processor in (PlainAttention(), AttnProcessor2_0()):
        output = processor(attn, own, other)
        (gradient,) = torch.autograd.grad(output.float().square().sum(), own)
        assert output.dtype == precision
        results.append((output.float(), gradient.float()))
    (fast, fast_slope), (expected, slope) = results
    tolerance = (
        {"rtol": 1e-5, "atol": 1e-6} if precision == torch.float32 else {"rtol": 0, "atol": 0.03}
    )
    torch.testing.assert_close(fast, expected, **tolerance)
    torch.testing.assert_close(fast_slope, slope, **tolerance)
