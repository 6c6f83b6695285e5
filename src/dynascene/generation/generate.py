"""``generate(shot, scene, options)``: the one door to every way of making a background."""

from dynascene.errors import InputError
from dynascene.generation.clip import GeneratedClip, GenerationOptions, Generator
from dynascene.generation.generators.projection import projection
from dynascene.generation.names import GeneratorName
from dynascene.geometry.lifting import LiftedScene
from dynascene.types import Shot


def _diffusion(shot: Shot, scene: LiftedScene, options: GenerationOptions) -> GeneratedClip:
    from dynascene.generation.generators.diffusion import diffusion  # diffusers loads for seconds

    return diffusion(shot, scene, options)


GENERATORS: dict[GeneratorName, Generator] = {"projection": projection, "diffusion": _diffusion}


def generate(
    shot: Shot, scene: LiftedScene, options: GenerationOptions | None = None
) -> GeneratedClip:
    """A background for the shot in the scene.

    Raises InputError when the generator is unknown or the input does not suit it.
    """
    options = options or GenerationOptions()
    if options.generator not in GENERATORS:
        known = ", ".join(GENERATORS)
        raise InputError(
            f"generator {options.generator!r} is not in this version; there is: {known}"
        )
    return GENERATORS[options.generator](shot, scene, options)
