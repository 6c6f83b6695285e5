"""A trained model paints the background: samples at its own resolution, detail from the guide."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from dynascene.generation.clip import GeneratedClip, GeneratedFrame, GenerationOptions
from dynascene.generation.detail import add_detail, keep_seen, resized
from dynascene.generation.generators.projection import projection
from dynascene.generation.model_input import model_batch, model_size, stretched
from dynascene.generation.progress import Log
from dynascene.generation.weights import load_weights
from dynascene.geometry.lifting import LiftedScene
from dynascene.models.latents import FRAMES_AT_ONCE, decode_latents, encode_images, latent_stride
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.types import Batch, Shot


def diffusion(shot: Shot, scene: LiftedScene, options: GenerationOptions) -> GeneratedClip:
    """Sample a background with the weights of ``options.weights`` and enlarge it by the guide.

    The model works at its own pixel count in the background's shape, on the same guide as the
    ``projection`` generator; long clips go through it in overlapping windows. Sampling starts with
    the first frame that is read, or with ``GeneratedClip.sample``, and is done once.

    Raises InputError when the weights are missing or unreadable, or the track leaves the place.
    """
    guide = projection(shot, scene, options)
    pipeline, sha256 = load_weights(options.weights)
    size = model_size(
        guide.track.size, pipeline.denoiser.size.resolution, latent_stride(pipeline.vae)
    )
    alone = Shot(None, None, stretched(guide.track, size), shot.frame_rate)
    coarse = projection(alone, scene, replace(options, size=None, framing=guide.framing))
    batch = model_batch(shot, scene, coarse, guide.track.size, has_camera=not options.null_camera)
    steps, guidance = pipeline.sampling(options.steps, options.guidance)
    sampling = Sampling(pipeline, batch, steps, guidance, options.seed)

    def frames() -> Iterator[GeneratedFrame]:
        for small, sharp in zip(sampling.frames(), guide.frames(), strict=True):
            yield sharp._replace(background=enlarged(small, sharp.background))

    numbers = {"steps": steps, "guidance": guidance}
    return replace(guide, frames=frames, weights=sha256, sampling=numbers, sample=sampling.run)


@dataclass(frozen=True)
class SampledFrame:
    """One frame at the model's size, 0 … 1.

    colour: [3, h, w]. guide: the same of the guide through the autoencoder; visibility: [1, h, w]
    of the guide; both None for a model without a guide.
    """

    colour: Tensor
    guide: Tensor | None = None
    visibility: Tensor | None = None


@dataclass
class Sampling:
    """The latents of one clip, drawn when they are first needed."""

    pipeline: DynaScenePipeline
    batch: Batch
    steps: int
    guidance: float
    seed: int
    _latents: Tensor | None = field(default=None, init=False)

    def run(self, log: Log) -> None:
        """Draw the latents now, as a stage of the log."""
        if self._latents is not None:
            return
        with log.stage("sampling", self.steps) as step:

            def on_step(*arguments: object) -> dict[str, Tensor]:
                step()
                return {}

            self._latents = self.pipeline(
                self.batch,
                self.steps,
                self.guidance,
                torch.Generator().manual_seed(self.seed),
                output_type="latent",
                callback_on_step_end=on_step,
            ).frames[0]

    def frames(self) -> Iterator[SampledFrame]:
        """Decoded a few at a time; latents are all that is kept of a long clip."""
        self.run(Log())
        assert self._latents is not None
        guided = is_guided(self.pipeline)
        for start in range(0, len(self._latents), FRAMES_AT_ONCE):
            part = slice(start, start + FRAMES_AT_ONCE)
            colours = decoded(self.pipeline, self._latents[part])
            guides = autoencoded(self.pipeline, self.batch, part) if guided else None
            for index, colour in enumerate(colours):
                if guides is None or self.batch.guide_visibility is None:
                    yield SampledFrame(colour)
                else:
                    seen = self.batch.guide_visibility[0, start + index]
                    yield SampledFrame(colour, guides[index], seen)


def is_guided(pipeline: DynaScenePipeline) -> bool:
    """Whether the model paints over the guide: only then does the guide's detail belong to it."""
    return "guide" in pipeline.denoiser.conditioners


def decoded(pipeline: DynaScenePipeline, latents: Tensor) -> Tensor:
    """[F, 4, h/8, w/8] → [F, 3, h, w] in 0 … 1, on the CPU."""
    return decode_latents(pipeline.vae, latents).cpu() / 2 + 0.5


def autoencoded(pipeline: DynaScenePipeline, batch: Batch, frames: slice) -> Tensor:
    """What the autoencoder leaves of some frames of the first clip's guide: [F, 3, h, w], 0 … 1."""
    assert batch.guide is not None
    guide = batch.guide[0, frames].to(pipeline.device)
    return decoded(pipeline, encode_images(pipeline.vae, guide))


def enlarged(small: SampledFrame, guide: np.ndarray) -> np.ndarray:
    """A sampled frame at the size of its guide, both uint8 [H, W, 3]."""
    if small.guide is None or small.visibility is None:
        result = resized(small.colour[None], *guide.shape[:2]).clamp(0, 1)
    else:
        sharp = torch.from_numpy(guide).permute(2, 0, 1)[None].float() / 255
        result = add_detail(small.colour[None], small.guide[None], sharp)
        result = keep_seen(result, sharp, small.visibility[None])
    return (result[0] * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
