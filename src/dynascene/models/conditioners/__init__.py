"""One file per door. A saved denoiser names its conditioners by these keys."""

from dynascene.models.conditioners.base import Conditioner
from dynascene.models.conditioners.foreground import Foreground
from dynascene.models.conditioners.guide import Guide
from dynascene.models.conditioners.image_embedding import ImageEmbedding
from dynascene.models.conditioners.plucker_camera import PluckerCamera
from dynascene.models.conditioners.scene_reference import SceneReference

CONDITIONERS: dict[str, type[Conditioner]] = {
    "foreground": Foreground,
    "guide": Guide,
    "image_embedding": ImageEmbedding,
    "scene_reference": SceneReference,
    "plucker_camera": PluckerCamera,
}
