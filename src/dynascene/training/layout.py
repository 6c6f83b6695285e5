"""How the samples of a step are shared out over processes and over parts that follow each other."""

from __future__ import annotations

from dataclasses import dataclass

from dynascene.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the samples of a step are shared out.

    Args:
        batch: samples of a step, over all processes.
        accumulate: parts that a process takes one after the other, adding up their gradients.
        processes: how many there are.
        rank: this process, 0 … processes − 1.

    Raises:
        InputError: the batch cannot be shared out evenly.
    """

    batch: int
    accumulate: int = 1
    processes: int = 1
    rank: int = 0

    def __post_init__(self) -> None:
        if self.batch % self.shares:
            raise InputError(
                f"a batch of {self.batch} cannot be shared out evenly over {self.processes} "
                f"process(es) and `accumulate` {self.accumulate}; give a `batch` that "
                f"{self.shares} divides"
            )

    @property
    def shares(self) -> int:
        return self.processes * self.accumulate

    def parts(self, step: int) -> list[range]:
        """The numbers of this process' samples of a step, one range for each part.

        Over all processes they are the samples step·batch … (step + 1)·batch − 1, each once.
        """
        size = self.batch // self.shares
        first = step * self.batch + self.rank * self.accumulate * size
        return [range(first + k * size, first + (k + 1) * size) for k in range(self.accumulate)]
