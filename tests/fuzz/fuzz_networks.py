"""Networks of a few kilobytes or megabytes whose files are damaged."""

from pathlib import Path

import torch
from tiny_pipeline import save_pipeline

from dynascene.models.autoencoders import SpaceToDepth
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.models.sizes import MICRO
from dynascene.models.systems import find_system


def write_networks(folder: Path) -> None:
    """One that reads a guide, one that reads poses and predicts flow, one that reads points."""
    save_pipeline(folder / "weights", guide=True, awake=True)
    for name, system, variant in (
        ("flowing", "animateanywhere", "flow"),
        ("pointed", "disentangled", None),
    ):
        torch.manual_seed(0)
        denoiser = find_system(system).denoiser(MICRO, variant)
        encoder = SmallImageEncoder(MICRO.token_width)
        scheduler = ddim_scheduler(denoiser.quantity, denoiser.schedule)
        DynaScenePipeline(SpaceToDepth(), encoder, denoiser, scheduler).save_pretrained(
            folder / name
        )
