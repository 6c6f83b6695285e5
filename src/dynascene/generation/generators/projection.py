"""The guide as the picture: the place along the camera track. Needs no weights."""

from dynascene.generation.clip import GeneratedClip, GenerationOptions
from dynascene.generation.guide import SceneGuide


def projection(guide: SceneGuide, options: GenerationOptions) -> GeneratedClip:
    """The scene projected along the track; what the picture does not show is filled once."""
    return guide.clip
