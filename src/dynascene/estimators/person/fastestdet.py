"""FastestDet: detects people in 15 ms on one core; misses some that are small or blurred.

The network takes the picture as 352×352 and returns [85, 22, 22]: for each cell whether there is an
object, its centre's offset, its size, and 80 class probabilities, of which the first is "person".
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from dynascene.errors import InputError
from dynascene.estimators.person.detection import clip_box, one_box_each
from dynascene.estimators.person.protocol import Detection
from dynascene.estimators.weights import Progress, weights_file

INPUT_SIDE = 352
CLASSES = 80
PERSON = 0
LEAST_CONFIDENCE = 0.3


class FastestDet:
    """A network of this interface.

    Args:
        path: its file; None: the pinned one, downloaded into the cache.

    Raises:
        InputError: it cannot be downloaded or read.
    """

    name = "fastestdet"

    def __init__(self, path: Path | None = None, progress: Progress | None = None) -> None:
        path = path or weights_file("fastestdet", progress=progress)
        try:
            self._network = cv2.dnn.readNetFromONNX(str(path))
        except cv2.error as error:
            raise InputError(f"{path}: is no ONNX network that can be read") from error

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        self._network.setInput(
            cv2.dnn.blobFromImage(frame, 1 / 255, (INPUT_SIDE, INPUT_SIDE), swapRB=True)
        )
        boxes, confidences = decode(self._network.forward()[0], PERSON)
        height, width = frame.shape[:2]
        boxes = boxes * [width, height, width, height]
        return one_box_each(
            [
                Detection(clip_box(box, frame), float(confidence))
                for box, confidence in zip(boxes, confidences, strict=True)
            ]
        )


def decode(output: np.ndarray, target_class: int) -> tuple[np.ndarray, np.ndarray]:
    """Decode the network's output for one class.

    Args:
        output: [5 + classes, h, w]. Per cell: objectness; centre offset in cells through tanh;
            width and height as shares of the picture through a sigmoid; class probabilities.
        target_class: index of the class.

    Returns:
        Boxes [N, 4] in 0 … 1 and confidences [N].
    """
    objectness, offset, size, classes = output[0], output[1:3], output[3:5], output[5:]
    height, width = objectness.shape
    confidence = objectness**0.6 * classes[target_class] ** 0.4
    chosen = (classes.argmax(axis=0) == target_class) & (confidence >= LEAST_CONFIDENCE)
    rows, columns = np.nonzero(chosen)
    centre = (np.stack([columns, rows]) + np.tanh(offset[:, chosen])) / [[width], [height]]
    half = 0.5 / (1 + np.exp(-size[:, chosen]))
    return np.concatenate([centre - half, centre + half]).T.astype(float), confidence[chosen]
