"""What is said of what a run leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import arg

if TYPE_CHECKING:  # imported where it is made: --help must not wait for torch
    from dynascene.training.upkeep import Upkeep


@dataclass(frozen=True, kw_only=True)
class UpkeepOptions:
    """What the run leaves behind while it goes on.

    Args:
        checkpoint_minutes: minutes after which a checkpoint is written, where the recipe's number
            of steps takes longer.
        keep: how many checkpoints stay.
        log_with: wandb logs there too; TensorBoard's files are always written.
        resume: where RUN holds checkpoints, go on (auto) or stop with an error (never).
    """

    checkpoint_minutes: Annotated[float, arg(metavar="MINUTES")] = 30.0
    keep: Annotated[int, arg(metavar="N")] = 2
    log_with: Literal["tensorboard", "wandb"] = "tensorboard"
    resume: Literal["auto", "never"] = "auto"

    def upkeep(self) -> Upkeep:
        """Raises InputError where a number is out of its range."""
        from dynascene.training.upkeep import Upkeep

        return Upkeep(
            checkpoint_minutes=self.checkpoint_minutes, keep=self.keep, log_with=self.log_with
        )
