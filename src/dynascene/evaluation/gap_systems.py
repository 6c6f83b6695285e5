"""Trained weights as ``gap`` measures them, and the same networks untrained.

Legend: B clips, F frames, H W pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Generator, Tensor

from dynascene.errors import InputError
from dynascene.evaluation.systems import SamplingSettings, Trained
from dynascene.generation.decoding import is_guided
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.synthetic.shots.short_inputs import MAKERS
from dynascene.types import Batch

UNTRAINED = "untrained"
ESTIMATE = "estimate"


@dataclass(frozen=True)
class SampledFollower:
    """A pipeline's own samples, without anything that ``generate`` does around them.

    Raises:
        InputError: the pipeline reads a guide, which moves with the camera by itself.
    """

    name: str
    pipeline: DynaScenePipeline
    settings: SamplingSettings = field(default_factory=SamplingSettings)
    weights: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if is_guided(self.pipeline):
            raise InputError(
                f"{self.name}: reads a guide, which follows the camera by itself; `gap` measures "
                "networks without one"
            )

    @property
    def sampling(self) -> Mapping[str, float]:
        steps, guidance = self.pipeline.sampling(self.settings.steps, self.settings.guidance)
        return {"steps": steps, "guidance": guidance}

    def frames(self, clip: Batch, seed: int) -> Tensor:
        """See ``CameraFollower``."""
        generator = Generator().manual_seed(seed)
        output = self.pipeline(
            clip,
            num_inference_steps=self.settings.steps,
            guidance_scale=self.settings.guidance,
            generator=generator,
        )
        return output.frames.float().cpu()


def follower(system: Trained) -> SampledFollower:
    """Trained weights, by their name."""
    loaded = system.loaded
    return SampledFollower(system.name, loaded.pipeline, system.settings, loaded.sha256)


def further_inputs(systems: Iterable[SampledFollower]) -> frozenset[str]:
    """The further fields of short clips that some networks read (``short_inputs.MAKERS``)."""
    read = {name for system in systems for name in system.pipeline.inputs}
    return frozenset(read & MAKERS.keys())


def estimate_of(system: SampledFollower) -> SampledFollower:
    """The same network's one-step estimate, the mean of what it might make.

    A sample loses to it in PSNR by nature: it must settle for one of the possible pictures.
    """
    settings = replace(system.settings, steps=1)
    return SampledFollower(f"{system.name}, {ESTIMATE}", system.pipeline, settings)


def untrained(system: SampledFollower) -> SampledFollower:
    """The same networks, fresh, every part of which speaks: what is due to rays alone.

    An image encoder that no training changes stays as it is.
    """
    pipeline = system.pipeline
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        denoiser: Any = type(pipeline.denoiser).from_config(pipeline.denoiser.config)
        denoiser.start_from_nothing()
        encoder: Any = pipeline.image_encoder
        if isinstance(encoder, SmallImageEncoder):
            encoder = type(encoder).from_config(encoder.config)
    device = pipeline.denoiser.device
    fresh = DynaScenePipeline(
        pipeline.vae,
        encoder.to(device).eval(),
        denoiser.to(device).eval(),
        pipeline.scheduler,
        *pipeline.sampling(None, None),
    )
    fresh.set_progress_bar_config(disable=True)
    return SampledFollower(f"{system.name}, {UNTRAINED}", fresh, system.settings)
