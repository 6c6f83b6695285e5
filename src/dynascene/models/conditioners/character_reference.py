"""The character's picture through a ReferenceNet of its own, beside that of the scene."""

import torch
from torch import Tensor

from dynascene.models.conditioners.scene_reference import SceneReference
from dynascene.models.latents import EncodedClip


class CharacterReference(SceneReference):
    """As ``SceneReference``, of the person's picture, which has no holes."""

    reads: tuple[str, ...] = ("character_latent", "character_tokens")

    def picture(self, clip: EncodedClip) -> tuple[Tensor, Tensor, Tensor]:
        latent, tokens = clip.require(self.reads, f"conditioner {self.name}")
        return latent, torch.zeros_like(latent[:, :1]), tokens
