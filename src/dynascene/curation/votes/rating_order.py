"""The order in which a rater sees clips: doubtful ones first, and different for each rater."""

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
    """The next clips for a rater: open ones that the rater has not rated yet.

    First those with a doubtful camera, then those that raters disagree on, then those without a
    vote, then the rest. Among equals the order is pseudo-random and fixed for each rater, so that
    people who work at the same time see different clips.

    Args:
        clips: names of all clips.
        doubtful: names of those with a doubtful camera.
        tallies: votes so far; a clip without votes may be left out.
        rated: names of those that the rater has rated.
        rater: the rater's name.
        rule: decides which clips are open.
        count: length of the result, at most.
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
