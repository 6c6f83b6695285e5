"""What a batch says at its end: how many shots are done, and which of them have doubts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dynascene.errors import InputError
from dynascene.interfaces.cli.options import spell_options
from dynascene.io.text import read_json
from dynascene.jobs.result_folder import REPORT


def count_done(done: int, total: int) -> str:
    """ "2 of 3 shots are done", "the only shot is done"."""
    if total == 1:
        return f"the only shot is {'done' if done else 'not done'}"
    return f"{done} of {total} shots {'is' if done == 1 else 'are'} done"


def doubts_of(folder: Path) -> list[str]:
    """The doubts about a finished shot, as its report has them; none where it has no such list."""
    try:
        report = read_json(folder / REPORT)
    except InputError:
        return []
    doubts = report.get("doubts") if isinstance(report, dict) else None
    if not isinstance(doubts, list):
        return []
    return [spell_options(doubt) for doubt in doubts if isinstance(doubt, str)]


def doubt_lines(entries: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each shot of a listing that has doubts: the first one, and how many more."""
    lines = []
    for entry in entries:
        first, *others = entry.get("doubts") or [""]
        if first:
            more = f" (and {len(others)} more in its {REPORT})" if others else ""
            lines.append(f"{entry['shot']}: {first}{more}")
    return lines
