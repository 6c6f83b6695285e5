"""dynascene: camera-controllable background generation for human video.

The public names are loaded on first use, so that ``import dynascene`` and ``dynascene --help``
do not wait for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from dynascene.errors import InputError
    from dynascene.types import ArrayFrames, CameraTrack, FrameSource, Shot, Size

_HOME_OF = {
    "ArrayFrames": "dynascene.types",
    "CameraTrack": "dynascene.types",
    "FrameSource": "dynascene.types",
    "InputError": "dynascene.errors",
    "Shot": "dynascene.types",
    "Size": "dynascene.types",
}

__all__ = ["ArrayFrames", "CameraTrack", "FrameSource", "InputError", "Shot", "Size", "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'dynascene' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
