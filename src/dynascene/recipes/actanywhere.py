"""ActAnywhere's run at size small."""

from functools import partial

from dynascene.models.systems.actanywhere import actanywhere, trainable
from dynascene.recipes.synthetic import small_denoising_run
from dynascene.training.run import Run, Settings


def small(settings: Settings) -> Run:
    """The person's frames and one condition frame; neither reference network nor camera."""
    return small_denoising_run(
        "actanywhere.small",
        settings,
        actanywhere,
        partial(trainable, stage="all"),
        target="video",
        noise_offset=0.05,
        sampling=(25, 3.5),
        steps=40_000,
    )
