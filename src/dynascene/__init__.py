"""dynascene: camera-controllable background generation for human video.

The public names are loaded on first use, so that ``import dynascene`` and ``dynascene --help``
do not wait for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0.dev0"

if TYPE_CHECKING:
    from dynascene.errors import InputError
    from dynascene.generation.clip import GenerationOptions
    from dynascene.generation.delivery_input import DeliveryInput
    from dynascene.generation.job import make_clip
    from dynascene.generation.look.look_input import LookInput
    from dynascene.generation.request import (
        CameraInput,
        GenerationRequest,
        PersonInput,
        PlaceInput,
    )
    from dynascene.types import ArrayFrames, CameraTrack, FrameSource, Shot, Size

_HOME_OF = {
    "ArrayFrames": "dynascene.types",
    "CameraInput": "dynascene.generation.request",
    "CameraTrack": "dynascene.types",
    "DeliveryInput": "dynascene.generation.delivery_input",
    "FrameSource": "dynascene.types",
    "GenerationOptions": "dynascene.generation.clip",
    "GenerationRequest": "dynascene.generation.request",
    "InputError": "dynascene.errors",
    "LookInput": "dynascene.generation.look.look_input",
    "PersonInput": "dynascene.generation.request",
    "PlaceInput": "dynascene.generation.request",
    "Shot": "dynascene.types",
    "Size": "dynascene.types",
    "make_clip": "dynascene.generation.job",
}

__all__ = [
    "ArrayFrames",
    "CameraInput",
    "CameraTrack",
    "DeliveryInput",
    "FrameSource",
    "GenerationOptions",
    "GenerationRequest",
    "InputError",
    "LookInput",
    "PersonInput",
    "PlaceInput",
    "Shot",
    "Size",
    "__version__",
    "make_clip",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'dynascene' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
