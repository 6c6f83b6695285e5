"""Every training run of the project, by name: plain functions from Settings to a Run."""

from collections.abc import Callable

from dynascene.errors import InputError
from dynascene.recipes import actanywhere, autoencoder, dynascene, filmed
from dynascene.training.run import Run, Settings

Recipe = Callable[[Settings], Run]

RECIPES: dict[str, Recipe] = {
    "autoencoder.small": autoencoder.small,
    "autoencoder.small_decoder": autoencoder.small_decoder,
    "dynascene.small": dynascene.small,
    "dynascene.small_one_step": dynascene.small_one_step,
    "dynascene.small_paper": dynascene.small_paper,
    "actanywhere.small": actanywhere.small,
    **filmed.recipes(),
}


def find_recipe(name: str) -> Recipe:
    """Raises InputError for an unknown name, with the known ones."""
    if name not in RECIPES:
        raise InputError(f"recipe {name!r} is unknown; known: {', '.join(RECIPES)}")
    return RECIPES[name]
