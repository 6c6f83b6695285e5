"""DynaScene's runs at size small. Both stages at once, from scratch, on synthetic shots."""

from functools import partial

from dynascene.errors import InputError
from dynascene.models.systems.dynascene import dynascene, trainable
from dynascene.recipes.filmed import recipes as filmed_recipes
from dynascene.recipes.synthetic import small_denoising_run
from dynascene.training.one_step import OneStepObjective
from dynascene.training.run import Run, Settings


def small(settings: Settings) -> Run:
    """Ours: the guide as a condition, its residual predicted. The default system.

    On filmed clips it is the recipe ``dynascene.small.guided``.
    """
    if settings.clips:
        return filmed_recipes()["dynascene.small.guided"](settings)
    return small_denoising_run(
        "dynascene.small",
        settings,
        partial(dynascene, guide=True),
        partial(trainable, stage="all"),
        target="background",  # the guide knows no person, and the person is laid over the result
        noise_offset=0.0,  # the guide says how bright the picture is
        # after short training a step from pure noise to the clean frames looks best: it paints the
        # mean of what might be there, steadily, where samples still paint blotches (docs/log.md)
        sampling=(1, 1.0),
        steps=40_000,
    )


def small_one_step(settings: Settings) -> Run:
    """The bundled weights: ``small`` trained on to paint in one step (``--from`` its run)."""
    if settings.start is None:
        raise InputError("dynascene.small_one_step: give the run of dynascene.small with --from")
    return small_denoising_run(
        "dynascene.small_one_step",
        settings,
        partial(dynascene, guide=True),
        partial(trainable, stage="all"),
        target="background",
        noise_offset=0.0,
        sampling=(1, 1.0),
        steps=4_000,
        learning_rate=3e-4,
        loss=OneStepObjective,
    )


def small_paper(settings: Settings) -> Run:
    """The paper's network and target, without the guide."""
    return small_denoising_run(
        "dynascene.small_paper",
        settings,
        dynascene,
        partial(trainable, stage="all"),
        target="video",  # the paper's: the person in the place
        noise_offset=0.05,  # usual in this lineage; the paper does not say
        sampling=(25, 3.5),  # likewise
        steps=40_000,
    )
