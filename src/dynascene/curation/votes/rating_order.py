"""Which clips a rater sees next: doubtful ones first, and not everybody the same."""

from __future__ import annotations

import heapq
from collections.abc import Container, Iterable, Mapping
from zlib import crc32

from dynascene.curation.votes.tally import Tally
from dynascene.curation.votes.verdict_rule import NO_VOTES, Rule


def next_clips(
    clips: Iterable[str],
    doubtful: Container[str],
    tallies: Mapping[str, Tally],
    rated: Container[str],
    rater: str,
    rule: Rule,
    count: int,
) -> list[str]:
    """At most ``count`` clips that are open and that the rater has not rated yet.

    First those whose camera is doubtful, then those that raters disagree on, then those nobody has
    rated, then the rest. Among equals each rater has an order of his own, so that people who work
    at the same time look at different clips; it is the same whenever it is asked for.
    """

    def place(clip: str) -> tuple[int, int, str]:
        tally = tallies.get(clip, NO_VOTES)
        kinds = (clip in doubtful, tally.disagree, not tally.total)
        rank = kinds.index(True) if any(kinds) else len(kinds)
        return rank, crc32(f"{rater}\0{clip}".encode()), clip

    open_clips = (
        clip
        for clip in clips
        if clip not in rated and rule.outcome(tallies.get(clip, NO_VOTES)) == "open"
    )
    return heapq.nsmallest(count, open_clips, key=place)
