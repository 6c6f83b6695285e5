"""Filmed clips of the val split, sampled as ``generate`` samples.

Legend: B clips, F frames, H W pixels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from dynascene.imaging.sheet import clip_grid
from dynascene.imaging.tensor_metrics import clip_psnrs
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.training.run import Examination
from dynascene.training_batch import TrainingBatch


@dataclass(frozen=True, kw_only=True)
class FilmedValidation:
    """What an examination shows of filmed clips.

    Args:
        clips: gives them in pixels with their tasks, one in a batch, for they may differ in length.
        steps: of the sampler; few, since only trainings of one kind are compared.
    """

    clips: Callable[[], Sequence[TrainingBatch]]
    steps: int

    def examine(self, pipeline: DynaScenePipeline, seed: int) -> list[Examination]:
        """One examination for all clips together, or none where there are no clips.

        Its figures are the PSNR of samples and of the scene picture as a still, against the film,
        over what is to be generated and counts in the loss: means over clips, and by task.
        """
        psnrs: dict[str, list[float]] = defaultdict(list)
        rows = []
        for batch in self.clips():
            film = batch.target("video") / 2 + 0.5
            still = (batch.pixels.scene_image / 2 + 0.5)[:, None].expand_as(film)
            generator = Generator().manual_seed(seed)  # a clip's own noise, the same every time
            sample = pipeline(
                batch.pixels, num_inference_steps=self.steps, generator=generator
            ).frames.cpu()
            for name, frames in (("still", still), ("sample", sample)):
                psnr = float(clip_psnrs(frames, film, _judged(batch)))
                for key in (f"psnr_filmed_{name}", f"psnr_filmed_{name}/{batch.tasks[0]}"):
                    psnrs[key].append(psnr)
            rows.append(clip_grid([film, still, sample]))
        figures = {name: float(torch.tensor(p).nanmean()) for name, p in psnrs.items()}
        return [Examination(figures, below_each_other(rows))] if rows else []


def _judged(batch: TrainingBatch) -> Tensor:
    """[B, F, 1, H, W], 1 = generated and part of the loss."""
    mask = batch.pixels.generate_mask
    return mask if batch.loss_mask is None else mask * batch.loss_mask


def below_each_other(pictures: Sequence[Tensor]) -> Tensor:
    """Pictures [3, H, W] as one, black where one is narrower than the widest."""
    width = max(picture.shape[-1] for picture in pictures)
    padded = [
        torch.nn.functional.pad(picture, (0, width - picture.shape[-1])) for picture in pictures
    ]
    return torch.cat(padded, dim=-2)
