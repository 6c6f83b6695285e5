"""``dynascene weights``."""

from typing import Annotated

from tyro.conf import Positional, arg


def weights(
    names: Annotated[
        Positional[tuple[str, ...]], arg(metavar="[NAME…]", help_behavior_hint="")
    ] = (),
    /,
) -> None:
    """List the networks that estimators can read, or fetch some of them into the cache.

    What lies in the cache is used from then on: mattes and depth of the scene get better by it.

    Args:
        names: networks to fetch; none = list all.
    """
    from dynascene.estimators.weights import WEIGHTS, has_weights, weights_file
    from dynascene.interfaces.cli.display import Terminal, say

    if not names:
        for name, entry in WEIGHTS.items():
            size = sum(file.bytes for file in entry.files) / 1e6
            state = "here" if has_weights(name) else "not fetched"
            say(f"{name:18} {size:5.1f} MB  {state:12}  {entry.purpose} ({entry.licence})")
        return
    for name in names:
        with Terminal().stage(name, 100) as step:
            shown = 0

            def progress(_: str, so_far: int, whole: int) -> None:
                nonlocal shown
                while shown < 100 * so_far // max(1, whole):
                    shown += 1
                    step()

            path = weights_file(name, progress=progress)
        say(str(path))


COMMANDS = {"weights": weights}
