"""What is said of how a run's steps are computed."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from tyro.conf import arg

from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import OptionalDevice, Switch, optional


@dataclass(frozen=True, kw_only=True)
class ComputingOptions:
    """How a step is computed. What it is stays the same, but for rounding.

    Args:
        workers: processes that make samples ahead, for each training process (default: its share of
            the cores but one, 1 to 8). Samples do not depend on it.
        precision: of activations; weights stay float32. fp16 needs a GPU.
        accumulate: parts of a step's batch, one after the other, to save memory.
        checkpointing: compute activations again instead of keeping them, to save memory (default
            for clips at size sd15).
        keep_activations: do not, to save time.
        device: where to train: cpu, cuda or mps (default: a GPU where there is one, else the CPU).
    """

    workers: Annotated[int | None, optional("N")] = None
    precision: Literal["no", "bf16", "fp16"] = "bf16"
    accumulate: Annotated[int, arg(metavar="N")] = 1
    checkpointing: Switch = False
    keep_activations: Switch = False
    device: OptionalDevice = None

    def settings(self) -> dict[str, Any]:
        """As ``Settings`` takes them. How samples are made ahead, and where, is none of them.

        Raises:
            InputError: activations are to be kept and to be computed again.
        """
        if self.checkpointing and self.keep_activations:
            raise InputError("give --checkpointing or --keep-activations, not both")
        # neither leaves it to the recipe
        again = True if self.checkpointing else False if self.keep_activations else None
        return {
            "precision": self.precision,
            "accumulate": self.accumulate,
            "checkpointing": again,
        }
