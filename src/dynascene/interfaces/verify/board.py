"""Where the verification stands, asked for by many at once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dynascene.curation.votes.agreement import krippendorff_alpha
from dynascene.curation.votes.rating_order import next_clips
from dynascene.curation.votes.store import VoteStore
from dynascene.curation.votes.tally import Tally
from dynascene.curation.votes.verdict_rule import NO_VOTES, OUTCOMES, Outcome, Rule
from dynascene.interfaces.verify.clips import VerifiedClips

QUICK = 0.05  # seconds: a count that takes no longer is always made anew …
SHARE_COUNTING = 0.1  # … others take at most this share of the time


@dataclass(frozen=True)
class Standing:
    """The votes and what follows from them, at one moment."""

    tallies: Mapping[str, Tally]
    outcomes: Counter[Outcome]
    agreement: float | None


class Board:
    """Clips, votes and rule together. Methods raise InputError where the database fails."""

    def __init__(self, clips: VerifiedClips, votes: VoteStore, rule: Rule) -> None:
        self.clips, self.votes, self.rule = clips, votes, rule
        self._lock = threading.Lock()
        self._standing: Standing | None = None
        self._good_until = 0.0

    def queue(self, rater: str, count: int) -> list[dict[str, Any]]:
        """The clips that a rater is to see next, ready for JSON."""
        ids, doubtful = self.clips.ids, self.clips.doubtful
        rated, tallies = self.votes.votes_of(rater), self.standing().tallies
        names = next_clips(ids, doubtful, tallies, rated, rater, self.rule, count)
        return [{"id": ids[name], "name": name, "doubtful": name in doubtful} for name in names]

    def progress(self, rater: str) -> dict[str, Any]:
        """How far all are, how far they agree, and how far the rater is, ready for JSON."""
        standing, ids = self.standing(), self.clips.ids
        return {
            "clips": len(ids),
            "mine": sum(name in ids for name in self.votes.votes_of(rater)),
            "agreement": standing.agreement,
            "outcomes": {outcome: standing.outcomes[outcome] for outcome in OUTCOMES},
        }

    def standing(self) -> Standing:
        """Counted anew, unless counting takes long and was done a moment ago."""
        with self._lock:
            if self._standing is None or time.monotonic() >= self._good_until:
                began = time.monotonic()
                self._standing = self._counted()
                spent = time.monotonic() - began
                rest = 0.0 if spent < QUICK else spent / SHARE_COUNTING
                self._good_until = time.monotonic() + rest
            return self._standing

    def _counted(self) -> Standing:
        tallies = self.votes.tallies()
        ours = [tallies.get(name, NO_VOTES) for name in self.clips.ids]
        outcomes = Counter(self.rule.outcome(tally) for tally in ours)
        return Standing(tallies, outcomes, krippendorff_alpha(ours))
