"""The denoiser's objective on short clips, examined by whether it follows the camera it is told.

Legend: B clips, F frames, H W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor, nn

from dynascene.clip_fields import CLIP_FIELDS
from dynascene.imaging.sheet import clip_grid
from dynascene.imaging.tensor_metrics import clip_psnrs
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.diffusion_loss import DiffusionLoss
from dynascene.models.inputs import fields_read
from dynascene.synthetic.shots.moved_clips import OBEYED, MovedClips, moved_clips
from dynascene.synthetic.shots.moved_shots import MovedShot
from dynascene.training.batch_encoding import BatchEncoder
from dynascene.training.denoising import DenoisingObjective
from dynascene.training.run import Examination
from dynascene.training_batch import collate
from dynascene.types import Batch

SHOWN = 6  # clips of a sheet
CAMERAS = {"cam_from_world", "intrinsics"}


class ShortClipObjective(DenoisingObjective):
    """``DenoisingObjective`` whose validation shots are plain moves.

    Args:
        validation_moves: shots for ``examine``.
        batch_encoder, loss, additive, steps, guidance, freeze_image_encoder: as of
            ``DenoisingObjective``.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        image_encoder: nn.Module,
        vae: nn.Module,
        trainable: list[nn.Parameter],
        validation_moves: Callable[[], Sequence[MovedShot]],
        *,
        batch_encoder: BatchEncoder,
        loss: DiffusionLoss,
        additive: bool,
        steps: int,
        guidance: float,
        freeze_image_encoder: bool = False,
    ) -> None:
        super().__init__(
            denoiser,
            image_encoder,
            vae,
            trainable,
            lambda: collate([moved.shot for moved in validation_moves()]),
            batch_encoder=batch_encoder,
            loss=loss,
            additive=additive,
            steps=steps,
            guidance=guidance,
            freeze_image_encoder=freeze_image_encoder,
        )
        self.validation_moves = validation_moves
        conditioners = denoiser.conditioners.values()
        read = fields_read(c.reads for c in conditioners if isinstance(c, Conditioner))
        self.tells_moves_by_cameras = not any(
            CLIP_FIELDS[name].follows_camera for name in read - CAMERAS
        )

    @torch.no_grad()
    def examine(self, seed: int) -> Examination:
        """PSNR of samples and of the one-step estimate, and what they lose along the wrong track.

        ``gap``: PSNR under the true track minus under the opposite one, both against what the true
        one films. 0 is what a network has that does not read the camera. Of a network that is told
        the move by anything else than cameras the gap is not measured here.
        """
        moved = moved_clips(self.validation_moves())
        still = (moved.clip.scene_image / 2 + 0.5)[:, None].expand_as(moved.truth)
        figures = {"psnr_still": float(clip_psnrs(still, moved.truth, moved.judged).nanmean())}
        rows = [moved.truth, still]
        for name, steps in (("one_step", 1), ("sample", self.steps)):
            true = self._sampled(moved.clip, steps, seed)
            rows.append(true)
            figures[f"psnr_{name}"] = float(self._psnrs(true, moved).nanmean())
            seen = clip_psnrs(true, moved.truth, moved.seen)
            figures[f"psnr_{name}_seen"] = float(seen.nanmean())
            if not self.tells_moves_by_cameras:
                continue
            other = self._sampled(moved.opposite, steps, seed)
            gap = self._psnrs(true, moved) - self._psnrs(other, moved)
            figures[f"gap_{name}"] = float(gap.nanmean())
            obeyed = (gap > OBEYED).float().where(~gap.isnan(), torch.nan)
            figures[f"obeyed_{name}"] = float(obeyed.nanmean())
            rows.append(other)
        return Examination(figures, clip_grid([row[:SHOWN] for row in rows]))

    def _psnrs(self, frames: Tensor, moved: MovedClips) -> Tensor:
        return clip_psnrs(frames, moved.truth, moved.judged)

    def _sampled(self, clip: Batch, steps: int, seed: int) -> Tensor:
        """[B, F, 3, H, W] in 0 … 1, on the CPU; the same noise for the same seed."""
        pipeline = self.pipeline()
        pipeline.set_progress_bar_config(disable=True)
        generator = Generator().manual_seed(seed)
        return pipeline(clip, num_inference_steps=steps, generator=generator).frames.cpu()
