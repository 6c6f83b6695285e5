"""The systems that can be judged: the still picture, the projection, and trained weights."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.evaluation.protocol import Given, System, to_bytes
from dynascene.evaluation.remembered import MEMORY, Remembered
from dynascene.evaluation.shuffled import SHUFFLED, Shuffled
from dynascene.generation.decoding import decoded, is_guided
from dynascene.generation.detail import join_bands, keep_seen
from dynascene.generation.weights import BUNDLED, load_weights
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.types import Batch

STILL, PROJECTION = "still", "projection"
FILL = ":fill"  # behind the name of weights
SEED_STEP = 1_000_003  # between a clip's samples; the generator's seed counts modulo 2³²


@dataclass(frozen=True)
class SamplingSettings:
    """steps, guidance: as in GenerationOptions. samples: how many are averaged for accuracy."""

    steps: int | None = None
    guidance: float | None = None
    samples: int = 1

    def __post_init__(self) -> None:
        for name, value in (("steps", self.steps), ("samples", self.samples)):
            if value is not None and value < 1:
                raise InputError(f"`{name}` {value}: must be at least 1")


@dataclass(frozen=True)
class Still:
    """A background without a moving camera: the scene picture, standing still.

    Further row: the first frame of the guide, held. It is framed as the shot is, which the picture
    itself mostly is not, so that what a system gains over it is motion alone.
    """

    name: str = STILL
    weights: Mapping[str, str] = field(default_factory=dict)
    sampling: Mapping[str, float] = field(default_factory=dict)

    def render(self, given: Given, seed: int, *, estimates: bool = True) -> dict[str, np.ndarray]:
        batch = given.batch
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

    def render(self, given: Given, seed: int, *, estimates: bool = True) -> dict[str, np.ndarray]:
        guide = given.batch.guide
        assert guide is not None, "a benchmark's shots have a guide"
        return {self.name: to_bytes(guide[0] / 2 + 0.5)}


class PreparedClip:
    """One clip in a pipeline's autoencoder, encoded once for all of its samples.

    coarse_guide: [F, 3, H, W] in 0 … 1, what the autoencoder leaves of the guide; None for a
        pipeline without one.
    """

    def __init__(self, pipeline: DynaScenePipeline, batch: Batch) -> None:
        self.pipeline, self.batch = pipeline, batch
        self._encoded = pipeline.encode(batch)
        self.coarse_guide = None
        if is_guided(pipeline):
            assert self._encoded.guide is not None, "a benchmark's shots have a guide"
            self.coarse_guide = decoded(pipeline, self._encoded.guide[0])

    def sampled(self, steps: int | None, guidance: float | None, seed: int) -> Tensor:
        """[F, 3, H, W] in 0 … 1, as the network paints it."""
        generator = torch.Generator().manual_seed(seed)
        made = self.pipeline(self._encoded, steps, guidance, generator, output_type="latent")
        return decoded(self.pipeline, made.frames[0])

    def delivered(self, frames: Tensor) -> Tensor:
        """The network's frames as the generator ``diffusion`` delivers them."""
        if self.coarse_guide is None:
            return frames
        return keep_seen(join_bands(frames, self.coarse_guide, self._guide), *self._shown)

    def estimated(self, frames: Tensor) -> Tensor:
        """The most probable colours: what the picture shows, and else the network's, soft."""
        return frames if self.coarse_guide is None else keep_seen(frames, *self._shown)

    @property
    def _guide(self) -> Tensor:
        assert self.batch.guide is not None, "a benchmark's shots have a guide"
        return self.batch.guide[0] / 2 + 0.5

    @property
    def _shown(self) -> tuple[Tensor, Tensor]:
        assert self.batch.guide_visibility is not None, "a benchmark's shots have a visibility"
        return self._guide, self.batch.guide_visibility[0]


@dataclass(frozen=True)
class Trained:
    """A pipeline's samples, with the detail of the guide as the generator ``diffusion`` adds it.

    Further rows: the network's own pixels and, as an estimate, the mean of several samples (of a
    single step: that step), with the photograph where it shows the place and without the guide's
    detail elsewhere. What is delivered loses PSNR to such a mean by nature, because it has to
    decide what a mean may blur: accuracy is read off the estimate, looks off what is delivered.
    """

    name: str
    pipeline: DynaScenePipeline
    weights: Mapping[str, str]
    settings: SamplingSettings

    @property
    def sampling(self) -> Mapping[str, float]:
        steps, guidance = self.pipeline.sampling(self.settings.steps, self.settings.guidance)
        return {"steps": steps, "guidance": guidance}

    def render(self, given: Given, seed: int, *, estimates: bool = True) -> dict[str, np.ndarray]:
        clip = PreparedClip(self.pipeline, given.batch)
        first = self._sample(clip, seed)
        rows = {self.name: clip.delivered(first)}
        if clip.coarse_guide is not None:
            rows[f"{self.name}, network alone"] = first
        if estimates:
            means = self._mean(clip, seed, first)
            rows |= {f"{self.name}, {what}": clip.estimated(mean) for what, mean in means.items()}
        return {row: to_bytes(frames) for row, frames in rows.items()}

    def _sample(self, clip: PreparedClip, seed: int) -> Tensor:
        return clip.sampled(self.settings.steps, self.settings.guidance, seed)

    def _mean(self, clip: PreparedClip, seed: int, first: Tensor) -> dict[str, Tensor]:
        """What stands for the mean of all that might be there, by what to call it; or nothing."""
        count = self.settings.samples
        if self.sampling["steps"] > 1 and count > 1:
            others = [self._sample(clip, seed + n * SEED_STEP) for n in range(1, count)]
            return {f"mean of {count}": torch.stack([first, *others]).mean(0)}
        if clip.coarse_guide is None:
            return {}  # ε at the noisiest step says little of the clean frames
        if self.sampling["steps"] == 1:
            return {"estimate": first}
        return {"one-step estimate": clip.sampled(1, 1.0, seed)}


@dataclass(frozen=True)
class Filled:
    """The ablation of a guided pipeline: its denoiser says that the clean frames are the guide, as
    the classical fill completes it. All that is left of the weights is their autoencoder.
    """

    name: str
    pipeline: DynaScenePipeline
    weights: Mapping[str, str]
    sampling: Mapping[str, float] = field(default_factory=dict)

    def render(self, given: Given, seed: int, *, estimates: bool = True) -> dict[str, np.ndarray]:
        clip = PreparedClip(self.pipeline, given.batch)
        coarse = clip.coarse_guide
        assert coarse is not None, "open_system lets guided pipelines through alone"
        rows = {self.name: clip.delivered(coarse), f"{self.name}, network alone": coarse}
        return {row: to_bytes(frames) for row, frames in rows.items()}


def open_system(text: str, settings: SamplingSettings) -> System:
    """``still``, ``projection``, ``small``, a weights folder or a hub id → a system.

    Behind them, ``:memory``: through the scene memory, see ``Remembered``; ``:fill``: without what
    the denoiser paints, see ``Filled``; ``:shuffled``: told the poses in a wrong order, see
    ``Shuffled``. Raises InputError when it names no such thing.
    """
    if text.endswith(SHUFFLED) and text != SHUFFLED:
        return Shuffled(open_system(text.removesuffix(SHUFFLED), settings))
    if text == STILL:
        return Still()
    if text == PROJECTION:
        return Projection()
    if text == PROJECTION + MEMORY:
        return Remembered(text, None, {})
    suffix = next((s for s in (FILL, MEMORY) if text.endswith(s)), "")
    weights = text.removesuffix(suffix)
    if weights != BUNDLED and "/" not in weights and not Path(weights).is_dir():
        raise InputError(
            f"{text!r} is no system: give {STILL}, {PROJECTION}, {BUNDLED} or a folder of weights"
        )
    pipeline, sha256 = load_weights(weights)
    name = Path(weights).resolve().name or weights
    if not suffix:
        return Trained(name, pipeline, sha256, settings)
    if not is_guided(pipeline):
        missing = "fill to show instead" if suffix == FILL else "scene memory"
        raise InputError(f"{text}: these weights read no guide, so there is no {missing}")
    if suffix == MEMORY:
        return Remembered(name + MEMORY, pipeline, sha256, settings.steps, settings.guidance)
    return Filled(name + FILL, pipeline, sha256)
