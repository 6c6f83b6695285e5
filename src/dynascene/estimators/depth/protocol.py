"""What a depth network gives, and how it becomes a depth map of a place."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from dynascene.estimators.depth.disparity import depth_from_disparity
from dynascene.geometry.picture import PictureCamera


@dataclass(frozen=True)
class DepthEstimate:
    """A network's answer for one picture, at the picture's size.

    values: [H, W] float32, along the camera's axis. Not finite where the network sees no surface.
    kind: "disparity" = inverse depth up to an unknown scale **and shift**, larger = nearer;
        "depth" = up to an unknown scale, larger = farther; "metres".
    focal: in pixels of the picture, where the network tells it.
    """

    values: np.ndarray
    kind: Literal["disparity", "depth", "metres"]
    focal: float | None = None


class DepthEstimator(Protocol):
    """A depth network."""

    def __call__(self, picture: np.ndarray) -> DepthEstimate:
        """Picture, uint8 [H, W, 3] sRGB → its depth."""
        ...


def scene_depth(estimate: DepthEstimate, camera: PictureCamera) -> np.ndarray:
    """The depth map of a place: [H, W] float32, positive and finite, larger = farther.

    In metres where the network knows them, else in any unit. Disparity is made depth by the
    ground (``depth_from_disparity``); where there is no surface, as in the sky, it is as far as
    the farthest there is.
    """
    if estimate.kind == "disparity":
        return depth_from_disparity(estimate.values, camera).depth
    seen = np.isfinite(estimate.values) & (estimate.values > 0)
    farthest = estimate.values[seen].max() if seen.any() else 1.0
    return np.where(seen, estimate.values, farthest).astype(np.float32)
