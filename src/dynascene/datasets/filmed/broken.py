"""Clips that cannot be read: named once each, passed over, and too many of them stop the run."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import torch

from dynascene.errors import InputError

log = logging.getLogger(__name__)

LARGEST_SHARE = 0.05  # of broken clips among those tried
LEAST_TRIED = 20  # clips, before the share counts
NAMES_IN_MESSAGE = 3
UNTRIED, SOUND, BROKEN = 0, 1, 2


class BrokenClips:
    """Which clips of a data set were read, and which of them could not be.

    The marks lie in shared memory. Worker processes that hold the same ledger, and the process that
    started them, see each other's marks: so a clip is named once, and the share is that of all. The
    reasons stay with the process that met them, and in its log. Ledgers of processes that share
    nothing are joined by ``merge``.

    Args:
        names: of all clips, by their number in the data set.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.clips = names
        self.reasons: dict[str, str] = {}
        self._marks = torch.zeros(len(names), dtype=torch.uint8).share_memory_()

    @property
    def tried(self) -> int:
        """How many different clips were tried."""
        return int((self._marks != UNTRIED).sum())

    @property
    def names(self) -> list[str]:
        """The clips that are broken, in the data set's order."""
        return [self.clips[i] for i in (self._marks == BROKEN).nonzero()[:, 0].tolist()]

    @property
    def share(self) -> float:
        """Broken clips among those tried, 0 … 1."""
        return len(self.names) / max(1, self.tried)

    def __contains__(self, number: int) -> bool:
        """Whether the clip of this number is known to be broken."""
        return int(self._marks[number]) == BROKEN

    def mark_sound(self, number: int) -> None:
        """Note that this clip was read."""
        self._marks[number] = SOUND

    def report(self, number: int, reason: str) -> None:
        """Note that this clip cannot be read; it is logged the first time."""
        name = self.clips[number]
        self.reasons.setdefault(name, reason)
        if number not in self:
            self._marks[number] = BROKEN
            log.warning("clip %s is left out: %s", name, reason)

    def check(self) -> None:
        """End where the data set is not worth reading on.

        Raises:
            InputError: all clips are broken, or over 5 % of 20 or more that were tried.
        """
        broken, tried = self.names, self.tried
        if not broken:
            return
        too_many = tried >= LEAST_TRIED and len(broken) > LARGEST_SHARE * tried
        if not too_many and len(broken) < len(self.clips):
            return
        first = "; ".join(f"{name} ({self._why(name)})" for name in broken[:NAMES_IN_MESSAGE])
        more = (
            f"; and {len(broken) - NAMES_IN_MESSAGE} more" if len(broken) > NAMES_IN_MESSAGE else ""
        )
        raise InputError(
            f"{len(broken)} of the {tried} clips seen cannot be read, more than "
            f"{LARGEST_SHARE:.0%}: {first}{more}; mend them, or take them out and "
            "write the manifest anew"
        )

    def _why(self, name: str) -> str:
        return self.reasons.get(name, "see the log")

    def merge(self, other: BrokenClips) -> None:
        """Take over the marks of another ledger of the same clips.

        Raises:
            InputError: it is of other clips.
        """
        if list(other.clips) != list(self.clips):
            raise InputError("ledgers of broken clips: they are of different data sets")
        torch.maximum(self._marks, other._marks, out=self._marks)
        self.reasons = other.reasons | self.reasons
