"""Systems with something added or taken away: each wraps a system, and its rows say so.

F frames.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import torch

from dynascene.clip_fields import CLIP_FIELDS
from dynascene.errors import InputError
from dynascene.evaluation.protocol import EvaluatedSystem, ShotInputs
from dynascene.evaluation.systems import (
    Projection,
    Trained,
    backgrounds,
    generated,
    sampled_rows,
)
from dynascene.generation.decoding import is_guided
from dynascene.models.latents import EncodedClip
from dynascene.models.pipeline import DynaSceneOutput, DynaScenePipeline
from dynascene.types import Batch


@dataclass(frozen=True)
class WithMemory:
    """Weights that paint the scene memory, or the projection, which leaves it as it is: what
    ``generate`` delivers by default.

    What the memory leaves unknown is sampled without the person.

    Raises InputError for weights that read no guide.
    """

    LABEL: ClassVar[str] = ":memory"
    system: Projection | Trained

    def __post_init__(self) -> None:
        if isinstance(self.system, Trained):
            _check_guided(self.system, self.LABEL, "scene memory")

    @property
    def name(self) -> str:
        return self.system.name + self.LABEL

    @property
    def weights(self) -> Mapping[str, str]:
        return self.system.weights

    @property
    def sampling(self) -> Mapping[str, float]:
        return self.system.sampling

    def render(
        self, inputs: ShotInputs, seed: int, *, estimates: bool = True
    ) -> dict[str, np.ndarray]:
        clip = generated(self.system.options, inputs, seed, scene_memory=True)
        return {self.name: backgrounds(clip)}


@dataclass(frozen=True)
class Filled:
    """Guided weights whose denoiser says that the clean frames are the guide, as the classical fill
    completes it. All that is left of the weights is their autoencoder.

    Raises InputError for weights that read no guide.
    """

    LABEL: ClassVar[str] = ":fill"
    system: Trained
    sampling: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_guided(self.system, self.LABEL, "fill to show instead")

    @property
    def name(self) -> str:
        return self.system.name + self.LABEL

    @property
    def weights(self) -> Mapping[str, str]:
        return self.system.weights

    def render(
        self, inputs: ShotInputs, seed: int, *, estimates: bool = True
    ) -> dict[str, np.ndarray]:
        loaded = self.system.loaded
        filling = loaded._replace(pipeline=FillingPipeline(**loaded.pipeline.components))
        clip = generated(replace(self.system, loaded=filling).options, inputs, seed)
        return sampled_rows(self.name, clip)


class FillingPipeline(DynaScenePipeline):
    """A guided pipeline whose samples are the guide."""

    def __call__(self, clip: Batch | EncodedClip, *arguments: Any, **options: Any) -> Any:
        encoded = self.encode(clip) if isinstance(clip, Batch) else clip
        assert encoded.guide is not None, "guided pipelines have a guide"
        return DynaSceneOutput(frames=encoded.guide)


@dataclass(frozen=True)
class Shuffled:
    """The control of a camera model: a system whose batches have all that tells the camera, poses
    and guide, in another order.

    If a system scores no better with the true track than with this one, it does not read the track.
    Person, scene picture and truth stay as they are.
    """

    LABEL: ClassVar[str] = ":shuffled"
    system: EvaluatedSystem

    @property
    def name(self) -> str:
        return self.system.name + self.LABEL

    @property
    def weights(self) -> Mapping[str, str]:
        return self.system.weights

    @property
    def sampling(self) -> Mapping[str, float]:
        return self.system.sampling

    def render(
        self, inputs: ShotInputs, seed: int, *, estimates: bool = True
    ) -> dict[str, np.ndarray]:
        shuffled = inputs._replace(batch=shuffled_camera(inputs.batch, seed))
        rows = self.system.render(shuffled, seed, estimates=estimates)
        return {self.name + row.removeprefix(self.system.name): x for row, x in rows.items()}


def shuffled_camera(batch: Batch, seed: int) -> Batch:
    """The batch with the camera of frame i taken from another frame, for each i (F ≥ 2)."""
    frames = batch.matte.shape[1]
    circle = np.random.default_rng(seed).permutation(frames)
    source = torch.empty(frames, dtype=torch.long)
    # along one circle through all frames none keeps its own
    source[torch.from_numpy(circle)] = torch.from_numpy(np.roll(circle, 1))
    camera = [name for name in batch if CLIP_FIELDS[name].follows_camera]
    return batch.replace(**{name: batch[name][:, source] for name in camera})


def _check_guided(system: Trained, label: str, missing: str) -> None:
    if not is_guided(system.loaded.pipeline):
        raise InputError(
            f"{system.name}{label}: these weights read no guide, so there is no {missing}"
        )
