"""The denoiser's objective on the paper's tasks: clips are encoded as they come.

Legend: B samples, F frames, h w latent grid.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor

from dynascene.imaging.sheet import clip_grid
from dynascene.models.diffusion.loss import diffusion_losses
from dynascene.models.latents import encode_clip, encode_images, latent_stride, to_grid
from dynascene.training.denoising import DenoisingObjective
from dynascene.training.figures import task_losses


class TaskObjective(DenoisingObjective):
    """As DenoisingObjective, for a TaskBatch. Single frames leave the motion modules out."""

    additive = True

    def forward(self, batch: Any, generators: Sequence[Generator]) -> dict[str, Tensor]:
        video = batch.batch.video
        assert video is not None
        losses = diffusion_losses(
            self.denoiser,
            encode_clip(batch.batch, self.vae, self.image_encoder),
            encode_images(self.vae, video),
            generators=generators,
            noise_offset=self.noise_offset,
            gamma=self.gamma,
            mask=to_grid(batch.loss_mask, latent_stride(self.vae)),
            motion=video.shape[1] > 1,
        )
        return task_losses(losses, batch.tasks)

    @torch.no_grad()
    def picture(self, batch: Any) -> Tensor:
        """Target, person, mask and scene picture of each sample below each other."""
        given = batch.batch
        assert given.video is not None
        frames = given.video.shape[1]
        scene = given.scene_image[:, None].expand(-1, frames, -1, -1, -1)
        mask = given.generate_mask.expand_as(given.video)
        rows = [given.video / 2 + 0.5, given.foreground / 2 + 0.5, mask, scene / 2 + 0.5]
        return clip_grid(rows)
