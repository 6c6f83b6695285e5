"""The denoiser's objective: Eq. 2 on encoded clips.

Legend: B clips, F frames, H W pixels, h w latent grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Generator, Tensor, nn

from dynascene.clip_fields import encodings
from dynascene.errors import InputError
from dynascene.imaging.sheet import clip_grid
from dynascene.imaging.tensor_metrics import detail_share, weighted_psnr
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.loss import diffusion_loss
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.diffusion.schedule import TRAINING_STEPS, alpha_bar_at, clean_from_noise
from dynascene.models.image_encoder import image_tokens
from dynascene.models.latents import EncodedClip, decode_latents, encode_clip, latent_stride
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.synthetic.shots.dataset import ShotBatch
from dynascene.training.run import Examination, Objective
from dynascene.types import Batch, Size

Target = Literal["background", "video"]


class DenoisingObjective(Objective):
    """A denoiser and, unless it is frozen, its image encoder, trained; the autoencoder, frozen.

    target: ``background`` is the place without the person, which only synthetic shots know;
    ``video`` is the shot as filmed. unseen: shots for ``examine``. noise_offset, gamma: of the
    loss. steps, guidance: of the samples on the sheets, and what the exported weights say.
    """

    additive = False  # how many clips ClipBudget keeps depends on all of a step's

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
        freeze_image_encoder: bool = False,
    ) -> None:
        super().__init__()
        self.denoiser, self.image_encoder = denoiser, image_encoder
        self.vae = vae.requires_grad_(False)
        encoder = [] if freeze_image_encoder else image_encoder.parameters()
        wanted = {id(p) for p in [*trained, *encoder]}
        for parameter in self.parameters():
            parameter.requires_grad_(id(parameter) in wanted)
        self.unseen, self.target = unseen, target
        self.noise_offset, self.gamma = noise_offset, gamma
        self.steps, self.guidance = steps, guidance

    def trained(self) -> dict[str, nn.Parameter]:
        return {name: p for name, p in self.named_parameters() if p.requires_grad}

    def forward(
        self, batch: Mapping[str, Tensor], generators: Sequence[Generator]
    ) -> dict[str, Tensor]:
        clip = self._clip(batch)
        loss = diffusion_loss(
            self.denoiser,
            clip,
            batch[self.target],
            noise_offset=self.noise_offset,
            gamma=self.gamma,
            generators=generators[: len(clip)],  # of long samples the first few are kept
            motion=clip.frames > 1,
        )
        return {"loss": loss}

    @torch.no_grad()
    def picture(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Target, person and guide below each other."""
        names = (self.target, "foreground", "guide")
        return clip_grid([decode_latents(self.vae, batch[n]) / 2 + 0.5 for n in names])

    def _clip(self, batch: Mapping[str, Tensor]) -> EncodedClip:
        h, w = batch["generate_mask"].shape[-2:]
        stride = latent_stride(self.vae)
        tensors = {}
        for field, encoding in encodings():
            if field.target or encoding.stored_name not in batch:
                continue
            tensor = batch[encoding.stored_name]
            if encoding.kind == "tokens":
                tensor = image_tokens(self.image_encoder, tensor)
            elif encoding.kind == "numbers":
                # mixed precision leaves float64 alone: three digits are too few for rays
                tensor = tensor.double()
            tensors[encoding.name] = tensor
        return EncodedClip(size=Size(w * stride, h * stride), **tensors)

    @torch.no_grad()
    def examine(self, seed: int) -> Examination:
        """PSNR and detail where nobody stands, of samples, the one-step estimate and the guide.

        The one-step estimate from pure noise is close to the mean of many samples, and so has the
        higher PSNR; the sample looks sharper.
        """
        shot, device = self.unseen(), self.denoiser.device
        batch = shot.batch
        assert batch.guide is not None
        true = shot.clean_background / 2 + 0.5
        generator = Generator().manual_seed(seed)
        pipeline = self.pipeline()
        pipeline.set_progress_bar_config(disable=True)
        sample = pipeline(batch, generator=generator).frames
        shown = {
            "guide": batch.guide / 2 + 0.5,
            "one_step": self._one_step(batch.to(device)).cpu(),
            "sample": sample.cpu(),
        }
        figures = {}
        for name, frames in shown.items():
            figures[f"psnr_{name}"] = weighted_psnr(frames, true, batch.generate_mask)
            if batch.guide_visibility is not None:
                revealed = batch.generate_mask * (1 - batch.guide_visibility)
                figures[f"psnr_{name}_revealed"] = weighted_psnr(frames, true, revealed)
                figures[f"detail_{name}_revealed"] = detail_share(frames, true, revealed)
        return Examination(figures, clip_grid([true, *shown.values()]))

    def _one_step(self, batch: Batch) -> Tensor:
        """x₀ as predicted from the mean of pure noise, decoded: [B, F, 3, H, W] in 0 … 1."""
        clip = encode_clip(batch, self.vae, self.image_encoder)
        noisy = torch.zeros_like(clip.foreground)
        steps = torch.full((len(clip),), TRAINING_STEPS - 1, device=noisy.device)
        noise = self.denoiser(noisy, steps, clip).noise
        clean = clean_from_noise(noisy, noise, alpha_bar_at(self.denoiser.alpha_bars, steps))
        return decode_latents(self.vae, clean) / 2 + 0.5

    def pipeline(self) -> DynaScenePipeline:
        """The networks, ready to sample."""
        return DynaScenePipeline(
            self.vae,
            self.image_encoder,
            self.denoiser,
            ddim_scheduler(),
            steps=self.steps,
            guidance=self.guidance,
        )

    def take_decoder(self, vae: Any) -> None:
        """Use another decoder for the same latents. Raises InputError for other latents."""
        if not same_latents(self.vae, vae):
            raise InputError(
                "`autoencoder`: has another encoder than this run was trained with; "
                "refine the decoder of that one (autoencoder.small_decoder)"
            )
        self.vae.decoder.load_state_dict(vae.decoder.state_dict())

    def export(self, folder: Path) -> None:
        for part in (self.denoiser, self.image_encoder, self.vae):
            part.half()
        self.pipeline().save_pretrained(folder)


def same_latents(a: Any, b: Any) -> bool:
    """Whether two small autoencoders have the same encoder."""
    ours, theirs = a.encoder.state_dict(), b.encoder.state_dict()
    return ours.keys() == theirs.keys() and all(theirs[name].equal(ours[name]) for name in ours)
