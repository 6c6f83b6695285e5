"""What else can be done with the systems or the clips."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from dynascene.interfaces.cli.arguments import Switch, optional
from dynascene.interfaces.cli.evaluation_options.clips import ClipOptions
from dynascene.interfaces.cli.exclusions import drop_unset, refuse_beside


@dataclass(frozen=True, kw_only=True)
class InsteadOptions:
    """What is done instead of all that, one of them.

    Args:
        gap: how much better weights without a guide are along the true track than along the
            opposite one, on so many pans, tilts, dollies and trucks of unseen places, in the size
            and length that they were trained for.
        long_pans: whether so many pans of 60 degrees in 72 frames are followed to the end, around
            the picture and away from it.
        write_inputs: write what systems may see of every clip (person, matte, scene picture,
            cameras) as files for other tools.
    """

    gap: Annotated[int | None, optional("N")] = None
    long_pans: Annotated[int | None, optional("N")] = None
    write_inputs: Switch = False

    def check_alone(self, clips: ClipOptions, others: Sequence[str]) -> None:
        """Raises InputError where one of them stands beside another, or beside other options.

        Args:
            clips: of which ``write_inputs`` leaves the choice.
            others: names of further options that were given.
        """
        own = {"write_inputs": self.write_inputs, "gap": self.gap, "long_pans": self.long_pans}
        if not (given := list(drop_unset(own))):
            return
        others = [*given[1:], *others]
        if given != ["write_inputs"]:
            others += clips.shape
        if not self.write_inputs:
            others += drop_unset({"benchmark": clips.benchmark})
        reason = "measures nothing" if self.write_inputs else "measures clips of its own"
        refuse_beside(given[0], reason, others)
