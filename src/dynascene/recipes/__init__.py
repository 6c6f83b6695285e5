"""Every training run of the project, by name: plain functions from Settings to a Run."""

from collections.abc import Callable

from dynascene.errors import InputError
from dynascene.recipes import autoencoder
from dynascene.recipes.filmed import filmed_recipes
from dynascene.recipes.rendered import rendered_recipes
from dynascene.training.run import Run, Settings

Recipe = Callable[[Settings], Run]


def all_recipes() -> dict[str, Recipe]:
    """All recipes by name: those of the autoencoder, and those of every registered system."""
    return {
        "autoencoder.small": autoencoder.small,
        "autoencoder.small_decoder": autoencoder.small_decoder,
        **rendered_recipes(),
        **filmed_recipes(),
    }


def find_recipe(name: str) -> Recipe:
    """The recipe of this name.

    Raises:
        InputError: there is none; the message lists all names.
    """
    recipes = all_recipes()
    if name not in recipes:
        raise InputError(f"recipe {name!r} is unknown; known: {', '.join(recipes)}")
    return recipes[name]
