"""The kinds of synthetic places, by name."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from dynascene.errors import InputError
from dynascene.synthetic.places.drawing import draw_layered, draw_stage, draw_turn
from dynascene.synthetic.places.library import Library
from dynascene.synthetic.places.place import SyntheticPlace
from dynascene.synthetic.solid.world import draw_solid

DRAW: Mapping[str, Callable[[Library, np.random.Generator], tuple[str, SyntheticPlace]]] = {
    "turn": draw_turn,
    "stage": draw_stage,
    "layered": draw_layered,
    "solid": draw_solid,
}
WORLDS: Mapping[str, float] = {"turn": 0.35, "stage": 0.3, "layered": 0.35}  # how often drawn
ENDLESS = "turn"  # the world without depth, where no travel is seen


def draw_place(
    world: str, library: Library, rng: np.random.Generator
) -> tuple[str, SyntheticPlace]:
    """A random place of one kind.

    Args:
        world: the kind, one of DRAW.
        library, rng: where pictures come from, and what draws them.

    Returns:
        The name of the picture it is made of, and the place in metres, its ground below the origin.
    """
    return DRAW[world](library, rng)


def draw_world(
    rng: np.random.Generator, worlds: Mapping[str, float], library: Library
) -> tuple[str, str, SyntheticPlace]:
    """A random place of a random kind.

    Args:
        rng: draws both.
        worlds: how often each kind is drawn; their order decides too what the rng draws.
        library: where pictures come from.

    Returns:
        The kind, the name of the picture the place is made of, and the place in metres.
    """
    shares = np.array(list(worlds.values()), dtype=float)
    world = list(worlds)[int(rng.choice(len(shares), p=shares / shares.sum()))]
    return world, *draw_place(world, library, rng)


def worlds_with_depth(shares: Mapping[str, float]) -> dict[str, float]:
    """Those in which travel is seen.

    Raises:
        InputError: there are none.
    """
    deep = {world: share for world, share in shares.items() if world != ENDLESS and share}
    if not deep:
        raise InputError(f"worlds: {dict(shares)} have no depth; add stage or layered")
    return deep


def check_worlds(shares: Mapping[str, float]) -> None:
    """Look whether shares of worlds make sense.

    Args:
        shares: by world.

    Raises:
        InputError: a world is unknown, a share is negative or not finite, or all are 0.
    """
    unknown = sorted(set(shares) - set(DRAW))
    if unknown:
        raise InputError(f"worlds: {unknown[0]!r} is none; there are {', '.join(DRAW)}")
    if not all(0 <= share < math.inf for share in shares.values()) or not any(shares.values()):
        raise InputError(f"worlds: {dict(shares)} are no shares; give each 0 or more, one above 0")
