"""ActAnywhere's CLIP scores (Pan et al., 2024): like the condition, and like one another.

F frames, C channels, H W pixels.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import Tensor

from dynascene.devices import default_device
from dynascene.errors import InputError, one_line
from dynascene.evaluation.metrics.recent import RecentAnswers
from dynascene.models.image_encoder import CLIP_MEAN, CLIP_STD

FRAMES_AT_ONCE = 8
RECENT = 3  # the scene picture, and a clip for both scores


class ClipEmbedder:
    """CLIP's image tower.

    Args:
        network: ``transformers.CLIPVisionModelWithProjection``.
    """

    def __init__(self, network: Any) -> None:
        self.network = network.to(default_device()).eval()
        self._recent = RecentAnswers(self._embeddings, RECENT)

    def embeddings(self, frames: np.ndarray) -> np.ndarray:
        """uint8 [F, H, W, 3] → [F, C], of unit length; the last few arrays are remembered."""
        return self._recent(frames)

    @torch.no_grad()
    def _embeddings(self, frames: np.ndarray) -> np.ndarray:
        """As CLIP prepares pictures: the shorter side is resized (bicubic, anti-aliased) to the
        network's, and the middle is cut out.
        """
        side = self.network.config.image_size
        parts = []
        for start in range(0, len(frames), FRAMES_AT_ONCE):
            pictures = _prepared(frames[start : start + FRAMES_AT_ONCE], side)
            parts.append(self.network(pictures.to(self.network.device)).image_embeds.cpu())
        return nnf.normalize(torch.cat(parts).float(), dim=-1).numpy()


def clip_cond(frames: np.ndarray, condition: np.ndarray) -> float:
    """CLIP_cond: the mean cosine between the frames and the picture they were made from.

    Args:
        frames: [F, C], embeddings of unit length.
        condition: [1, C], of the scene picture.

    Returns:
        −1 … 1; 1 where every frame shows what the picture shows.
    """
    return float((frames @ condition[0]).mean())


def clip_temp(frames: np.ndarray) -> float:
    """CLIP_temp: the mean cosine between neighbouring frames.

    Args:
        frames: [F, C], embeddings of unit length, F ≥ 2.

    Returns:
        −1 … 1; 1 for a still clip, so it praises a lack of motion as well.
    """
    return float((frames[1:] * frames[:-1]).sum(axis=1).mean())


def open_clip(folder: Path) -> ClipEmbedder:
    """CLIP from a folder of transformers' files (config.json, model.safetensors).

    Raises:
        InputError: the folder holds no CLIP, or one whose weights do not fit.
    """
    from transformers import CLIPVisionModelWithProjection

    try:
        loaded: Any = CLIPVisionModelWithProjection.from_pretrained(
            folder, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{folder}: holds no CLIP: {one_line(error, 120)}") from error
    network, report = loaded
    if report["missing_keys"]:
        names = ", ".join(sorted(report["missing_keys"])[:3])
        raise InputError(f"{folder}: is no CLIP with an image tower; it lacks {names}")
    return ClipEmbedder(network)


def _prepared(frames: np.ndarray, side: int) -> Tensor:
    """uint8 [F, H, W, 3] → [F, 3, side, side] in CLIP's colours."""
    pictures = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2).float()
    height, width = pictures.shape[-2:]
    short = min(height, width)
    size = (height * side // short, width * side // short)  # CLIP rounds down
    pictures = nnf.interpolate(pictures, size, mode="bicubic", antialias=True).clamp(0, 255) / 255
    top, left = (size[0] - side) // 2, (size[1] - side) // 2
    pictures = pictures[..., top : top + side, left : left + side]
    mean, deviation = (torch.tensor(value)[:, None, None] for value in (CLIP_MEAN, CLIP_STD))
    return (pictures - mean) / deviation
