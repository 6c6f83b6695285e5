"""At which frames a system's windows begin and end."""

from dynascene.evaluation.ablations import Shuffled
from dynascene.evaluation.metrics.seams import window_borders
from dynascene.evaluation.protocol import EvaluatedSystem
from dynascene.evaluation.systems import Trained
from dynascene.models.diffusion.samplers import window_spans
from dynascene.models.pipeline import OVERLAP


def borders_of(system: EvaluatedSystem, frames: int) -> list[int]:
    """Borders between the windows of a clip.

    Args:
        system: one that samples weights by windows has some; the others make whole clips.
        frames: of the clip.

    Returns:
        As ``window_borders``; empty where there is one window.
    """
    if isinstance(system, Shuffled):
        return borders_of(system.system, frames)
    if not isinstance(system, Trained):
        return []
    length = system.loaded.pipeline.denoiser.size.frames
    return window_borders(window_spans(frames, length, min(OVERLAP, length - 1)))
