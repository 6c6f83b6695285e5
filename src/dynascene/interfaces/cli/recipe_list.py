"""All systems and recipes, for the help of ``dynascene train``."""

from collections.abc import Iterable
from inspect import cleandoc

SEE_HELP = "Systems and recipes: dynascene train --help"  # where help must not wait for torch


def with_recipes(text: str) -> str:
    """The help of ``train``, with what there is in place of SEE_HELP: a paragraph a system."""
    from dynascene.models.systems import SYSTEMS
    from dynascene.recipes import all_recipes

    recipes = list(all_recipes())
    firsts = dict.fromkeys(name.partition(".")[0] for name in recipes)
    paragraphs = ["Recipes are SYSTEM.NAME, such as dynascene.micro (docs/training.md):"]
    for first in firsts:
        system = SYSTEMS.get(first)
        what = f" ({system.description})" if system else ""
        names = [name.removeprefix(f"{first}.") for name in recipes if name.startswith(f"{first}.")]
        paragraphs.append(f"{first}{what}: {_by_size(names)}.")
    return cleandoc(text).replace(SEE_HELP, "\n\n".join(paragraphs))


def _by_size(names: Iterable[str]) -> str:
    """Names of a system's recipes, those that exist in several sizes once."""
    from dynascene.models.sizes import SIZES

    of_one_size: list[str] = []
    sizes_of: dict[str, list[str]] = {}
    for name in names:
        size = next((s for s in SIZES if name.startswith(f"{s}.")), None)
        if size is None:
            of_one_size.append(name)
        else:
            sizes_of.setdefault(name.replace(f"{size}.", "SIZE.", 1), []).append(size)
    groups: dict[str, list[str]] = {}
    for name, sizes in sizes_of.items():
        groups.setdefault(" or ".join(sizes), []).append(name)
    staged = [f"with SIZE {sizes}: {', '.join(own)}" for sizes, own in groups.items()]
    return "; ".join([", ".join(of_one_size), *staged] if of_one_size else staged)
