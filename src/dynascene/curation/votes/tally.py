"""The choices of a vote, and their counts. Needs no database."""

from __future__ import annotations

from typing import Literal, NamedTuple

Choice = Literal["good", "bad", "unsure"]
CHOICES: tuple[Choice, ...] = ("good", "bad", "unsure")
VOTES_FILE = "votes.sqlite"  # in the data set, where no other database is named


class Tally(NamedTuple):
    """The number of raters whose standing vote on a clip is each choice."""

    good: int = 0
    bad: int = 0
    unsure: int = 0

    @property
    def total(self) -> int:
        return sum(self)

    @property
    def disagree(self) -> bool:
        """Whether two raters chose differently."""
        return max(self) < self.total

    def plus(self, choice: Choice) -> Tally:
        """The tally with one more vote."""
        return self._replace(**{choice: getattr(self, choice) + 1})
