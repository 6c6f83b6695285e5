"""What is said of how the systems calculate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from dynascene.interfaces.cli.arguments import OptionalDevice, optional

if TYPE_CHECKING:  # imported where it is made: --help must not wait for torch
    from dynascene.evaluation.systems import SamplingSettings


@dataclass(frozen=True, kw_only=True)
class SamplingOptions:
    """How weights sample.

    Args:
        steps: sampling steps (default: as each weights say).
        guidance: strength of classifier-free guidance (default: as each weights say).
        samples: also judge the mean of so many samples (accuracy, not looks).
        device: where networks calculate: cpu, cuda or mps (default: a CUDA GPU where there is one,
            else the CPU).
    """

    steps: Annotated[int | None, optional("N")] = None
    guidance: Annotated[float | None, optional("NUMBER")] = None
    samples: Annotated[int | None, arg(metavar="K", help_behavior_hint="(default: 1)")] = None
    device: OptionalDevice = None

    def settings(self) -> SamplingSettings:
        """Of every system. Raises InputError for a number out of its range."""
        from dynascene.evaluation.systems import SamplingSettings

        samples = 1 if self.samples is None else self.samples
        return SamplingSettings(self.steps, self.guidance, samples)
