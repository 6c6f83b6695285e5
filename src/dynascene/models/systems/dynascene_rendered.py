"""DynaScene's trainings on rendered shots, at sizes small and micro.

Each is a recipe, such as DYNASCENE_SMALL_PAPER ``dynascene.small_paper``. The data are ours
throughout; that one and DYNASCENE_MICRO_PAPER train the paper's network on them.
"""

from dataclasses import replace

from dynascene.models.diffusion.diffusion_loss import DiffusionLoss
from dynascene.models.diffusion.noising import UniformSteps
from dynascene.models.diffusion.one_step import MostlyNoisiestStep, painting_error
from dynascene.models.diffusion.terms import noise_error, prediction_error
from dynascene.models.sizes import LEAN, at_resolution
from dynascene.models.systems.micro import MICRO_TRAINING
from dynascene.models.systems.system import RenderedTraining
from dynascene.types import Size

# names of the system's variants; GUIDED is also the stage that trains it on filmed clips
GUIDED, SHARED_RAYS, GUIDED_RAYS, OPEN = "guided", "shared_rays", "guided_rays", "open"

SHARED_RAYS_LOSS = DiffusionLoss(
    noising=UniformSteps(offset=0.0, drop_probability=0.05, noisiest_share=0.4),
    terms=(prediction_error(),),
)

# --- at size small, on rendered shots -------------------------------------------------------------

DYNASCENE_SMALL = RenderedTraining(
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
DYNASCENE_SMALL_ONE_STEP = replace(
    DYNASCENE_SMALL,
    name="small_one_step",
    loss=DiffusionLoss(noising=MostlyNoisiestStep(), terms=(painting_error(),)),
    continues="dynascene.small",
    steps=4_000,
    learning_rate=3e-4,
    on_clips=None,
)
# the same with the picture's rays added, which its weights lack: they start silent
DYNASCENE_SMALL_GUIDED_RAYS = replace(
    DYNASCENE_SMALL_ONE_STEP,
    name="small_guided_rays",
    variant=GUIDED_RAYS,
    continues="dynascene.small_one_step",
    added=(
        "conditioners.plucker_camera.to_input.",
        "conditioners.plucker_camera.stream_adaptors.",
        "conditioners.scene_reference.ray_convolution.",
    ),
    steps=1_000,
    clip_frames=8,
    lengths=(1, 8),
)
DYNASCENE_SMALL_PAPER = RenderedTraining(
    name="small_paper",
    target="video",  # the paper's: the person in the place
    # an offset is usual in this lineage; the paper does not say
    loss=DiffusionLoss(noising=UniformSteps(offset=0.05)),
    sampling=(25, 3.5),  # half of the paper's 50 steps; it does not tell its guidance
    steps=40_000,
)

# ours: the network that follows the camera without a guide, from nothing. Most of its steps are on
# small frames, where one costs a fifth; what it learns there holds on large ones (docs/log.md).
DYNASCENE_SMALL_RAYS = RenderedTraining(
    name="small_rays",
    variant=SHARED_RAYS,
    target="background",
    loss=SHARED_RAYS_LOSS,
    sampling=(1, 1.0),  # as for the guided one; further steps lose truth (docs/log.md)
    steps=4_000,
    learning_rate=2e-3,
    size=LEAN,
    clip_size=Size(128, 72),
    batch=8,
    warmup=100,
    floor=0.3,
    ema=0.995,
    lengths=(3, 3, 3, 8),
    first_clips=256,
    uses=24,
    examined="moves",
)
# goes on at the size of frames that it is for
DYNASCENE_SMALL_RAYS_256 = replace(
    DYNASCENE_SMALL_RAYS,
    name="small_rays_256",
    clip_size=None,
    continues="dynascene.small_rays",
    steps=600,
    learning_rate=5e-4,
    floor=0.05,
    first_clips=128,
)

# --- at size micro, on short rendered clips -------------------------------------------------------

# ours: no guide, and it follows the camera (docs/log.md)
DYNASCENE_MICRO = replace(
    MICRO_TRAINING, variant=SHARED_RAYS, loss=SHARED_RAYS_LOSS, sampling=(6, 1.0)
)
# grown: the same weights on larger frames and longer clips (`start` from a run of DYNASCENE_MICRO)
DYNASCENE_MICRO_48 = replace(
    DYNASCENE_MICRO,
    name="micro_48",
    size=at_resolution(DYNASCENE_MICRO.size, Size(48, 28), 5),
    learning_rate=1e-3,
)
DYNASCENE_MICRO_96 = replace(
    DYNASCENE_MICRO,
    name="micro_96",
    size=at_resolution(DYNASCENE_MICRO.size, Size(96, 54), 8),
    learning_rate=5e-4,
)
# the paper's form: Eq. 2, rays from the clip's own first frame, and gates that are open from the
# start, for there are no public weights to begin with
DYNASCENE_MICRO_PAPER = replace(
    MICRO_TRAINING,
    name="micro_paper",
    variant=OPEN,
    loss=DiffusionLoss(
        noising=UniformSteps(offset=0.0, drop_probability=0.05), terms=(noise_error(gamma=None),)
    ),
)

RENDERED = (
    DYNASCENE_SMALL,
    DYNASCENE_SMALL_ONE_STEP,
    DYNASCENE_SMALL_PAPER,
    DYNASCENE_SMALL_RAYS,
    DYNASCENE_SMALL_RAYS_256,
    DYNASCENE_SMALL_GUIDED_RAYS,
    DYNASCENE_MICRO,
    DYNASCENE_MICRO_48,
    DYNASCENE_MICRO_96,
    DYNASCENE_MICRO_PAPER,
)
