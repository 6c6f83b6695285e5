"""DynaScene's trainings on rendered shots, at sizes small and micro.

The data are ours throughout; SMALL_PAPER and MICRO_PAPER train the paper's network on them.
"""

from dataclasses import replace

from dynascene.models.diffusion.diffusion_loss import DiffusionLoss
from dynascene.models.diffusion.noising import UniformSteps
from dynascene.models.diffusion.one_step import MostlyFirstStep, painting_error
from dynascene.models.diffusion.terms import noise_error, prediction_error
from dynascene.models.sizes import at_resolution
from dynascene.models.systems.micro import MICRO_TRAINING
from dynascene.models.systems.system import RenderedTraining
from dynascene.types import Size

# names of the system's variants; GUIDED is also the stage that trains it on filmed clips
GUIDED, SHARED_RAYS, OPEN = "guided", "shared_rays", "open"

SHARED_RAYS_LOSS = DiffusionLoss(
    noising=UniformSteps(offset=0.0, drop_probability=0.05, last_step_share=0.4),
    terms=(prediction_error(),),
)

# --- at size small, on rendered shots -------------------------------------------------------------

SMALL = RenderedTraining(
    name="small",
    variant=GUIDED,
    target="background",  # the guide knows no person, and the person is laid over the result
    loss=DiffusionLoss(noising=UniformSteps(offset=0.0)),  # the guide says how bright it is
    # after short training a step from pure noise to the clean frames looks best: it paints the
    # mean of what might be there, steadily, where samples still paint blotches (docs/log.md)
    sampling=(1, 1.0),
    steps=40_000,
    on_clips=GUIDED,
)
# the recipe of the bundled weights
SMALL_ONE_STEP = replace(
    SMALL,
    name="small_one_step",
    loss=DiffusionLoss(noising=MostlyFirstStep(), terms=(painting_error(),)),
    continues="dynascene.small",
    steps=4_000,
    learning_rate=3e-4,
    on_clips=None,
)
SMALL_PAPER = RenderedTraining(
    name="small_paper",
    target="video",  # the paper's: the person in the place
    # an offset is usual in this lineage; the paper does not say
    loss=DiffusionLoss(noising=UniformSteps(offset=0.05)),
    sampling=(25, 3.5),  # half of the paper's 50 steps; it does not tell its guidance
    steps=40_000,
)

# --- at size micro, on short rendered clips -------------------------------------------------------

# ours: no guide, and it follows the camera (docs/log.md)
MICRO = replace(MICRO_TRAINING, variant=SHARED_RAYS, loss=SHARED_RAYS_LOSS, sampling=(6, 1.0))
# grown: the same weights on larger frames and longer clips (start from a run of MICRO with `start`)
MICRO_48 = replace(
    MICRO, name="micro_48", size=at_resolution(MICRO.size, Size(48, 28), 5), learning_rate=1e-3
)
MICRO_96 = replace(
    MICRO, name="micro_96", size=at_resolution(MICRO.size, Size(96, 54), 8), learning_rate=5e-4
)
# the paper's form: Eq. 2, rays from the clip's own first frame, and gates that are open from the
# start, for there are no public weights to begin with
MICRO_PAPER = replace(
    MICRO_TRAINING,
    name="micro_paper",
    variant=OPEN,
    loss=DiffusionLoss(
        noising=UniformSteps(offset=0.0, drop_probability=0.05), terms=(noise_error(gamma=None),)
    ),
)

RENDERED = (SMALL, SMALL_ONE_STEP, SMALL_PAPER, MICRO, MICRO_48, MICRO_96, MICRO_PAPER)
