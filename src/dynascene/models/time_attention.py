"""Self-attention over time of feature maps, per pixel: a part of camera encoders."""

from typing import Any

from diffusers.models.attention import BasicTransformerBlock
from torch import Tensor

from dynascene.models.attention import AttentionSite
from dynascene.models.backbone import MAX_FRAMES


def time_attention(width: int, heads: int) -> BasicTransformerBlock:
    """A transformer block of one self-attention with a sinusoidal encoding of the frame."""
    block = BasicTransformerBlock(
        width,
        heads,
        width // heads,
        positional_embeddings="sinusoidal",
        num_positional_embeddings=MAX_FRAMES,
    )
    attention: Any = block.attn1  # whose processors are typed as diffusers' own
    attention.set_processor(AttentionSite())
    return block


def attend_over_time(block: BasicTransformerBlock, hidden: Tensor, frames: int) -> Tensor:
    """[B·F, C, h, w] → the same, each pixel having looked at all of its clip's frames."""
    h, w = hidden.shape[-2:]
    in_time = hidden.unflatten(0, (-1, frames)).permute(0, 3, 4, 1, 2).flatten(0, 2)
    in_time = block(in_time)
    return in_time.unflatten(0, (-1, h, w)).permute(0, 3, 4, 1, 2).flatten(0, 1)
