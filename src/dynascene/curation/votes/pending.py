"""Votes that came after a manifest was written."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa

from dynascene.curation.votes.tally import VOTES_FILE
from dynascene.curation.votes.verdict_rule import count_pending
from dynascene.errors import InputError


def pending_votes(manifest: pa.Table, dataset: Path) -> int:
    """Clips with votes in the data set's own file that its manifest does not have yet.

    Raises InputError where there are votes and no SQLAlchemy to read them.
    """
    if not (dataset / VOTES_FILE).is_file():
        return 0
    if find_spec("sqlalchemy") is None:
        raise InputError("votes need sqlalchemy: pip install 'dynascene[curation]'")
    from dynascene.curation.votes.store import open_votes

    return count_pending(manifest, open_votes(dataset / VOTES_FILE).tallies())
