"""The interface of a depth network, and the depth map of a place."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from dynascene.estimators.depth.disparity import depth_from_disparity
from dynascene.geometry.picture import PictureCamera


@dataclass(frozen=True)
class DepthEstimate:
    """A network's output for one picture, at the picture's size.

    Attributes:
        values: [H, W] float32, along the camera's axis; not finite where there is no surface.
        kind: "disparity": inverse depth up to an unknown scale **and shift**, larger = nearer;
            "depth": up to an unknown scale, larger = farther; "metres".
        focal: in pixels of the picture; None where the network does not estimate it.
    """

    values: np.ndarray
    kind: Literal["disparity", "depth", "metres"]
    focal: float | None = None


class DepthEstimator(Protocol):
    """A depth network; ``name`` is that in ``backends.DEPTH_NETWORKS``."""

    @property
    def name(self) -> str: ...

    def __call__(self, picture: np.ndarray) -> DepthEstimate:
        """Estimate the depth of a picture, uint8 [H, W, 3] sRGB."""
        ...


def scene_depth(estimate: DepthEstimate, camera: PictureCamera) -> np.ndarray:
    """The depth map of a place: [H, W] float32, positive and finite, larger = farther.

    In metres where the network estimates them, else in any unit. Disparity becomes depth by the
    ground (``depth_from_disparity``). Where there is no surface, as in the sky, the depth is that
    of the farthest surface.
    """
    if estimate.kind == "disparity":
        return depth_from_disparity(estimate.values, camera).depth
    seen = np.isfinite(estimate.values) & (estimate.values > 0)
    farthest = estimate.values[seen].max() if seen.any() else 1.0
    return np.where(seen, estimate.values, farthest).astype(np.float32)
