"""The error of a background flow that is read off poses."""

from torch import Tensor

from dynascene.models.diffusion.terms import DenoisingStep, LossTerm

SMALL = 1e-3  # of the frame: below, errors count by their square


def flow_term(probe: str, weight: float = 1.0) -> LossTerm:
    """The mean distance (end-point error) to ``background_flow`` of the clip, in shares of the
    frame.

    Args:
        probe: where a conditioner leaves its flow [B, F, 2, h, w].
        weight: of the term.
    """

    def losses(step: DenoisingStep) -> Tensor:
        error = step.prediction.probes[probe].float() - step.clip["background_flow"]
        distance = (error.square().sum(dim=2) + SMALL**2).sqrt() - SMALL
        return distance.flatten(1).mean(dim=1)

    return LossTerm(
        name="background_flow",
        losses=losses,
        weight=weight,
        reads=("background_flow",),
        probes=(probe,),
    )
