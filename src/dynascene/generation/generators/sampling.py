"""The samples of one clip: latents, drawn when they are first needed, and their frames.

F frames, h w pixels of the model.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import torch
from torch import Tensor

from dynascene.generation.decoding import decoded, is_guided
from dynascene.jobs.log import Log
from dynascene.models.latents import FRAMES_AT_ONCE, EncodedClip
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.types import Batch

SEED_STEP = 1_000_003  # between a clip's samples; the generator's seed counts modulo 2³²
SAME_MASK = 1e-6  # a mask that bytes tell as exactly is kept as bytes


class Draw(NamedTuple):
    """One sample: how many steps it takes, and from which seed."""

    steps: int
    guidance: float
    seed: int


class MeanEstimate(NamedTuple):
    """The most probable frames: the mean of these samples. name: in words."""

    name: str
    draws: tuple[Draw, ...]


def estimate_of(pipeline: DynaScenePipeline, first: Draw, samples: int) -> MeanEstimate | None:
    """What stands for the mean of all that might be there; None where nothing does.

    Args:
        first: the sample that is delivered.
        samples: how many are averaged, ``first`` among them, where sampling takes several steps.
    """
    if first.steps > 1 and samples > 1:
        others = (first._replace(seed=first.seed + n * SEED_STEP) for n in range(1, samples))
        return MeanEstimate(f"mean of {samples}", (first, *others))
    if not is_guided(pipeline) and pipeline.denoiser.quantity == "epsilon":
        return None  # ε at the noisiest step says little of the clean frames
    if first.steps == 1:
        return MeanEstimate("estimate", (first,))
    return MeanEstimate("one-step estimate", (Draw(1, 1.0, first.seed),))


@dataclass(frozen=True)
class SampledFrame:
    """One frame at the model's size, 0 … 1.

    colour: [3, h, w]. guide: the same of the guide through the autoencoder. coverage: [1, h, w],
    what the picture or a key view shows. Both are None for a model without a guide. mean:
    [3, h, w], that of the estimate's samples; None without an estimate.
    """

    colour: Tensor
    guide: Tensor | None = None
    coverage: Tensor | None = None
    mean: Tensor | None = None


@dataclass
class Sampling:
    """The latents of one clip, drawn when they are first needed.

    paint_memory: what comes before; whether nothing is left to sample. parts: the clip as the model
    takes it, a few frames at a time. draw: the sample that is delivered. clips: of a chain, each of
    which takes all steps. Of a long clip only latents are kept, and of what is known a byte a
    pixel.
    """

    pipeline: DynaScenePipeline
    paint_memory: Callable[[Log], bool]
    parts: Callable[[], Iterator[Batch]]
    draw: Draw
    estimate: MeanEstimate | None = None
    clips: int = 1
    is_needless: bool = field(default=False, init=False)
    _latents: dict[Draw, Tensor] = field(default_factory=dict, init=False)
    _guide: Tensor | None = field(default=None, init=False)
    _coverage: Tensor | None = field(default=None, init=False)

    def run(self, log: Log) -> None:
        """Draw the latents now, as stages of the log."""
        if self._latents or self.is_needless:
            return
        self.is_needless = self.paint_memory(log)
        if self.is_needless:
            return
        draws = dict.fromkeys((self.draw, *(self.estimate.draws if self.estimate else ())))
        with log.stage("sampling", self.clips * sum(draw.steps for draw in draws)) as step:
            clip = self._encoded()
            self._latents = {draw: self._sample(clip, draw, step) for draw in draws}

    def _sample(self, clip: EncodedClip, draw: Draw, step: Callable[[], None]) -> Tensor:
        """Latents [F, C, h, w]."""

        def on_step(*arguments: object) -> dict[str, Tensor]:
            step()
            return {}

        return self.pipeline(
            clip,
            draw.steps,
            draw.guidance,
            torch.Generator().manual_seed(draw.seed),
            output_type="latent",
            callback_on_step_end=on_step,
        ).frames[0]

    def _encoded(self) -> EncodedClip:
        encoded, masks = [], []
        guided = is_guided(self.pipeline)
        for part in self.parts():
            encoded.append(self.pipeline.encode(part))
            if guided:
                assert part.guide_visibility is not None
                masks.append(_compact(part.guide_visibility[0]))
        clip = EncodedClip.joined(encoded)
        if guided:
            assert clip.guide is not None
            self._guide, self._coverage = clip.guide[0], torch.cat(masks)
        return clip

    def frames(self) -> Iterator[SampledFrame]:
        """Decoded a few at a time, after ``run``."""
        count = len(self._latents[self.draw])
        for start in range(0, count, FRAMES_AT_ONCE):
            part = slice(start, start + FRAMES_AT_ONCE)
            colours = self._decoded(self.draw, part)
            frames = map(SampledFrame, colours)
            if self._guide is not None and self._coverage is not None:
                guides = decoded(self.pipeline, self._guide[part])
                frames = map(SampledFrame, colours, guides, _plain(self._coverage[part]))
            if self.estimate is None:
                yield from frames
                continue
            for frame, mean in zip(frames, self._mean(self.estimate, part, colours), strict=True):
                yield replace(frame, mean=mean)

    def _mean(self, estimate: MeanEstimate, part: slice, first: Tensor) -> Tensor:
        """[n, 3, h, w]; first: the delivered sample's frames, decoded already."""
        samples = [
            first if draw == self.draw else self._decoded(draw, part) for draw in estimate.draws
        ]
        return samples[0] if len(samples) == 1 else torch.stack(samples).mean(0)

    def _decoded(self, draw: Draw, part: slice) -> Tensor:
        return decoded(self.pipeline, self._latents[draw][part])


def _compact(mask: Tensor) -> Tensor:
    """A mask of 0 … 1 as bytes where they lose nothing, as those of rendered guides."""
    levels = (mask * 255).round()
    exact = float((levels / 255 - mask).abs().max()) < SAME_MASK
    return levels.to(torch.uint8) if exact else mask


def _plain(mask: Tensor) -> Tensor:
    """The inverse of ``_compact``."""
    return mask.float() / 255 if mask.dtype == torch.uint8 else mask
