"""``dynascene weights``."""

from typing import Annotated

from tyro.conf import Positional, arg


def weights(
    names: Annotated[
        Positional[tuple[str, ...]], arg(metavar="[NAME…]", help_behavior_hint="")
    ] = (),
    /,
    *,
    check: bool = False,
) -> None:
    """List the networks that estimators can read, or fetch some of them into the cache.

    What lies in the cache is used from then on: mattes and depth of the scene get better by it.

    Args:
        names: networks to fetch; none = list all.
        check: in the list, read large files too and not their size alone.
    """
    from dynascene.estimators.weights import WEIGHTS, cache_folder, weights_file, weights_state
    from dynascene.interfaces.cli.display import Terminal, say

    if not names:
        for name, entry in WEIGHTS.items():
            size = sum(file.bytes for file in entry.files) / 1e6
            state = weights_state(name, check)
            say(f"{name:18} {size:5.1f} MB  {state:12}  {entry.purpose} ({entry.licence})")
            if state == "damaged":
                say(f"{'':18} delete {cache_folder() / 'weights' / name} and fetch it again")
        return
    for name in names:
        with Terminal().stage(name, 100) as step:
            progress_percent = 0

            def progress(_: str, so_far: int, whole: int) -> None:
                nonlocal progress_percent
                while progress_percent < 100 * so_far // max(1, whole):
                    progress_percent += 1
                    step()

            path = weights_file(name, progress=progress)
        say(str(path))


COMMANDS = {"weights": weights}
