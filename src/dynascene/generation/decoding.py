"""What generation asks of a pipeline beside sampling."""

from torch import Tensor

from dynascene.clip_fields import CLIP_FIELDS
from dynascene.models.latents import decode_latents
from dynascene.models.pipeline import DynaScenePipeline


def is_guided(pipeline: DynaScenePipeline) -> bool:
    """Whether the model paints over the guide: only then does the guide's detail belong to it."""
    return "guide" in pipeline.inputs


def follows_camera(pipeline: DynaScenePipeline) -> bool:
    """Whether another camera track gives another background."""
    return any(CLIP_FIELDS[name].follows_camera for name in pipeline.inputs)


def decoded(pipeline: DynaScenePipeline, latents: Tensor) -> Tensor:
    """Latents [F, C, h, w] → pictures [F, 3, H, W] in 0 … 1, on the CPU."""
    return decode_latents(pipeline.vae, latents).cpu() / 2 + 0.5
