import pytest
import torch
from attention_layers import B, C, F, N, attention_layer, gates, n
from torch import nn

from dynascene.models.call import Call, calling
from dynascene.models.injection import Injection, Reference
from dynascene.models.readers.low_rank import LowRankReader
from dynascene.models.readers.reference import ReferenceReader

PROJECTIONS = ("to_q", "to_k", "to_v", "to_out")


def branch() -> tuple[nn.Linear, nn.Linear]:
    torch.manual_seed(1)
    return nn.Linear(C, 2, bias=False), nn.Linear(2, C, bias=False)


@pytest.mark.parametrize("projection", PROJECTIONS)
@torch.no_grad()
def test_it_is_a_change_of_the_weight(projection) -> None:
    """W + g·up·down in one projection, for the reference's keys and values too."""
    down, up = branch()
    scene = ReferenceReader("scene", 0)
    attn = attention_layer(scene, LowRankReader(projection, down, up, "low_rank", 1))
    merged = attention_layer(scene)
    layer = merged.to_out[0] if projection == "to_out" else getattr(merged, projection)
    layer.weight += 0.7 * up.weight @ down.weight
    own, reference = torch.randn(B * F, n, C), torch.randn(B, N, C)
    injection = Injection(
        reference={"scene": Reference((reference,), torch.ones(B).bool())},
        gates=gates(scene=0.6, low_rank=(9.0, 0.7)),
    )
    with calling(Call(injection, frames=F)):
        torch.testing.assert_close(attn(own), merged(own))
        assert (attn(own) - attention_layer(scene)(own)).abs().max() > 1e-3


@torch.no_grad()
def test_a_closed_gate_is_silent() -> None:
    own = torch.randn(B, n, C)
    attn = attention_layer(*(LowRankReader(p, *branch(), "low_rank", 0) for p in PROJECTIONS))
    for injection in (Injection(gates=gates(low_rank=0.0)), Injection()):
        with calling(Call(injection)):
            assert torch.equal(attn(own), attention_layer()(own))
