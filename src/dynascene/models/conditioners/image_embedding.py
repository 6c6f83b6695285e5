"""A picture as cross-attention tokens: DynaScene's scene, or ActAnywhere's condition frame."""

import torch
from torch import Tensor, nn

from dynascene.models.conditioners.base import Conditioner
from dynascene.models.injection import Injection
from dynascene.models.latents import EncodedClip
from dynascene.models.sizes import ModelSize


class ImageEmbedding(Conditioner):
    """Tokens g·e of the picture's features e. Unconditional value: zero tokens.

    gate: where g starts: 0 is silent, 1 hands the features over as they are (the paper).
    """

    reads = ("scene_tokens",)
    per_clip = True

    def __init__(self, size: ModelSize, gate: float = 0.0) -> None:
        super().__init__(size)
        self.gates = nn.Parameter(torch.tensor([gate]))

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        tokens = self.gates.to(clip.scene_tokens.dtype) * clip.scene_tokens
        tokens = tokens * (~drop)[:, None, None]
        return Injection(tokens=tokens[:, None])
