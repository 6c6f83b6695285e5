"""A system as ``generate`` delivers it: through the scene memory, painted once for all frames.

F frames, H W pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from dynascene.evaluation.protocol import Given
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.generators.diffusion import sampled
from dynascene.generation.generators.projection import remembered
from dynascene.geometry.framing import Framing, seen_share
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.types import CameraTrack, Shot

MEMORY = ":memory"  # behind the name of weights, or of the projection


@dataclass(frozen=True)
class Remembered:
    """Weights that paint the scene memory, or the projection, which leaves it as it is.

    What the memory leaves unknown is sampled without the person. pipeline: None = the projection.
    """

    name: str
    pipeline: DynaScenePipeline | None
    weights: Mapping[str, str]
    steps: int | None = None
    guidance: float | None = None

    @property
    def sampling(self) -> Mapping[str, float]:
        if self.pipeline is None:
            return {}
        steps, guidance = self.pipeline.sampling(self.steps, self.guidance)
        return {"steps": steps, "guidance": guidance}

    @torch.no_grad()
    def render(self, given: Given, seed: int, *, estimates: bool = True) -> dict[str, np.ndarray]:
        batch, scene = given
        assert scene is not None, "a benchmark's shots have a scene"
        track = CameraTrack(batch.cam_from_world[0].double(), batch.intrinsics[0], batch.size)
        share = seen_share(track, scene.surface, scene.camera)
        clip, memory = remembered(track, scene, Framing(0.0, scene.camera.pitch), share)
        if self.pipeline is not None:
            alone = Shot(None, None, track, DEFAULT_FRAME_RATE)
            options = GenerationOptions(seed=seed, steps=self.steps, guidance=self.guidance)
            clip = sampled(alone, clip, memory, self.pipeline, options)
        return {self.name: np.stack([frame.background for frame in clip.frames()])}
