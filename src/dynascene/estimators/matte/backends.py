"""The choice of the matte backend."""

from __future__ import annotations

from dynascene.errors import InputError
from dynascene.estimators.matte.protocol import Matter
from dynascene.estimators.names import BackendName
from dynascene.estimators.person.backends import DETECTORS
from dynascene.estimators.weights import Progress, has_weights, weights_file

NETWORKS: dict[BackendName, tuple[str, ...]] = {
    "modnet": ("modnet",),
    "pose": ("pose",),
    "selfie": ("selfie", "selfie_landscape"),
}  # best first
BACKENDS: tuple[BackendName, ...] = (*NETWORKS, "motion")


def make_matter(name: str | None = None, progress: Progress | None = None) -> Matter:
    """The backend of a name, or the best one with weights in the cache, else motion.

    Raises:
        InputError: the name is unknown, or its weights cannot be downloaded.
    """
    check_backend(name, progress)
    name = name or default_backend()
    if name == "modnet":
        from dynascene.estimators.matte.modnet import ModnetMatter

        return ModnetMatter(progress=progress)
    if name == "pose":
        from dynascene.estimators.matte.pose import PoseMatter

        return PoseMatter(progress=progress)
    if name == "selfie":
        from dynascene.estimators.matte.selfie import SelfieMatter

        return SelfieMatter(progress=progress)
    if name == "motion":
        from dynascene.estimators.matte.motion import MotionMatter

        return MotionMatter()
    raise NotImplementedError(f"matte backend {name!r} is listed, and nothing makes it")


def check_backend(name: str | None, progress: Progress | None = None) -> None:
    """Fetch the weights of a backend, where it has any; None: the default, which has its own.

    Raises:
        InputError: the name is unknown, or its weights cannot be downloaded.
    """
    if name is None:
        return
    if name not in BACKENDS:
        raise InputError(f"backend {name}: there is none; known are {', '.join(BACKENDS)}")
    for weights in NETWORKS.get(name, ()):
        weights_file(weights, progress=progress)


def default_backend() -> BackendName:
    """The best backend for which the weights and a detector are in the cache; else motion.

    Pose is its own detector.
    """
    detector = any(map(has_weights, DETECTORS))
    for name, needed in NETWORKS.items():
        if all(map(has_weights, needed)) and (detector or name == "pose"):
            return name
    return "motion"
