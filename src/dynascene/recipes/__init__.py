"""Every training run of the project, by name: plain functions from Settings to a Run."""

from collections.abc import Callable

from dynascene.errors import InputError
from dynascene.recipes import autoencoder
from dynascene.training.run import Run, Settings

RECIPES: dict[str, Callable[[Settings], Run]] = {
    "autoencoder.small": autoencoder.small,
}


def find_recipe(name: str) -> Callable[[Settings], Run]:
    """Raises InputError for an unknown name, with the known ones."""
    if name not in RECIPES:
        raise InputError(f"recipe {name!r} is unknown; known: {', '.join(RECIPES)}")
    return RECIPES[name]
