"""The choice of the detector."""

from __future__ import annotations

from collections.abc import Callable

from dynascene.estimators.names import DetectorName
from dynascene.estimators.person.protocol import PersonDetector
from dynascene.estimators.weights import Progress, has_weights


def _rtdetr(progress: Progress | None) -> PersonDetector:
    from dynascene.estimators.person.rtdetr import RtDetr

    return RtDetr(progress=progress)


def _fastestdet(progress: Progress | None) -> PersonDetector:
    from dynascene.estimators.person.fastestdet import FastestDet

    return FastestDet(progress=progress)


DETECTORS: dict[DetectorName, Callable[[Progress | None], PersonDetector]] = {
    "rtdetr": _rtdetr,
    "fastestdet": _fastestdet,
}  # best first
SMALL_DETECTOR: DetectorName = "fastestdet"


def make_detector(fetch: bool, progress: Progress | None = None) -> PersonDetector | None:
    """The best detector with weights in the cache.

    Args:
        fetch: where no weights are there, download the small detector instead of returning None.
        progress: of the download.

    Raises:
        InputError: it cannot be downloaded.
    """
    for name in DETECTORS:
        if has_weights(name):
            return detector_named(name)
    return detector_named(SMALL_DETECTOR, progress) if fetch else None


def detector_named(name: DetectorName, progress: Progress | None = None) -> PersonDetector:
    """The detector of that name.

    Raises:
        MissingWeights: its weights are not in the cache and cannot be downloaded.
    """
    return DETECTORS[name](progress)
