"""The denoiser's objective: Eq. 2 on encoded clips.

Legend: B clips, F frames, H W pixels, h w latent grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Generator, Tensor, nn

from dynascene.datasets.synthetic.shots import ShotBatch
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.loss import diffusion_loss
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.image_encoder import image_tokens
from dynascene.models.latents import EncodedClip
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.training.run import Examination, Objective
from dynascene.types import Size

Target = Literal["background", "video"]
SHOWN = 4  # frames of each clip on a sheet


class DenoisingObjective(Objective):
    """A denoiser and its image encoder, trained; the autoencoder, frozen.

    target: ``background`` is the place without the person, which only synthetic shots know;
    ``video`` is the shot as filmed. unseen: shots for ``examine``. noise_offset, gamma: of the
    loss. steps, guidance: of the samples on the sheets.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        image_encoder: nn.Module,
        vae: Any,
        trained: list[nn.Parameter],
        unseen: Callable[[], ShotBatch],
        *,
        target: Target,
        noise_offset: float,
        gamma: float | None = 5,
        steps: int = 10,
        guidance: float = 1.0,
    ) -> None:
        super().__init__()
        self.denoiser, self.image_encoder = denoiser, image_encoder
        self.vae = vae.requires_grad_(False)
        self._trained = {id(p) for p in [*trained, *image_encoder.parameters()]}
        self.unseen, self.target = unseen, target
        self.noise_offset, self.gamma = noise_offset, gamma
        self.steps, self.guidance = steps, guidance

    def trained(self) -> dict[str, nn.Parameter]:
        return {name: p for name, p in self.named_parameters() if id(p) in self._trained}

    def forward(self, batch: Mapping[str, Tensor], generator: Generator) -> dict[str, Tensor]:
        clip = self._clip(batch)
        loss = diffusion_loss(
            self.denoiser,
            clip,
            batch[self.target],
            noise_offset=self.noise_offset,
            gamma=self.gamma,
            generator=generator,
        )
        return {"loss": loss}

    def _clip(self, batch: Mapping[str, Tensor]) -> EncodedClip:
        h, w = batch["guide"].shape[-2:]
        stride = 8
        return EncodedClip(
            generate_mask=batch["generate_mask"],
            foreground=batch["foreground"],
            scene=batch["scene"],
            scene_mask=batch["scene_mask"],
            scene_tokens=image_tokens(self.image_encoder, batch["picture"]),
            cam_from_world=batch["cam_from_world"],
            intrinsics=batch["intrinsics"],
            size=Size(w * stride, h * stride),
            has_camera=batch["has_camera"],
            guide=batch["guide"],
            guide_visibility=batch["guide_visibility"],
        )
