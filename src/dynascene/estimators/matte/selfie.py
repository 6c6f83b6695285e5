"""MediaPipe's selfie segmentation on the subject's square: small, fast, people only.

Both published networks run on the square and on its mirror image. Their mean has fewer holes than
either, since they make different mistakes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from dynascene.errors import InputError
from dynascene.estimators.frame_spool import FrameStack
from dynascene.estimators.matte.crops import cut_square, lay_square, square_around
from dynascene.estimators.weights import Progress, weights_file

INPUTS = {"selfie": (256, 256), "selfie_landscape": (256, 144)}  # width, height
FILES = {
    "selfie": "selfie_segmentation.tflite",
    "selfie_landscape": "selfie_segmentation_landscape.tflite",
}
CUT = 384  # pixels: enough for both


class SelfieNetwork:
    """One of the two networks: uint8 [H, W, 3] sRGB → probability of person, float32 [H, W].

    Raises:
        InputError: it cannot be downloaded or read.
    """

    def __init__(
        self, name: str = "selfie", path: Path | None = None, progress: Progress | None = None
    ) -> None:
        path = path or weights_file(name, progress=progress)
        self._input = INPUTS[name]
        try:
            self._network = cv2.dnn.readNetFromTFLite(str(path))
        except cv2.error as error:
            raise InputError(f"{path}: is no TFLite network that can be read") from error

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        self._network.setInput(cv2.dnn.blobFromImage(picture, 1 / 255, self._input))
        probability = self._network.forward()[0, 0]
        size = picture.shape[1], picture.shape[0]
        return cv2.resize(probability, size, interpolation=cv2.INTER_LINEAR)


class SelfieMatter:
    """Mattes by selfie segmentation.

    Args:
        folder: holds both files under their own names; None: they are downloaded into the cache.

    Raises:
        InputError: a file cannot be downloaded or read.
    """

    name = "selfie"
    working_pixels = 768 * 432
    needs_boxes = True
    least_frames = 1

    def __init__(self, folder: Path | None = None, progress: Progress | None = None) -> None:
        paths = {name: folder / FILES[name] if folder else None for name in INPUTS}
        self._networks = [SelfieNetwork(name, path, progress) for name, path in paths.items()]

    def __call__(
        self,
        frames: FrameStack,
        boxes: np.ndarray | None,
        start: tuple[float, float] | None = None,
    ) -> Iterator[np.ndarray]:
        assert boxes is not None  # needs_boxes
        for frame, box in zip(frames, boxes, strict=True):
            square = square_around(box)
            cut = cut_square(frame, square, CUT)
            mean = np.mean([self._both_ways(network, cut) for network in self._networks], axis=0)
            yield lay_square(mean.astype(np.float32), square, frame.shape[:2])

    @staticmethod
    def _both_ways(network: SelfieNetwork, cut: np.ndarray) -> np.ndarray:
        mirrored = network(np.ascontiguousarray(cut[:, ::-1]))[:, ::-1]
        return (network(cut) + mirrored) / 2
