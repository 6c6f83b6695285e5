import pytest
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
)
from torch import nn

from dynascene.models.call import Call, calling
from dynascene.models.injection import Injection, Reference
from dynascene.models.readers.reference import ReferenceReader

ALL = (True,) * B


def reference(tokens: torch.Tensor, present=ALL) -> Reference:
    """A reference of one block."""
    return Reference((tokens,), torch.tensor(present))


def read(attn, own: torch.Tensor, gates, **references: Reference) -> torch.Tensor:
    """The layer's output for the named references."""
    with calling(Call(Injection(reference=references, gates=gates), frames=F)):
        return attn(own)


def slow_read(attn, own, references: list[tuple[torch.Tensor, Reference]]) -> torch.Tensor:
    """s + Σ g (j − s), frame by frame; (gate, reference) each."""
    items = []
    for b in range(B):
        for f in range(F):
            tokens = own[b * F + f]
            alone = slow_attention(attn, tokens, tokens)
            output = alone
            for gate, reference in references:
                if reference.present[b]:
                    block = reference.blocks[0][b]
                    joint = slow_attention(attn, tokens, torch.cat([tokens, block]))
                    output = output + gate * (joint - alone)
            items.append(attn.to_out[0](output))
    return torch.stack(items)


def test_it_is_its_slow_reference() -> None:
    learnt = gates(scene=(0.3, 0.7))
    attn = attention_layer(ReferenceReader("scene", 0))
    own, tokens = torch.randn(B * F, n, C).requires_grad_(), torch.randn(B, N, C).requires_grad_()
    scene = reference(tokens, (True, False, True))
    fast = read(attn, own, learnt, scene=scene)
    slow = slow_read(attn, own, [(learnt["scene"][0], scene)])
    parameters = [attn.to_q.weight, attn.to_k.weight, attn.to_v.weight]
    assert_same_with_gradients(fast, slow, [own, tokens, learnt["scene"], *parameters])


def test_two_references_add_up() -> None:
    """Each has its own features, length and gate."""
    learnt = gates(scene=0.7, before=-0.4)
    readers = [ReferenceReader("scene", 0), ReferenceReader("before", 0)]
    own, one = torch.randn(B * F, n, C).requires_grad_(), torch.randn(B, N, C).requires_grad_()
    two = torch.randn(B, N + 2, C).requires_grad_()
    scene, before = reference(one), reference(two, (False, True, True))
    attn = attention_layer(*readers)
    fast = read(attn, own, learnt, scene=scene, before=before)
    slow = slow_read(attn, own, [(learnt["scene"][0], scene), (learnt["before"][0], before)])
    assert_same_with_gradients(fast, slow, [own, one, two, *learnt.values()])
    torch.testing.assert_close(
        read(attention_layer(*reversed(readers)), own, learnt, scene=scene, before=before), fast
    )


@pytest.mark.parametrize("place", [0, 1])
@torch.no_grad()
def test_a_silent_reference_leaves_another_as_it_is(place: int) -> None:
    """To the bit, whichever was added first, and whether its features are there or not."""
    scene, learnt = ReferenceReader("scene", 0), gates(scene=0.7, before=0.0)
    own, tokens = torch.randn(B * F, n, C), reference(torch.randn(B, N, C))
    alone = read(attention_layer(scene), own, learnt, scene=tokens)
    readers = [scene]
    readers.insert(place, ReferenceReader("before", 0))
    both = attention_layer(*readers)
    before = reference(torch.randn(B, N, C))
    assert torch.equal(read(both, own, learnt, scene=tokens, before=before), alone)
    assert torch.equal(read(both, own, learnt, scene=tokens), alone)


@torch.no_grad()
def test_an_open_gate_is_plain_attention_over_own_and_reference() -> None:
    attn = attention_layer(ReferenceReader("scene", 0))
    own, tokens = torch.randn(F, n, C), torch.randn(1, N, C)
    joined = torch.cat([own, tokens.expand(F, -1, -1)], dim=1)
    torch.testing.assert_close(
        read(attn, own, gates(scene=1.0), scene=reference(tokens, (True,))),
        attention_layer()(own, encoder_hidden_states=joined),
    )


@pytest.mark.parametrize("everywhere", [(True,), (True, True), (True, False)])
def test_what_all_clips_read_at_gates_of_one_is_the_same_in_fewer_attentions(
    everywhere, monkeypatch
) -> None:
    """One reference takes one attention, with the gradients of two; beside others s is needed."""
    names = ("scene", "before")[: len(everywhere)]
    readers = [ReferenceReader(name, 0) for name in names]
    own = torch.randn(B * F, n, C).requires_grad_()
    tokens = [torch.randn(B, N, C).requires_grad_() for _ in names]
    attn, calls, learnt = attention_layer(*readers), [], gates(scene=1.0, before=1.0)

    def attend(*tensors):
        calls.append(tensors)
        return nn.functional.scaled_dot_product_attention(*tensors)

    for module in ("attention", "readers.reference"):
        monkeypatch.setattr(f"dynascene.models.{module}.attend", attend)
    results, counts = [], []
    for known in ((False,) * len(names), everywhere):
        calls.clear()
        references = [
            reference(t)._replace(everywhere=k) for t, k in zip(tokens, known, strict=True)
        ]
        results.append(read(attn, own, learnt, **dict(zip(names, references, strict=True))))
        counts.append(len(calls))
    assert counts == ([2, 1] if len(names) == 1 else [3, 3])
    assert_same_with_gradients(results[1], results[0], [own, *tokens, attn.to_q.weight])


@torch.no_grad()
def test_without_a_call_it_is_self_attention() -> None:
    attn = attention_layer(ReferenceReader("scene", 0))
    own = torch.randn(B, n, C)
    assert torch.equal(attn(own), attention_layer()(own))
