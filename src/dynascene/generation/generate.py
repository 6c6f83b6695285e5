"""``generate(shot, scene, options)`` makes a background, with any generator."""

from dynascene.errors import InputError
from dynascene.generation.clip import GeneratedClip, GenerationOptions
from dynascene.generation.generators.projection import projection
from dynascene.generation.guide import BackgroundGenerator, SceneGuide, prepare
from dynascene.generation.names import GeneratorName
from dynascene.geometry.lifting import LiftedScene
from dynascene.loading import pause_collector
from dynascene.types import Batch, Shot


def _diffusion(guide: SceneGuide, options: GenerationOptions) -> GeneratedClip:
    with pause_collector():
        from dynascene.generation.generators.diffusion import diffusion  # loads diffusers, seconds

    return diffusion(guide, options)


def _vace(guide: SceneGuide, options: GenerationOptions) -> GeneratedClip:
    with pause_collector():
        from dynascene.generation.generators.vace import vace  # likewise

    return vace(guide, options)


GENERATORS: dict[GeneratorName, BackgroundGenerator] = {
    "projection": projection,
    "diffusion": _diffusion,
    "vace": _vace,
}


def generate(
    shot: Shot | Batch, scene: LiftedScene | None, options: GenerationOptions | None = None
) -> GeneratedClip:
    """A background for the shot in the scene.

    Args:
        shot: what was filmed; or a batch of one clip, such as a benchmark's, whose cameras stand in
            the scene's world already. With the scene memory only its cameras are read, so the clip
            is made without the person; without it, the guide is the batch's own, at its size.
        scene: the picture in 2.5-D; None is possible for a batch without the scene memory.
        options: None = the defaults.

    Returns:
        The clip, which is made while it is read.

    Raises:
        InputError: The generator is unknown, or the input does not suit it: no scene where one is
            needed, several clips, or a batch without the guide that it should bring.
    """
    options = options or GenerationOptions()
    generator = _generator(options.generator)
    return generator(prepare(shot, scene, options), options)


def check_generator(options: GenerationOptions, *, is_filmed: bool = True) -> None:
    """Check what a generator needs, before anything is made for it; weights of a hub are fetched.

    Args:
        options: of the generator.
        is_filmed: whether somebody was filmed, so that the weights must not make the person.

    Raises:
        InputError: it is unknown, or its weights are missing, incomplete, or make the person too.
    """
    _generator(options.generator)
    if options.generator == "vace":
        with pause_collector():
            from dynascene.generation.vace_weights import check_vace

        check_vace(options)
    if options.generator == "diffusion" and isinstance(options.weights, str | None):
        with pause_collector():
            from dynascene.generation.motion_input import check_not_filmed
            from dynascene.generation.weights import check_weights, system_of

        folder, _ = check_weights(options.weights)
        system = system_of(folder)
        if is_filmed:
            check_not_filmed(system)


def _generator(name: str) -> BackgroundGenerator:
    for other, generator in GENERATORS.items():
        if other == name:
            return generator
    raise InputError(f"generator {name!r} is unknown; known are {', '.join(GENERATORS)}")
