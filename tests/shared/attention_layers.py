"""Small attention layers, and attention written out token by token."""

import math

import torch
from diffusers.models.attention_processor import Attention

from dynascene.models.attention import AttentionSite, Reader

B, F, n, N, C, HEADS = 3, 3, 5, 4, 6, 2


def attention_layer(*readers: Reader) -> Attention:
    """A layer of width C whose site has these readers; the same weights each time."""
    torch.manual_seed(0)
    attn = Attention(query_dim=C, heads=HEADS, dim_head=C // HEADS, bias=False)
    site = AttentionSite()
    for reader in readers:
        site.add(reader)
    attn.set_processor(site)
    return attn


def gates(**values: float | tuple[float, ...]) -> dict[str, torch.Tensor]:
    """Learnt gates by conditioner, as an injection holds them."""
    return {
        name: torch.tensor(value).reshape(-1).requires_grad_() for name, value in values.items()
    }


def slow_weights(attn: Attention, queries: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
    """softmax(q kᵀ / √d), one token and head at a time; [heads, queries, context]."""
    width = C // HEADS
    q, k = attn.to_q(queries), attn.to_k(context)
    heads = []
    for head in range(HEADS):
        part = slice(head * width, (head + 1) * width)
        rows = [
            torch.stack([query[part] @ key[part] for key in k]) / math.sqrt(width) for query in q
        ]
        heads.append(torch.stack([row.softmax(0) for row in rows]))
    return torch.stack(heads)


def slow_attention(attn: Attention, queries: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
    """softmax(q kᵀ / √d) v without the output layer; [queries, C]."""
    width = C // HEADS
    v = attn.to_v(context)
    weights = slow_weights(attn, queries, context)
    heads = [weights[h] @ v[:, h * width : (h + 1) * width] for h in range(HEADS)]
    return torch.cat(heads, dim=1)


def assert_same_with_gradients(
    fast: torch.Tensor, slow: torch.Tensor, inputs: list[torch.Tensor]
) -> None:
    """Values agree, and so do the gradients of a mixed sum of squares with respect to inputs."""
    torch.testing.assert_close(fast, slow)
    mix = torch.linspace(0.5, 1.5, fast.numel()).view(fast.shape)
    gradients = [torch.autograd.grad((mix * y.square()).sum(), inputs) for y in (fast, slow)]
    for one, two in zip(*gradients, strict=True):
        assert two.abs().max() > 0
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5)
