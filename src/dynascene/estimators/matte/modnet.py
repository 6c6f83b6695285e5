"""MODNet on the subject's square: a matting network with soft hair and motion blur."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from dynascene.errors import InputError
from dynascene.estimators.frame_spool import FrameStack
from dynascene.estimators.matte.crops import cut_square, lay_square, square_around
from dynascene.estimators.weights import Progress, weights_file

INPUT_SIDE = 512


class ModnetMatter:
    """Mattes by MODNet as ONNX: [1, 3, 512, 512] sRGB in −1 … 1 → [1, 1, 512, 512] in 0 … 1.

    Args:
        path: a file with this interface; None: the pinned one, downloaded into the cache.

    Raises:
        InputError: it cannot be downloaded or read.
    """

    name = "modnet"
    working_pixels = 1024 * 576
    needs_boxes = True
    least_frames = 1

    def __init__(self, path: Path | None = None, progress: Progress | None = None) -> None:
        path = path or weights_file("modnet", progress=progress)
        try:
            self._network = cv2.dnn.readNetFromONNX(str(path))
        except cv2.error as error:
            raise InputError(f"{path}: is no ONNX network that can be read") from error

    def __call__(
        self,
        frames: FrameStack,
        boxes: np.ndarray | None,
        start: tuple[float, float] | None = None,
    ) -> Iterator[np.ndarray]:
        assert boxes is not None  # needs_boxes
        for frame, box in zip(frames, boxes, strict=True):
            square = square_around(box)
            cut = cut_square(frame, square, INPUT_SIDE)
            self._network.setInput(cv2.dnn.blobFromImage(cut, 1 / 127.5, mean=(127.5,) * 3))
            alpha = np.clip(self._network.forward()[0, 0], 0, 1)
            yield lay_square(alpha, square, frame.shape[:2])
