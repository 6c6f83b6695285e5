"""Says where a clip is cut, since everything here takes it for one continuous take."""

from itertools import pairwise
from pathlib import Path

from dynascene.display import Display
from dynascene.errors import some_of
from dynascene.estimators.cuts import find_cuts
from dynascene.types import FrameSource

NAMED = 4  # cuts at most


def warn_of_cuts(clip: Path, frames: FrameSource, display: Display, first: int = 0) -> None:
    """Look for hard cuts, and name them and the longest take in one notice.

    clip: what the notice calls it. frames: those in use. first: their first one's number in it.
    """
    with display.stage("cuts", len(frames)) as step:
        cuts = [first + cut for cut in find_cuts(frames, step)]
    if not cuts:
        return
    edges = [first, *cuts, first + len(frames)]
    start, stop = max(pairwise(edges), key=lambda take: take[1] - take[0])
    display.doubt(
        f"{clip}: has {'a cut' if len(cuts) == 1 else 'cuts'} at frame {some_of(cuts, NAMED)}, "
        f"and is treated as one take; use a single take, the longest is `frames` {start}:{stop}"
    )
