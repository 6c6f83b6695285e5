"""The choice of the depth network."""

from collections.abc import Callable
from typing import NamedTuple

from dynascene.estimators.depth.depth_anything import DepthAnything
from dynascene.estimators.depth.moge import CONFIG_NAME, WEIGHTS_NAME, MoGe
from dynascene.estimators.depth.protocol import DepthEstimator
from dynascene.estimators.weights import has_weights, pinned_sha256, weights_folder
from dynascene.io.checksums import sha256_of


class DepthNetwork(NamedTuple):
    """A network of the cache.

    Attributes:
        has_weights: whether its weights are in the cache.
        load: reads it.
        sha256: of its weights, for reports.
    """

    has_weights: Callable[[], bool]
    load: Callable[[], DepthEstimator]
    sha256: Callable[[], str]


def _has_moge() -> bool:
    """Whether its files were put there by hand, see docs/weights.md."""
    folder = weights_folder("moge")
    return all((folder / name).is_file() for name in (WEIGHTS_NAME, CONFIG_NAME))


DEPTH_NETWORKS: dict[str, DepthNetwork] = {
    "moge": DepthNetwork(
        has_weights=_has_moge,
        load=lambda: MoGe(weights_folder("moge")),
        sha256=lambda: sha256_of(weights_folder("moge") / WEIGHTS_NAME),
    ),
    "depth-anything": DepthNetwork(
        has_weights=lambda: has_weights("depth-anything"),
        load=DepthAnything,
        sha256=lambda: pinned_sha256("depth-anything")["depth-anything"],
    ),
}  # best first


def default_depth() -> DepthEstimator | None:
    """The best network with weights in the cache; else None, and a ground plane is used.

    Raises:
        InputError: its weights are damaged, or its package is missing.
    """
    for network in DEPTH_NETWORKS.values():
        if network.has_weights():
            return network.load()
    return None
