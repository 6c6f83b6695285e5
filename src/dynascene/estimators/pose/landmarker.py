"""BlazePose's landmarker: 33 landmarks and the mask of the person in a region.

The network takes 256×256 pixels in 0 … 1. It gives 39 points (x, y and depth in pixels, visibility
and presence as logits), the probability that somebody is there, and the mask's logits. Points 33
and 34 say where the person is: the middle of the hips, and how far and whereto the body reaches.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from dynascene.estimators.pose.region import Region, region_of
from dynascene.estimators.tflite.network import TfliteNetwork

FILE = "pose_landmark_full.tflite"
SIDE = 256
LANDMARKS = 33
POINTS = 39
NUMBERS, PRESENCE, MASK = 0, 1, 2  # places of the network's outputs
SURE = 10.0  # logit beyond which nothing changes
MIRRORED = (0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *(i + 1 - 2 * (i % 2 == 0) for i in range(11, 33)))


class PoseReading(NamedTuple):
    """What the network says about one region.

    Attributes:
        points: [39, 2] in pixels of the frame.
        depth: [33] in the same unit, smaller is nearer to the camera, 0 at the hips.
        visibility: [33] in 0 … 1.
        person: probability that somebody is there.
    """

    points: np.ndarray
    depth: np.ndarray
    visibility: np.ndarray
    person: float

    @property
    def region(self) -> Region:
        """Where the person is."""
        return region_of(self.points[33], self.points[34])


class PoseLandmarker:
    """The network of a file.

    Raises:
        InputError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._network = TfliteNetwork(path)

    def __call__(self, frame: np.ndarray, regions: Sequence[Region]) -> list[PoseReading]:
        """Read some regions of a frame, uint8 [H, W, 3] sRGB, without their masks."""
        crops = np.stack([region.cut(frame, SIDE) for region in regions])
        numbers, person = self._run(crops, (NUMBERS, PRESENCE))
        return _readings(numbers, person, regions)

    def both_ways(
        self, frame: np.ndarray, region: Region
    ) -> tuple[PoseReading, np.ndarray, np.ndarray]:
        """The mean of a region's reading and of that of its mirror image.

        Returns:
            The mean, the distance [33] in pixels between both, which is large where the network
            guesses, and the mean mask of the person: logits float32 [256, 256] of the region.
        """
        mean, apart, (masks,) = self._both_ways(frame, region, (MASK,))
        mask, mirrored = np.clip(masks[:, 0], -SURE, SURE)
        probability = (_sigmoid(mask) + _sigmoid(mirrored[:, ::-1])) / 2
        return mean, apart, np.log(probability / (1 - probability))

    def points_both_ways(self, frame: np.ndarray, region: Region) -> tuple[PoseReading, np.ndarray]:
        """As ``both_ways``, without the mask and the time that the network needs for it."""
        return self._both_ways(frame, region, ())[:2]

    def _both_ways(
        self, frame: np.ndarray, region: Region, further: tuple[int, ...]
    ) -> tuple[PoseReading, np.ndarray, list[np.ndarray]]:
        """The mean reading, the distances, and further outputs of the network for both images."""
        crop = region.cut(frame, SIDE)
        both = np.stack([crop, crop[:, ::-1]])
        numbers, person, *rest = self._run(both, (NUMBERS, PRESENCE, *further))
        one, other = _readings(numbers, person, [region, region])
        # the second is in pixels of a mirrored crop
        to_crop = region.crop_from_frame(SIDE)
        places = other.points @ to_crop[:, :2].T + to_crop[:, 2]
        places[:, 0] = SIDE - 1 - places[:, 0]
        points = region.to_frame(places, SIDE)
        points[:LANDMARKS] = points[list(MIRRORED)]
        apart = np.linalg.norm(points - one.points, axis=1)[:LANDMARKS]
        mean = PoseReading(
            (one.points + points) / 2,
            (one.depth + other.depth[list(MIRRORED)]) / 2,
            np.minimum(one.visibility, other.visibility[list(MIRRORED)]),
            (one.person + other.person) / 2,
        )
        return mean, apart, rest

    def _run(self, crops: np.ndarray, outputs: Sequence[int]) -> list[np.ndarray]:
        """Some of the network's outputs for crops uint8 [N, 256, 256, 3]."""
        pictures = torch.from_numpy(np.ascontiguousarray(crops)).permute(0, 3, 1, 2).float() / 255
        return [output.numpy() for output in self._network(pictures, outputs)]


def _readings(
    numbers: np.ndarray, person: np.ndarray, regions: Sequence[Region]
) -> list[PoseReading]:
    """What the outputs [N, 195] and [N, 1] say about N regions."""
    readings = []
    for region, rows, flag in zip(regions, numbers, person, strict=True):
        values = rows.reshape(POINTS, 5)
        readings.append(
            PoseReading(
                region.to_frame(values[:, :2] - 0.5, SIDE),
                values[:LANDMARKS, 2] * (region.side / SIDE),
                _sigmoid(values[:LANDMARKS, 3]),
                float(flag[0]),
            )
        )
    return readings


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(logits, -50, 50)))
