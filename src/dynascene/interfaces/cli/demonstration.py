"""``dynascene demo``."""

from pathlib import Path

from dynascene.loading import pause_collector


def demo(out: Path = Path("dynascene-demo")) -> None:
    """Render a walking person, put them before a temple by a lake, and say where the clip is.

    Args:
        out: folder of the results.
    """
    with pause_collector():
        from dynascene.generation.demo import run_demo
        from dynascene.interfaces.cli.display import Terminal, say

    say(f"{run_demo(out, Terminal())}  (look at {out / 'sheet.png'} first)")


COMMANDS = {"demo": demo}
