"""What a run leaves behind while it goes on. Nothing here changes a figure."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Literal, get_args

from accelerate.utils import broadcast_object_list

from dynascene.errors import InputError

TrackerName = Literal["tensorboard", "wandb"]


@dataclass(frozen=True, kw_only=True)
class Upkeep:
    """How often a run is saved, and where its figures go.

    Args:
        checkpoint_minutes: a checkpoint is written after so many minutes at most, beside those
            that the recipe asks for by the number of steps.
        keep: how many checkpoints stay.
        log_with: ``wandb`` beside TensorBoard's files, which are always written.

    Raises:
        InputError: a number is out of its range, or the tracker is unknown.
    """

    checkpoint_minutes: float = 30.0
    keep: int = 2
    log_with: TrackerName = "tensorboard"

    def __post_init__(self) -> None:
        if not self.checkpoint_minutes > 0:
            raise InputError(
                f"`checkpoint_minutes` {self.checkpoint_minutes}: expected a number above 0"
            )
        if self.keep < 1:
            raise InputError(f"`keep` {self.keep}: expected at least 1")
        if self.log_with not in get_args(TrackerName):
            choices = ", ".join(get_args(TrackerName))
            raise InputError(f"`log_with` {self.log_with}: expected one of {choices}")


class CheckpointClock:
    """The time since the last checkpoint, by the clock of the first process."""

    def __init__(self, minutes: float) -> None:
        self.seconds = 60 * minutes
        self.restart()

    def restart(self) -> None:
        """Count from now on."""
        self._since = monotonic()

    def due(self) -> bool:
        """Whether the time is over; the same answer in all processes, which all must call."""
        return broadcast_object_list([monotonic() - self._since >= self.seconds])[0]
