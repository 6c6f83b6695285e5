"""The choice of the depth network."""

from dynascene.estimators.depth.depth_anything import DepthAnything
from dynascene.estimators.depth.protocol import DepthEstimator
from dynascene.estimators.weights import has_weights

DEFAULT_NETWORK = "depth-anything"


def default_depth() -> DepthEstimator | None:
    """Depth Anything where its weights are in the cache; else None, and a ground plane is used."""
    if not has_weights(DEFAULT_NETWORK):
        return None
    return DepthAnything()
