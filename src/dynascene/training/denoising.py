"""The denoiser's objective: a batch encoded, made noisy, denoised, and judged by loss terms.

Legend: B clips, F frames, H W pixels, h w latent grid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

from dynascene.errors import InputError
from dynascene.imaging.sheet import clip_grid
from dynascene.imaging.tensor_metrics import detail_share, weighted_psnr
from dynascene.models.autoencoders import autoencoder_of, same_encoder
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.diffusion_loss import DiffusionLoss, summed
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.diffusion.schedule import TRAINING_STEPS, alpha_bar_at, clean_from
from dynascene.models.latents import decode_latents, encode_clip
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.training.batch_encoding import BatchEncoder
from dynascene.training.figures import task_losses
from dynascene.training.run import Examination, Objective
from dynascene.training.validation import FilmedValidation, below_each_other
from dynascene.training_batch import TrainingBatch
from dynascene.types import Batch


class DenoisingObjective(Objective):
    """A denoiser and, unless it is frozen, its image encoder, trained; the autoencoder, frozen.

    Single frames leave the motion modules out, in training and in examinations.

    Args:
        trainable: the denoiser's parameters that change.
        validation_shots: synthetic ones in pixels, for ``examine``.
        batch_encoder: brings the clips of a batch onto the latent grid.
        loss: how clips become noisy, and the terms that judge predictions.
        additive: see ``Objective``; False where the batch depends on all of a step's samples.
        steps, guidance: of the samples on the sheets, and what the exported weights say.
        freeze_image_encoder: whether the image encoder stays as it is.
        filmed: further clips for ``examine``; None = no others.

    Raises:
        InputError: the loss does not suit what the denoiser predicts.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        image_encoder: nn.Module,
        vae: nn.Module,
        trainable: list[nn.Parameter],
        validation_shots: Callable[[], TrainingBatch],
        *,
        batch_encoder: BatchEncoder,
        loss: DiffusionLoss,
        additive: bool,
        steps: int = 10,
        guidance: float = 1.0,
        freeze_image_encoder: bool = False,
        filmed: FilmedValidation | None = None,
    ) -> None:
        super().__init__()
        loss.check(denoiser.quantity)
        self.denoiser, self.image_encoder = denoiser, image_encoder
        self.vae = vae.requires_grad_(False)
        encoder = [] if freeze_image_encoder else image_encoder.parameters()
        trainable_ids = {id(p) for p in [*trainable, *encoder]}
        for parameter in self.parameters():
            parameter.requires_grad_(id(parameter) in trainable_ids)
        self.validation_shots, self.batch_encoder, self.loss = validation_shots, batch_encoder, loss
        self.additive = additive
        self.steps, self.guidance, self.filmed = steps, guidance, filmed

    def trainable_parameters(self) -> dict[str, nn.Parameter]:
        return {name: p for name, p in self.named_parameters() if p.requires_grad}

    def forward(self, batch: TrainingBatch, generators: Sequence[Generator]) -> dict[str, Tensor]:
        encoded = self.batch_encoder.encode(batch, self.vae, self.image_encoder)
        losses = self.loss(
            self.denoiser,
            encoded.clip,
            encoded.clean,
            generators[: len(batch)],  # of long samples the first few are kept
            encoded.mask,
            motion=encoded.clip.frames > 1,
        )
        figures = task_losses(summed(losses), batch.tasks)
        if len(losses) > 1:
            figures |= {f"term/{name}": term.detach().mean() for name, term in losses.items()}
        return figures

    @torch.no_grad()
    def picture(self, batch: TrainingBatch) -> Tensor:
        return self.batch_encoder.picture(batch, self.vae)

    @torch.no_grad()
    def examine(self, seed: int) -> Examination:
        """PSNR and detail where nobody stands, of samples, the one-step estimate and the guide; and
        of samples of filmed clips, if there are any.

        The one-step estimate from pure noise is close to the mean of many samples, and so has the
        higher PSNR; the sample looks sharper.
        """
        shots, device = self.validation_shots(), self.denoiser.device
        batch = shots.pixels
        (guide,) = batch.require(["guide"], "the examination")
        true = shots.target("background") / 2 + 0.5
        generator = Generator().manual_seed(seed)
        pipeline = self.pipeline()
        pipeline.set_progress_bar_config(disable=True)
        sample = pipeline(batch, generator=generator).frames
        results = {
            "guide": guide / 2 + 0.5,
            "one_step": self._one_step(batch.to(device)).cpu(),
            "sample": sample.cpu(),
        }
        figures = {}
        for name, frames in results.items():
            figures[f"psnr_{name}"] = weighted_psnr(frames, true, batch.generate_mask)
            if batch.guide_visibility is not None:
                revealed = batch.generate_mask * (1 - batch.guide_visibility)
                figures[f"psnr_{name}_revealed"] = weighted_psnr(frames, true, revealed)
                figures[f"detail_{name}_revealed"] = detail_share(frames, true, revealed)
        rows = [true, *results.values()]
        if batch.frames == 1:  # clips of one frame stand side by side
            rows = [row.transpose(0, 1) for row in rows]
        sheets = [clip_grid(rows)]
        for filmed in self.filmed.examine(pipeline, seed) if self.filmed is not None else ():
            figures |= filmed.figures
            sheets.append(filmed.sheet)
        return Examination(figures, below_each_other(sheets))

    def _one_step(self, batch: Batch) -> Tensor:
        """z_0 as predicted from pure noise, decoded: [B, F, 3, H, W] in 0 … 1.

        Denoisers that are sampled in ε get the noise's mean, zero, as in sampling.
        """
        denoiser = self.denoiser
        clip = encode_clip(batch, self.vae, self.image_encoder)
        noisy = torch.zeros_like(clip.foreground)
        if denoiser.quantity != "epsilon":
            noisy = torch.randn(noisy.shape, generator=Generator().manual_seed(0)).to(noisy)
        steps = torch.full((len(clip),), TRAINING_STEPS - 1, device=noisy.device)
        value = denoiser(noisy, steps, clip, motion=clip.frames > 1).value
        alpha_bar = alpha_bar_at(denoiser.alpha_bars, steps)
        clean = clean_from(denoiser.quantity, value, noisy, alpha_bar)
        return decode_latents(self.vae, clean) / 2 + 0.5

    def pipeline(self) -> DynaScenePipeline:
        """The networks, ready to sample."""
        return DynaScenePipeline(
            self.vae,
            self.image_encoder,
            self.denoiser,
            ddim_scheduler(self.denoiser.quantity, self.denoiser.schedule),
            steps=self.steps,
            guidance=self.guidance,
        )

    def replace_decoder(self, vae: nn.Module) -> None:
        """Take over the decoder of another autoencoder.

        Raises:
            InputError: the other one makes other latents.
        """
        if not same_encoder(self.vae, vae):
            raise InputError(
                "`autoencoder`: has another encoder than this run was trained with; "
                "refine the decoder of that one (autoencoder.small_decoder)"
            )
        weights = autoencoder_of(vae).decoder.state_dict()
        autoencoder_of(self.vae).decoder.load_state_dict(weights)

    def export(self, folder: Path) -> None:
        for part in (self.denoiser, self.image_encoder, self.vae):
            part.half()
        self.pipeline().save_pretrained(folder)
