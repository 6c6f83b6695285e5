"""The systems that can be judged: the still picture, the projection, and trained weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.evaluation.protocol import System, to_bytes
from dynascene.generation.detail import add_detail, keep_seen
from dynascene.generation.generators.diffusion import autoencoded, decoded, is_guided
from dynascene.generation.weights import BUNDLED, load_weights
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.types import Batch

STILL, PROJECTION = "still", "projection"
SEED_STEP = 1_000_003  # between a clip's samples; the generator's seed counts modulo 2³²


@dataclass(frozen=True)
class SamplingSettings:
    """steps, guidance: as in GenerationOptions. samples: how many are averaged for accuracy."""

    steps: int | None = None
    guidance: float | None = None
    samples: int = 1

    def __post_init__(self) -> None:
        for name, value in (("--steps", self.steps), ("--samples", self.samples)):
            if value is not None and value < 1:
                raise InputError(f"{name} {value}: must be at least 1")


@dataclass(frozen=True)
class Still:
    """A background without a moving camera: the scene picture, standing still.

    Further row: the first frame of the guide, held. It is framed as the shot is, which the picture
    itself mostly is not, so that what a system gains over it is motion alone.
    """

    name: str = STILL
    weights: Mapping[str, str] = field(default_factory=dict)
    sampling: Mapping[str, float] = field(default_factory=dict)

    def render(self, batch: Batch, seed: int, *, estimates: bool = True) -> dict[str, np.ndarray]:
        held = {self.name: batch.scene_image}
        if batch.guide is not None:
            held[f"{self.name}, framed"] = batch.guide[:, 0]
        frames = batch.matte.shape[1]
        return {row: to_bytes(x.expand(frames, -1, -1, -1) / 2 + 0.5) for row, x in held.items()}


@dataclass(frozen=True)
class Projection:
    """The filled guide, as the generator ``projection`` delivers it."""

    name: str = PROJECTION
    weights: Mapping[str, str] = field(default_factory=dict)
    sampling: Mapping[str, float] = field(default_factory=dict)

    def render(self, batch: Batch, seed: int, *, estimates: bool = True) -> dict[str, np.ndarray]:
        assert batch.guide is not None, "a benchmark's shots have a guide"
        return {self.name: to_bytes(batch.guide[0] / 2 + 0.5)}


@dataclass(frozen=True)
class Trained:
    """A pipeline's samples, with the detail of the guide as the generator ``diffusion`` adds it.

    Further rows: the network's own pixels; as estimates the mean of several samples and, where the
    network predicts the clean frames, its one-step estimate of the mean. A single sample loses PSNR
    to such means by nature (it has to decide what a mean may blur): accuracy is read off them,
    looks off the sample.
    """

    name: str
    pipeline: DynaScenePipeline
    weights: Mapping[str, str]
    settings: SamplingSettings

    @property
    def sampling(self) -> Mapping[str, float]:
        steps, guidance = self.pipeline.sampling(self.settings.steps, self.settings.guidance)
        return {"steps": steps, "guidance": guidance}

    def render(self, batch: Batch, seed: int, *, estimates: bool = True) -> dict[str, np.ndarray]:
        deliver = self._delivery(batch)
        first = self._sample(batch, seed)
        rows = {self.name: deliver(first)}
        if is_guided(self.pipeline):
            rows[f"{self.name}, network alone"] = first
        count = self.settings.samples if estimates else 1
        if count > 1:
            others = [self._sample(batch, seed + n * SEED_STEP) for n in range(1, count)]
            rows[f"{self.name}, mean of {count}"] = deliver(torch.stack([first, *others]).mean(0))
        # from ε the clean frames follow by a division by √ᾱ, which is 0.04 at the noisiest step
        apart = self.sampling != {"steps": 1, "guidance": 1.0}  # else the first row is that
        if estimates and apart and self.pipeline.denoiser.prediction != "epsilon":
            rows[f"{self.name}, one step"] = deliver(self._one_step(batch, seed))
        return {row: to_bytes(frames) for row, frames in rows.items()}

    def _delivery(self, batch: Batch) -> Callable[[Tensor], Tensor]:
        """What turns the network's frames [F, 3, H, W] in 0 … 1 into those that are delivered."""
        if not is_guided(self.pipeline):
            return lambda frames: frames
        assert batch.guide is not None, "a benchmark's shots have a guide"
        assert batch.guide_visibility is not None, "and its visibility"
        guide, seen = batch.guide[0] / 2 + 0.5, batch.guide_visibility[0]
        coarse = autoencoded(self.pipeline, batch, slice(None))
        return lambda frames: keep_seen(add_detail(frames, coarse, guide), guide, seen)

    def _sample(self, batch: Batch, seed: int) -> Tensor:
        settings = self.settings
        return _sampled(self.pipeline, batch, settings.steps, settings.guidance, seed)

    def _one_step(self, batch: Batch, seed: int) -> Tensor:
        """x₀ as it is estimated from noise alone: about the mean of all samples, without guidance.

        DDIM's only step then goes from the noisiest of all to x₀ itself.
        """
        return _sampled(self.pipeline, batch, 1, 1.0, seed)


def _sampled(
    pipeline: DynaScenePipeline,
    batch: Batch,
    steps: int | None,
    guidance: float | None,
    seed: int,
) -> Tensor:
    """[F, 3, H, W] in 0 … 1, as the network paints it."""
    generator = torch.Generator().manual_seed(seed)
    latents = pipeline(batch, steps, guidance, generator, output_type="latent").frames[0]
    return decoded(pipeline, latents)


def open_system(text: str, settings: SamplingSettings) -> System:
    """``still``, ``projection``, ``small``, a weights folder or a hub id → a system.

    Raises InputError when it names no such thing.
    """
    if text == STILL:
        return Still()
    if text == PROJECTION:
        return Projection()
    if text != BUNDLED and "/" not in text and not Path(text).is_dir():
        raise InputError(
            f"{text!r} is no system: give {STILL}, {PROJECTION}, {BUNDLED} or a folder of weights"
        )
    pipeline, sha256 = load_weights(text)
    return Trained(Path(text).resolve().name or text, pipeline, sha256, settings)
