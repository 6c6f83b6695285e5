"""Which sources of a release are still readable."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from dynascene.curation.clip import Clip
from dynascene.io.atomic import write_text

LINKS = "links.csv"


def link_states(clips: Sequence[Clip]) -> dict[str, str]:
    """The state of each location: ``readable``, ``missing`` or ``changed``."""
    codes = {"unreadable": "missing", "changed": "changed"}
    return {
        clip.source.location: codes.get(clip.rejection.code, "readable")
        if clip.rejection and clip.rejection.stage == "source"
        else "readable"
        for clip in clips
    }


def write_links(clips: Sequence[Clip], folder: Path) -> Counter[str]:
    """Write ``links.csv``, one line for each source with its state and the reason.

    Returns:
        The number of sources in each state.
    """
    states = link_states(clips)
    reasons = {clip.source.location: clip.rejection for clip in clips}
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("location", "state", "reason"))
    for location, state in sorted(states.items()):
        why = reasons[location]
        lines.writerow((location, state, why.reason if why and state != "readable" else ""))
    write_text(folder / LINKS, text.getvalue())
    return Counter(states.values())
