"""Clips that cannot be read: named once each, passed over, and too many of them stop the run."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import torch

from dynascene.errors import InputError

log = logging.getLogger(__name__)

BORNE = 0.05  # share of the clips seen
JUDGED_FROM = 20  # clips seen
NAMED = 3  # clips in a message
UNSEEN, SOUND, BROKEN = 0, 1, 2


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
    def seen(self) -> int:
        """How many different clips were tried."""
        return int((self._marks != UNSEEN).sum())

    @property
    def names(self) -> list[str]:
        """The clips that are broken, in the data set's order."""
        return [self.clips[i] for i in (self._marks == BROKEN).nonzero()[:, 0].tolist()]

    @property
    def share(self) -> float:
        """Broken clips among those seen, 0 … 1."""
        return len(self.names) / max(1, self.seen)

    def __contains__(self, number: int) -> bool:
        """Whether the clip of this number is known to be broken."""
        return int(self._marks[number]) == BROKEN

    def passed(self, number: int) -> None:
        """This clip was read."""
        self._marks[number] = SOUND

    def report(self, number: int, reason: str) -> None:
        """This clip cannot be read; it is logged when it is new."""
        name = self.clips[number]
        self.reasons.setdefault(name, reason)
        if number not in self:
            self._marks[number] = BROKEN
            log.warning("clip %s is left out: %s", name, reason)

    def check(self) -> None:
        """Raise InputError when all clips are broken, or too many: over 5 % of 20 or more seen."""
        broken, seen = self.names, self.seen
        if not broken:
            return
        too_many = seen >= JUDGED_FROM and len(broken) > BORNE * seen
        if not too_many and len(broken) < len(self.clips):
            return
        first = "; ".join(f"{name} ({self._why(name)})" for name in broken[:NAMED])
        more = f"; and {len(broken) - NAMED} more" if len(broken) > NAMED else ""
        raise InputError(
            f"{len(broken)} of the {seen} clips seen cannot be read, more than {BORNE:.0%}: "
            f"{first}{more}; mend them, or take them out and write the manifest anew"
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
