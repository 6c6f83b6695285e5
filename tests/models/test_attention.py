"""Attention sites: diffusers' own attention, and readers that are added to it."""

import pytest
import torch
from attention_layers import C, N, attention_layer, n, slow_attention
from diffusers.models.attention_processor import AttnProcessor2_0

from dynascene.models.attention import AttentionSite, Reader, attention_site
from dynascene.models.call import Call, calling


@pytest.mark.parametrize("context", [None, (3, N, C)], ids=["self", "cross"])
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
def test_a_site_without_readers_is_diffusers_own(context, precision) -> None:
    attn = attention_layer().to(precision)
    own = torch.randn(3, n, C).to(precision).requires_grad_()
    other = None if context is None else torch.randn(context).to(precision)
    results = []
    for processor in (AttentionSite(), AttnProcessor2_0()):
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


class Affine(Reader):
    """Merges a·z + b into the input."""

    def __init__(self, a: float, b: float) -> None:
        self.a, self.b = a, b

    def merge_input(self, states, call):
        return self.a * states + self.b


class Share(Reader):
    """Adds a share of the layer's own attention."""

    def __init__(self, share: float) -> None:
        self.share = share

    def attended_change(self, state, call):
        return self.share * state.attended


@torch.no_grad()
def test_inputs_are_merged_in_the_order_of_readers() -> None:
    own = torch.randn(3, n, C)
    merged = attention_layer(Affine(2, 1), Affine(3, 0.5))(own)
    torch.testing.assert_close(merged, attention_layer()(3 * (2 * own + 1) + 0.5))


@torch.no_grad()
def test_changes_are_relative_to_the_layers_own_attention() -> None:
    """s + a·s + b·s, not (1 + a)(1 + b)·s; a merged input reaches all of them."""
    own = torch.randn(3, n, C)
    changed = attention_layer(Share(0.5), Affine(2, 1), Share(-2))(own)
    attn = attention_layer()
    for item, tokens in zip(changed, 2 * own + 1, strict=True):
        expected = attn.to_out[0]((1 + 0.5 - 2) * slow_attention(attn, tokens, tokens))
        torch.testing.assert_close(item, expected)


def test_a_mask_is_refused() -> None:
    """It would be left out without a word."""
    with pytest.raises(ValueError, match="attention_mask"):
        attention_layer()(torch.randn(3, n, C), attention_mask=torch.zeros(3, n, n))


def test_a_foreign_processor_takes_no_readers() -> None:
    attn = attention_layer()
    assert attention_site(attn) is attn.processor
    attn.set_processor(AttnProcessor2_0())
    with pytest.raises(TypeError, match="AttnProcessor2_0 takes no readers"):
        attention_site(attn)


def test_readers_see_the_call_they_are_in() -> None:
    calls = []

    class Listener(Reader):
        def merge_input(self, states, call):
            calls.append(call)
            return states

    call = Call(frames=3)
    with calling(call):
        attention_layer(Listener())(torch.randn(3, n, C))
    assert calls == [call]
