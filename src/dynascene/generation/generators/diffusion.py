"""A trained model paints the background: samples at its own resolution, detail from the guide."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from dynascene.generation.clip import GeneratedClip, GeneratedFrame, GenerationOptions
from dynascene.generation.decoding import decoded, follows_camera, is_guided
from dynascene.generation.detail import join_bands, keep_seen, resized
from dynascene.generation.generators.projection import guide_frames, projected
from dynascene.generation.model_input import model_batches, model_size, stretched
from dynascene.generation.painting import MOST_KEY_VIEWS, Painter, paint_memory
from dynascene.generation.scene_memory import SceneMemory
from dynascene.generation.weights import load_weights
from dynascene.geometry.lifting import LiftedScene
from dynascene.jobs.log import Log
from dynascene.models.latents import FRAMES_AT_ONCE, EncodedClip, latent_stride
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.types import Batch, Shot

NO_CAMERA = "these weights read no camera: how the background moves is their own choice"
NO_MEMORY = "these weights have no guide, so no scene memory: what the camera reveals may change"


def diffusion(shot: Shot, scene: LiftedScene, options: GenerationOptions) -> GeneratedClip:
    """Sample a background with the weights of ``options.weights``, see ``sampled``.

    Raises InputError when the weights are missing or unreadable, or the track leaves the place.
    """
    guide, memory = projected(shot, scene, options)
    pipeline, sha256 = load_weights(options.weights)
    return replace(sampled(shot, guide, memory, pipeline, options), weights=sha256)


def sampled(
    shot: Shot,
    guide: GeneratedClip,
    memory: SceneMemory,
    pipeline: DynaScenePipeline,
    options: GenerationOptions,
) -> GeneratedClip:
    """A background sampled by a pipeline and enlarged by the guide, which ``memory`` renders.

    The model works at its own pixel count in the background's shape, on the same guide as the
    ``projection`` generator. It first completes the scene memory, one picture per key view. Where
    that leaves nothing unknown, the clip is the memory seen along the track; where it does, or
    without memory, the clip is sampled on it, in overlapping windows where it is long. All of this
    begins with the first frame that is read, or with ``GeneratedClip.sample``, and is done once.
    """
    shape, has_camera = guide.track.size, not options.null_camera
    size = model_size(shape, pipeline.denoiser.size.resolution, latent_stride(pipeline.vae))
    small = stretched(guide.track, size)
    coarse = replace(guide, track=small, frames=lambda: guide_frames(memory, small))
    steps, guidance = pipeline.sampling(options.steps, options.guidance)
    numbers: dict[str, float] = {"steps": steps, "guidance": guidance}
    painter = Painter(pipeline, steps, guidance, options.seed, has_camera)

    def remember(log: Log) -> bool:
        if has_camera and len(shot) > 1 and not follows_camera(pipeline):
            log.notice(NO_CAMERA)
        if not options.scene_memory or len(shot) == 1:
            return False
        if not is_guided(pipeline):
            log.notice(NO_MEMORY)
            return False
        with log.stage("scene memory", MOST_KEY_VIEWS) as step:
            views, complete = paint_memory(memory, coarse, painter, shape, step)
        numbers["key_views"] = views
        return complete

    def parts() -> Iterator[Batch]:
        return model_batches(
            shot, memory.scene, coarse, shape, FRAMES_AT_ONCE, has_camera=has_camera
        )

    sampling = Sampling(pipeline, remember, parts, steps, guidance, options.seed)

    def frames() -> Iterator[GeneratedFrame]:
        sampling.run(Log())
        if sampling.is_needless:
            yield from guide.frames()
            return
        for sample, sharp in zip(sampling.frames(), guide.frames(), strict=True):
            yield sharp._replace(background=enlarged(sample, sharp.background))

    return replace(guide, frames=frames, sampling=numbers, sample=sampling.run)


@dataclass(frozen=True)
class SampledFrame:
    """One frame at the model's size, 0 … 1.

    colour: [3, h, w]. guide: the same of the guide through the autoencoder; known: [1, h, w], what
    the picture or a key view shows; both None for a model without a guide.
    """

    colour: Tensor
    guide: Tensor | None = None
    known: Tensor | None = None


@dataclass
class Sampling:
    """The latents of one clip, drawn when they are first needed.

    remember: what comes before; whether nothing is left to sample. parts: the clip as the model
    takes it, a few frames at a time. Of a long clip only latents are kept, and of what is known a
    byte a pixel.
    """

    pipeline: DynaScenePipeline
    remember: Callable[[Log], bool]
    parts: Callable[[], Iterator[Batch]]
    steps: int
    guidance: float
    seed: int
    is_needless: bool = field(default=False, init=False)
    _latents: Tensor | None = field(default=None, init=False)
    _guide: Tensor | None = field(default=None, init=False)
    _known: Tensor | None = field(default=None, init=False)

    def run(self, log: Log) -> None:
        """Draw the latents now, as stages of the log."""
        if self._latents is not None or self.is_needless:
            return
        self.is_needless = self.remember(log)
        if self.is_needless:
            return
        with log.stage("sampling", self.steps) as step:

            def on_step(*arguments: object) -> dict[str, Tensor]:
                step()
                return {}

            clip = self._encoded()
            self._latents = self.pipeline(
                clip,
                self.steps,
                self.guidance,
                torch.Generator().manual_seed(self.seed),
                output_type="latent",
                callback_on_step_end=on_step,
            ).frames[0]

    def _encoded(self) -> EncodedClip:
        encoded, known = [], []
        for part in self.parts():
            assert part.guide_visibility is not None
            encoded.append(self.pipeline.encode(part))
            known.append((part.guide_visibility[0] * 255).round().to(torch.uint8))
        clip = EncodedClip.joined(encoded)
        if is_guided(self.pipeline):
            assert clip.guide is not None
            self._guide, self._known = clip.guide[0], torch.cat(known)
        return clip

    def frames(self) -> Iterator[SampledFrame]:
        """Decoded a few at a time, after ``run``."""
        assert self._latents is not None
        for start in range(0, len(self._latents), FRAMES_AT_ONCE):
            part = slice(start, start + FRAMES_AT_ONCE)
            colours = decoded(self.pipeline, self._latents[part])
            if self._guide is None or self._known is None:
                yield from map(SampledFrame, colours)
                continue
            guides = decoded(self.pipeline, self._guide[part])
            known = self._known[part].float() / 255
            yield from map(SampledFrame, colours, guides, known)


def enlarged(small: SampledFrame, guide: np.ndarray) -> np.ndarray:
    """A sampled frame at the size of its guide, both uint8 [H, W, 3]."""
    if small.guide is None or small.known is None:
        result = resized(small.colour[None], *guide.shape[:2]).clamp(0, 1)
    else:
        sharp = torch.from_numpy(guide).permute(2, 0, 1)[None].float() / 255
        result = join_bands(small.colour[None], small.guide[None], sharp)
        result = keep_seen(result, sharp, small.known[None])
    return (result[0] * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
