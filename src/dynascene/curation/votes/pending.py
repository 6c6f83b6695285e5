"""Votes that came after a manifest was written."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from dynascene.curation.votes.tally import VOTES_FILE
from dynascene.curation.votes.verdict_rule import count_pending
from dynascene.extras import require


def pending_votes(manifest: pa.Table, dataset: Path) -> int:
    """The number of clips whose votes in the data set's database are newer than its manifest.

    Raises:
        InputError: there are votes, and SQLAlchemy is not installed.
    """
    if not (dataset / VOTES_FILE).is_file():
        return 0
    require("curation", "the votes of a data set", ["sqlalchemy"])
    from dynascene.curation.votes.store import open_votes

    return count_pending(manifest, open_votes(dataset / VOTES_FILE).tallies())
