"""The motion of the static part of the picture from frame to frame, as that of one plane.

F frames, h w working pixels. A homography `b_from_a` maps pixels of frame a to pixels of frame b.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import cv2
import numpy as np

GRID_STEP = 6  # pixels between the points whose motion votes
BORDER = 0.15  # of the shorter side: people are seldom at the left, right and upper border …
BORDER_VOTES = 3  # … so points there vote more than once
INLIER_DISTANCE = 1.0  # working pixels
LEAST_SIDE = 12  # pixels of a picture for the flow


class Flow:
    """Fast dense optical flow, accurate to half a pixel where there is texture."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._flow.setFinestScale(1)

    def __call__(self, this: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Flow from ``this`` to ``other``, uint8 [h, w] each: [h, w, 2] in pixels.

        Zero in pictures that are too small to tell any.
        """
        if min(this.shape) < LEAST_SIDE:
            return np.zeros((*this.shape, 2), np.float32)
        return self._flow.calc(this, other, None)  # ty: ignore[no-matching-overload]


def look_up(
    picture: np.ndarray, places: np.ndarray, border: int = cv2.BORDER_REFLECT
) -> np.ndarray:
    """Sample a picture [h, w] or [h, w, C] bilinearly at positions [h, w, 2]."""
    return cv2.remap(  # ty: ignore[no-matching-overload]  # one map of pairs takes no second
        picture, places, None, cv2.INTER_LINEAR, borderMode=border
    )


def chain_homographies(greys: Iterable[np.ndarray]) -> np.ndarray:
    """The camera's motion ``frame_from_first`` [F, 3, 3] of grey frames uint8 [F, h, w]."""
    flow, chain = Flow(), [np.eye(3)]
    for before, after in pairwise(greys):
        after_from_before = dominant_homography(flow(before, after))
        chain.append(_normalised(after_from_before @ chain[-1]))
    return np.stack(chain)


def dominant_homography(flow: np.ndarray) -> np.ndarray:
    """The homography [3, 3] that explains most of a flow [h, w, 2]; the border counts most."""
    points = _voting_points(*flow.shape[:2])
    moved = points + flow[points[:, 1].astype(int), points[:, 0].astype(int)]
    homography, _ = cv2.findHomography(
        points, moved, cv2.USAC_MAGSAC, INLIER_DISTANCE, maxIters=1000, confidence=0.999
    )
    if homography is None or not np.isfinite(homography).all():
        return np.eye(3)
    return homography


def apply_homography(homography: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Map points [h, w, 2]."""
    return cv2.perspectiveTransform(points.reshape(-1, 1, 2), homography).reshape(points.shape)


def pixel_grid(height: int, width: int) -> np.ndarray:
    """Pixel coordinates [h, w, 2] float32, x and y, with the first pixel's centre at 0 (OpenCV)."""
    return np.dstack(np.meshgrid(np.arange(width), np.arange(height))).astype(np.float32)


def other_from_this(chain: np.ndarray, this: int, other: int) -> np.ndarray:
    """The homography [3, 3] from frame ``this`` to frame ``other`` of a chain [F, 3, 3]."""
    return _normalised(chain[other] @ np.linalg.inv(chain[this]))


def _voting_points(height: int, width: int) -> np.ndarray:
    grid = pixel_grid(height, width)[GRID_STEP // 2 :: GRID_STEP, GRID_STEP // 2 :: GRID_STEP]
    points = grid.reshape(-1, 2)
    x, y = points.T
    from_border = np.minimum.reduce([x, width - x, y])  # not the lower one: that is where legs are
    border = points[from_border < BORDER * min(height, width)]
    return np.concatenate([points, *[border] * (BORDER_VOTES - 1)])


def _normalised(homography: np.ndarray) -> np.ndarray:
    return homography / homography[2, 2]
