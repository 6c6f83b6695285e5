"""RT-DETR through transformers: accurate person detection, about a second a frame on a CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dynascene.errors import InputError, one_line
from dynascene.estimators.person.detection import clip_box, one_box_each
from dynascene.estimators.person.protocol import Detection
from dynascene.estimators.weights import Progress, weights_file

LEAST_CONFIDENCE = 0.3


class RtDetr:
    """A network from a folder that transformers saved (config, preprocessor, safetensors).

    Args:
        folder: None: the pinned small network, downloaded into the cache. One of its classes must
            be "person".

    Raises:
        InputError: it cannot be downloaded, or the folder holds no such network.
    """

    name = "rtdetr"

    def __init__(self, folder: Path | None = None, progress: Progress | None = None) -> None:
        from transformers import RTDetrForObjectDetection
        from transformers.models.rt_detr.image_processing_pil_rt_detr import (
            RTDetrImageProcessorPil,
        )

        folder = folder or weights_file("rtdetr", progress=progress).parent
        if not (folder / "config.json").is_file():
            raise InputError(f"{folder}: has no config.json; name a folder of an RT-DETR network")
        try:
            self._prepare = RTDetrImageProcessorPil.from_pretrained(folder, local_files_only=True)
            network = RTDetrForObjectDetection.from_pretrained(
                folder, local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            reason = one_line(error, longest=160)
            raise InputError(f"{folder}: holds no RT-DETR network ({reason})") from error
        self._network = network.eval()
        labels = network.config.id2label or {}
        named = {int(i) for i, label in labels.items() if label.lower() == "person"}
        if not named:
            raise InputError(f"{folder}: the network knows no class called person")
        self._person = named

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        import torch

        inputs = self._prepare(images=frame, return_tensors="pt")
        with torch.inference_mode():
            outputs = self._network(**inputs)
        detections = self._prepare.post_process_object_detection(
            outputs, LEAST_CONFIDENCE, target_sizes=[frame.shape[:2]]
        )[0]
        results = zip(detections["boxes"], detections["scores"], detections["labels"], strict=True)
        return one_box_each(
            [
                Detection(clip_box(box.double().numpy(), frame), float(score))
                for box, score, label in results
                if int(label) in self._person
            ]
        )
