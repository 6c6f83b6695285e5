"""The systems that can be judged: the still picture, the projection, and trained weights.

All but the still picture are rendered by ``generate``, as it delivers them. Their ablations are in
``ablations``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import torch

from dynascene.errors import InputError
from dynascene.evaluation.protocol import ShotInputs
from dynascene.generation.clip import GeneratedClip, GenerationOptions
from dynascene.generation.generate import generate
from dynascene.generation.weights import LoadedWeights
from dynascene.imaging.pixels import bytes_from_tensor

STILL, PROJECTION = "still", "projection"


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

    name: ClassVar[str] = STILL
    weights: Mapping[str, str] = field(default_factory=dict)
    sampling: Mapping[str, float] = field(default_factory=dict)

    def render(
        self, inputs: ShotInputs, seed: int, *, estimates: bool = True
    ) -> dict[str, np.ndarray]:
        batch = inputs.batch
        pictures = {self.name: batch.scene_image}
        if batch.guide is not None:
            pictures[f"{self.name}, framed"] = batch.guide[:, 0]
        frames = batch.matte.shape[1]
        return {
            row: bytes_from_tensor(x.expand(frames, -1, -1, -1) / 2 + 0.5)
            for row, x in pictures.items()
        }


@dataclass(frozen=True)
class Projection:
    """The filled guide, as the generator ``projection`` delivers it."""

    name: ClassVar[str] = PROJECTION
    weights: Mapping[str, str] = field(default_factory=dict)
    sampling: Mapping[str, float] = field(default_factory=dict)

    @property
    def options(self) -> GenerationOptions:
        return GenerationOptions(generator="projection", scene_memory=False)

    def render(
        self, inputs: ShotInputs, seed: int, *, estimates: bool = True
    ) -> dict[str, np.ndarray]:
        return {self.name: backgrounds(generated(self.options, inputs, seed))}


@dataclass(frozen=True)
class Trained:
    """Weights' samples, as the generator ``diffusion`` delivers them without the scene memory.

    Further rows: the network's own pixels and, as an estimate, the mean of several samples (of a
    single step: that step), with the photograph where it shows the place and without the guide's
    detail elsewhere. What is delivered loses PSNR to such a mean by nature, because it has to
    decide what a mean may blur: accuracy is read off the estimate, looks off what is delivered.
    """

    name: str
    loaded: LoadedWeights
    settings: SamplingSettings = SamplingSettings()

    @property
    def weights(self) -> Mapping[str, str]:
        return self.loaded.sha256

    @property
    def sampling(self) -> Mapping[str, float]:
        pipeline = self.loaded.pipeline
        steps, guidance = pipeline.sampling(self.settings.steps, self.settings.guidance)
        several = {"samples": self.settings.samples} if self.settings.samples > 1 else {}
        return {"steps": steps, "guidance": guidance, **several}

    @property
    def options(self) -> GenerationOptions:
        return GenerationOptions(
            weights=self.loaded,
            steps=self.settings.steps,
            guidance=self.settings.guidance,
            scene_memory=False,
        )

    def render(
        self, inputs: ShotInputs, seed: int, *, estimates: bool = True
    ) -> dict[str, np.ndarray]:
        samples = self.settings.samples if estimates else None
        clip = generated(self.options, inputs, seed, estimate_samples=samples)
        return sampled_rows(self.name, clip)


def generated(
    options: GenerationOptions, inputs: ShotInputs, seed: int, **changes: bool | int | None
) -> GeneratedClip:
    """A shot as ``generate`` delivers it. changes: to the options."""
    return generate(inputs.batch, inputs.scene, replace(options, seed=seed, **changes))


@torch.no_grad()
def backgrounds(clip: GeneratedClip) -> np.ndarray:
    """uint8 [F, H, W, 3]"""
    return np.stack([frame.background for frame in clip.frames()])


@torch.no_grad()
def sampled_rows(name: str, clip: GeneratedClip) -> dict[str, np.ndarray]:
    """A clip's frames by row: what is delivered, the network's own pixels, the estimate."""
    frames = list(clip.frames())
    rows = {
        name: [frame.background for frame in frames],
        f"{name}, network alone": [f.network for f in frames if f.network is not None],
    }
    if clip.estimate is not None:
        rows[f"{name}, {clip.estimate}"] = [f.estimate for f in frames if f.estimate is not None]
    return {row: np.stack(images) for row, images in rows.items() if images}
