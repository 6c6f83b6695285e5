"""``dynascene flow``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from dynascene.interfaces.cli.arguments import optional, parse_range
from dynascene.phrases import count_of


def flow(
    poses: Annotated[Positional[Path], arg(metavar="POSES")],
    /,
    *,
    weights: Annotated[str, arg(metavar="DIR|HUB")],
    out: Annotated[Path, arg(metavar="DIR")],
    frames: Annotated[str | None, optional("A:B")] = None,
) -> None:
    """Predict how the background moves by a sequence of poses, as flow from frame to frame.

    Args:
        poses: a file of poses, or a skeleton video (dynascene pose makes both).
        weights: of animateanywhere.micro_flow.
        out: folder of the result: flow.npy, sheet.png and report.json.
        frames: use the poses A:B, B excluded.
    """
    from dynascene.generation.background_flow import write_background_flow
    from dynascene.generation.weights import load_weights
    from dynascene.interfaces.cli.display import say

    part = parse_range(frames) if frames else None
    made = write_background_flow(load_weights(weights).pipeline, poses, out, part)
    say(f"{out}: flow of {count_of(len(made), 'frame')}  (look at {out / 'sheet.png'} first)")


COMMANDS = {"flow": flow}
