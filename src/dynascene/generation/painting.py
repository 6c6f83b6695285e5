"""The scene memory, painted by a network: a few key views of the track, one picture each.

A key view is rendered from what is known so far, completed by the network as a single picture
(stage I: no motion modules), and written back to the canvas: the next one sees it as known.

h w pixels of a key view.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from dynascene.generation.clip import GeneratedClip
from dynascene.generation.decoding import decoded
from dynascene.generation.detail import blurred, carried_on, join_bands
from dynascene.generation.guide import guide_frames
from dynascene.generation.model_input import model_batch
from dynascene.generation.scene_memory import LEAST_NEW, SceneMemory, choose_view, key_view
from dynascene.geometry.repainting import Paint
from dynascene.io.video_index import DEFAULT_FRAME_RATE
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.types import Batch, Shot, Size

MOST_KEY_VIEWS = 24
FADE_SHARE = 1 / 48  # of a view's width: sigma of the fade between two views' paint


@dataclass(frozen=True)
class Painter:
    """How a network completes a picture; steps, guidance, seed as in GenerationOptions."""

    pipeline: DynaScenePipeline
    steps: int
    guidance: float
    seed: int
    has_camera: bool = True

    def paint(self, batch: Batch, plain: Tensor) -> Paint:
        """One frame of guide, completed: the change of its colours.

        As a clip's frames, the painting is the guide's detail under the network's light and large
        forms (detail.py), and differences to what is known are carried on, so that it joins on.
        plain: [1, 3, h, w], the guide as it was before anything was painted.
        """
        assert batch.guide is not None
        assert batch.guide_visibility is not None
        coverage = batch.guide_visibility[0]
        guide = without_steps(batch.guide[0] / 2 + 0.5, plain, coverage)
        encoded = self.pipeline.encode(batch.replace(guide=guide[None] * 2 - 1))
        assert encoded.guide is not None
        generator = torch.Generator().manual_seed(self.seed)
        sampled = self.pipeline(
            encoded, self.steps, self.guidance, generator, output_type="latent"
        ).frames[0]
        x, g = (decoded(self.pipeline, latents) for latents in (sampled, encoded.guide[0]))
        painting = join_bands(x, g, guide)
        painting = painting + carried_on(guide - painting, coverage)
        fresh = (2 - 2 * blurred(coverage, FADE_SHARE * coverage.shape[-1])).clamp(max=1)
        return Paint((painting - plain)[0], fresh[0])


def without_steps(guide: Tensor, plain: Tensor, coverage: Tensor) -> Tensor:
    """A guide whose unknown parts take on what paint has changed beside them: [1, 3, h, w].

    The continuation joins on to the photograph, but not to paint of other colours; a network that
    builds on the guide would keep that step.

    plain: the guide without paint. coverage: [1, 1, h, w].
    """
    return (guide + (1 - coverage) * carried_on(guide - plain, coverage)).clamp(0, 1)


def paint_memory(
    memory: SceneMemory,
    clip: GeneratedClip,
    painter: Painter,
    shape: Size,
    on_view: Callable[[], None],
) -> tuple[int, bool]:
    """Paint key views of a clip until none is worth it any more, MOST_KEY_VIEWS at most.

    Returns how many it took, and whether next to nothing of the clip is left unknown.

    clip: the projection at the network's size. shape: of the background, as for ``model_batch``.
    """
    painted: list[int] = []
    while True:
        views = memory.views()
        chosen = choose_view(views, painted)
        if chosen is None or len(painted) == MOST_KEY_VIEWS:
            return len(painted), all(view.unknown <= LEAST_NEW for view in views)
        view = key_view(clip.track, chosen.frame)
        still = replace(clip, track=view, frames=lambda view=view: guide_frames(memory, view))
        alone = Shot(None, None, view, DEFAULT_FRAME_RATE)
        batch = model_batch(alone, memory.scene, still, shape, has_camera=painter.has_camera)
        # no pattern comes twice
        turned = replace(painter, seed=(painter.seed + len(painted)) % 2**63)
        plain = next(memory.render_plain(view)).colour[None]
        memory.remember(view, turned.paint(batch, plain))
        painted.append(chosen.frame)
        on_view()
