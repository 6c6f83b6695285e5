import torch
from attention_layers import (
    B,
    C,
    F,
    N,
    assert_same_with_gradients,
    attention_layer,
    gates,
    n,
    slow_attention,
    slow_weights,
)

from dynascene.models.call import Call, calling
from dynascene.models.injection import Injection, Reference
from dynascene.models.readers.cross_frame import CrossFrameReader
from dynascene.models.readers.reference import ReferenceReader

PROBE = "cross_frame.attention"


def call(*probes: str, **injected) -> Call:
    return Call(Injection(**injected), frames=F, probes=frozenset(probes))


def test_it_is_its_slow_reference() -> None:
    """A frame's tokens look at all tokens of their own clip, and at no other clip's."""
    learnt = gates(across=(0.2, 0.7))
    attn = attention_layer(CrossFrameReader("across", 1, PROBE))
    own = torch.randn(B * F, n, C, requires_grad=True)
    with calling(call(gates=learnt)):
        fast = attn(own)
    slow = []
    for b in range(B):
        clip = torch.cat([own[b * F + f] for f in range(F)])
        for f in range(F):
            tokens = own[b * F + f]
            alone, joint = (slow_attention(attn, tokens, context) for context in (tokens, clip))
            slow.append(attn.to_out[0](alone + learnt["across"][1] * (joint - alone)))
    assert_same_with_gradients(fast, torch.stack(slow), [own, learnt["across"], attn.to_k.weight])


@torch.no_grad()
def test_a_closed_gate_is_silent() -> None:
    own = torch.randn(B * F, n, C)
    attn = attention_layer(CrossFrameReader("across", 0, PROBE))
    for injected in ({"gates": gates(across=0.0)}, {}):
        with calling(call(**injected)):
            assert torch.equal(attn(own), attention_layer()(own))


def test_the_probe_is_the_attention_that_is_written_out() -> None:
    learnt = gates(across=0.7)
    attn = attention_layer(CrossFrameReader("across", 0, PROBE))
    own = torch.randn(B * F, n, C, requires_grad=True)
    with calling(call(PROBE, gates=learnt)) as asked:
        asked_output = attn(own)
    clips = own.unflatten(0, (B, F)).flatten(1, 2)
    slow = torch.stack([slow_weights(attn, clip, clip) for clip in clips])
    assert slow.shape == (B, 2, F * n, F * n)
    assert_same_with_gradients(asked.probe_values[PROBE], slow, [own, attn.to_q.weight])
    with calling(call(gates=learnt)) as unasked:
        assert torch.equal(attn(own), asked_output)
    assert unasked.probe_values == {}


@torch.no_grad()
def test_it_stands_beside_a_reference() -> None:
    """Both changes add up, in either order of the readers."""
    own, reference = torch.randn(B * F, n, C), torch.randn(B, N, C)
    scene, across = ReferenceReader("scene", 0), CrossFrameReader("across", 0, PROBE)
    references = {"scene": Reference((reference,), torch.ones(B).bool())}
    with calling(call(reference=references, gates=gates(scene=0.4, across=0.7))):
        plain, one, two, both, reverse = (
            attention_layer(*readers)(own)
            for readers in ([], [scene], [across], [scene, across], [across, scene])
        )
    torch.testing.assert_close(both, one + two - plain)
    torch.testing.assert_close(reverse, both)
