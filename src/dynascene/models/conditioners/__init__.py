"""The conditioners by name, one file each. A saved denoiser names its own by these keys."""

from typing import Any

from dynascene.errors import InputError
from dynascene.models.conditioners.background_flow import BackgroundFlow
from dynascene.models.conditioners.background_motion import BackgroundMotion
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.conditioners.camera_matrix import CameraMatrix
from dynascene.models.conditioners.character_reference import CharacterReference
from dynascene.models.conditioners.foreground import Foreground
from dynascene.models.conditioners.guide import Guide
from dynascene.models.conditioners.image_embedding import ImageEmbedding
from dynascene.models.conditioners.plucker_camera import PluckerCamera
from dynascene.models.conditioners.point_motion import PointMotion
from dynascene.models.conditioners.pose_guider import PoseGuider
from dynascene.models.conditioners.scene_image import SceneImage
from dynascene.models.conditioners.scene_reference import SceneReference
from dynascene.models.sizes import ModelSize

CONDITIONERS: dict[str, type[Conditioner]] = {
    "foreground": Foreground,
    "guide": Guide,
    "image_embedding": ImageEmbedding,
    "scene_reference": SceneReference,
    "scene_image": SceneImage,
    "plucker_camera": PluckerCamera,
    "camera_matrix": CameraMatrix,
    "pose_guider": PoseGuider,
    "character_reference": CharacterReference,
    "background_motion": BackgroundMotion,
    "background_flow": BackgroundFlow,
    "point_motion": PointMotion,
}


def register_conditioner(name: str, kind: type[Conditioner]) -> None:
    """Make a conditioner known under a name, so that a denoiser's ``conditions`` may list it.

    A kind may have several names: each is a conditioner of its own, with its own weights and
    readers. Whoever loads a saved denoiser registers its conditioners first.

    Raises:
        InputError: the name is that of another kind.
    """
    if CONDITIONERS.get(name, kind) is not kind:
        raise InputError(f"conditioner {name!r}: is {CONDITIONERS[name].__name__} already")
    CONDITIONERS[name] = kind


def build_conditioner(name: str, size: ModelSize, options: dict[str, Any]) -> Conditioner:
    """A fresh conditioner of a registered name.

    Raises:
        InputError: nothing is registered under the name.
    """
    if name not in CONDITIONERS:
        raise InputError(
            f"{name}: is no conditioner; there are {', '.join(sorted(CONDITIONERS))} "
            "(register_conditioner adds one)"
        )
    conditioner = CONDITIONERS[name](size, **options)
    conditioner.name = name
    return conditioner
