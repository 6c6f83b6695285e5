"""The choice of the matte backend and of the detector."""

from __future__ import annotations

from dynascene.errors import InputError
from dynascene.estimators.matte.protocol import Matter
from dynascene.estimators.names import BackendName, DetectorName
from dynascene.estimators.person.detection import PersonDetector
from dynascene.estimators.weights import Progress, has_weights

NETWORKS: dict[BackendName, tuple[str, ...]] = {
    "modnet": ("modnet",),
    "selfie": ("selfie", "selfie_landscape"),
}  # best first
DETECTORS: tuple[DetectorName, ...] = ("rtdetr", "fastestdet")  # best first
BACKENDS: tuple[BackendName, ...] = (*NETWORKS, "motion")


def make_matter(name: str | None = None, progress: Progress | None = None) -> Matter:
    """The backend of a name, or the best one with weights in the cache, else motion.

    Raises:
        InputError: the name is unknown, or its weights cannot be downloaded.
    """
    if name is not None and name not in BACKENDS:
        raise InputError(f"backend {name}: there is none; known are {', '.join(BACKENDS)}")
    name = name or default_backend()
    if name == "modnet":
        from dynascene.estimators.matte.modnet import ModnetMatter

        return ModnetMatter(progress=progress)
    if name == "selfie":
        from dynascene.estimators.matte.selfie import SelfieMatter

        return SelfieMatter(progress=progress)
    from dynascene.estimators.matte.motion import MotionMatter

    return MotionMatter()


def default_backend() -> BackendName:
    """The best backend for which the weights and a detector are in the cache; else motion."""
    if any(map(has_weights, DETECTORS)):
        for name, needed in NETWORKS.items():
            if all(map(has_weights, needed)):
                return name
    return "motion"


def make_detector(fetch: bool, progress: Progress | None = None) -> PersonDetector | None:
    """The best detector with weights in the cache.

    Args:
        fetch: where no weights are there, download the small detector instead of returning None.
        progress: of the download.

    Raises:
        InputError: it cannot be downloaded.
    """
    if has_weights("rtdetr"):
        return detector_named("rtdetr")
    if fetch or has_weights("fastestdet"):
        return detector_named("fastestdet", progress)
    return None


def detector_named(name: DetectorName, progress: Progress | None = None) -> PersonDetector:
    """The detector of that name.

    Raises:
        MissingWeights: its weights are not in the cache and cannot be downloaded.
    """
    if name == "rtdetr":
        from dynascene.estimators.person.rtdetr import RtDetr

        return RtDetr(progress=progress)
    from dynascene.estimators.person.fastestdet import FastestDet

    return FastestDet(progress=progress)
