"""What is said of a run's steps."""

from dataclasses import dataclass
from typing import Annotated, Any

from tyro.conf import arg

from dynascene.interfaces.cli.arguments import optional


@dataclass(frozen=True, kw_only=True)
class ScheduleOptions:
    """The steps of the run.

    Args:
        steps: length of the whole run, which the learning rate follows.
        batch: samples per step, over all processes.
        lr: peak learning rate.
        seed: seed of weights, data and noise.
        until: stop after this step.
    """

    steps: Annotated[int | None, optional("N")] = None
    batch: Annotated[int | None, optional("B")] = None
    lr: Annotated[float | None, optional("RATE")] = None
    seed: Annotated[int, arg(metavar="N")] = 0
    until: Annotated[int | None, optional("STEP")] = None

    def settings(self) -> dict[str, Any]:
        """As ``Settings`` takes them. Where to stop now is none of them."""
        chosen = {"steps": self.steps, "batch": self.batch, "learning_rate": self.lr}
        return chosen | {"seed": self.seed}
