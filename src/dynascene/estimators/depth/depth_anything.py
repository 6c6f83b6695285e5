"""Depth Anything V2 through transformers: disparity up to scale and shift."""

from pathlib import Path

import numpy as np

from dynascene.errors import InputError, one_line
from dynascene.estimators.depth.protocol import DepthEstimate
from dynascene.estimators.weights import Progress, weights_file


class DepthAnything:
    """A network from a folder that transformers saved (config, preprocessor, safetensors).

    Args:
        folder: None: the pinned small network, downloaded into the cache.

    Raises:
        InputError: it cannot be downloaded, or the folder holds no such network.
    """

    name = "depth-anything"

    def __init__(self, folder: Path | None = None, progress: Progress | None = None) -> None:
        from transformers import DepthAnythingForDepthEstimation
        from transformers.models.dpt.image_processing_pil_dpt import DPTImageProcessorPil

        folder = folder or weights_file("depth-anything", progress=progress).parent
        if not (folder / "config.json").is_file():
            raise InputError(f"{folder}: has no config.json; name a folder of a depth network")
        try:
            self._prepare = DPTImageProcessorPil.from_pretrained(folder, local_files_only=True)
            network = DepthAnythingForDepthEstimation.from_pretrained(
                folder, local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            reason = one_line(error, longest=160)
            raise InputError(f"{folder}: holds no Depth Anything network ({reason})") from error
        self._network = network.eval()

    def __call__(self, picture: np.ndarray) -> DepthEstimate:
        import torch

        inputs = self._prepare(images=picture, return_tensors="pt")
        with torch.inference_mode():
            disparity = self._network(**inputs).predicted_depth[:, None].float()
        full = torch.nn.functional.interpolate(
            disparity, picture.shape[:2], mode="bilinear", align_corners=False
        )
        return DepthEstimate(full[0, 0].numpy(), "disparity")
