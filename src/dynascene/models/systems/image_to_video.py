"""What image-to-video systems with a camera share: their trainings, and what of them is ours.

They are the baselines of DynaScene's Table 2: the scene picture's latent beside every noisy frame,
its image embedding, and a camera; no person. The person comes in by Eq. 4 at every step of
sampling. DynaScene's authors compare with the published networks on Stable Video Diffusion; these
stand on the core that all systems here share, and are trained on DynaScene's data with its numbers.
"""

from dataclasses import replace

from dynascene.models.diffusion.diffusion_loss import DiffusionLoss
from dynascene.models.diffusion.noising import UniformSteps
from dynascene.models.systems.dynascene import NULL_CAMERA, SINGLE_SCHEDULES
from dynascene.models.systems.dynascene_rendered import (
    DYNASCENE_MICRO,
    DYNASCENE_MICRO_PAPER,
    OPEN,
    SHARED_RAYS,
)
from dynascene.models.systems.micro import CLEAN, CLEAN_DEPARTURE
from dynascene.models.systems.system import (
    Network,
    RenderedTraining,
    TrainingStage,
    all_parameters,
)
from dynascene.task_mix import TaskMix

# everything is trained at once, on the tasks of a video network that are no part of DynaScene's own
# contribution (image tasks, illumination)
FILMED = TrainingStage(
    name="filmed",
    trains=all_parameters,
    mix=TaskMix(
        with_person={"video_background": 1},
        without_person={"video_variation": 1},
        null_camera=NULL_CAMERA,
    ),
    schedules=SINGLE_SCHEDULES,
    notes={
        "steps": "as DynaScene's single stage (its §5: 1,000,000); the publication's own are not "
        "followed",
        "batch": "as DynaScene's single stage (its §5: 1 on each of eight A100); the number "
        "shown is the sum over the processes",
        "learning_rate": "as DynaScene's (its §5: 1e-5)",
        "frames": "as DynaScene's single stage (its §5: 24)",
        "resolution": "as DynaScene's (its §5: 768x432)",
        "tasks": "DynaScene's video tasks without illumination; published networks are trained on "
        "RealEstate10K",
        "loss": "plain mean: neither min-SNR nor noise offset",
        "ema": "ours",
    },
)
IMAGE_TO_VIDEO_SMALL = RenderedTraining(
    name="small",
    target="video",
    loss=DiffusionLoss(noising=UniformSteps(offset=0.05)),
    sampling=(25, 3.5),
    steps=40_000,
)
# with the numbers of dynascene.micro_paper; and with those of dynascene.micro, without its rays and
# with them: the last two differ in what is told of the camera alone
RENDERED = (
    IMAGE_TO_VIDEO_SMALL,
    replace(DYNASCENE_MICRO_PAPER, name="micro", variant=OPEN),
    replace(DYNASCENE_MICRO, name="micro_clean", variant=CLEAN),
    replace(DYNASCENE_MICRO, name="micro_shared_rays", variant=SHARED_RAYS),
)


def variants(network: Network, shared_rays: Network) -> dict[str, Network]:
    """The variants of a system by name.

    Args:
        network: its own.
        shared_rays: the same with the picture's rays.
    """
    scratch = replace(network, start="scratch")
    clean = replace(scratch, prediction="clean", schedule="zero_snr", departures=(CLEAN_DEPARTURE,))
    return {OPEN: scratch, CLEAN: clean, SHARED_RAYS: shared_rays}


DEPARTURES = (
    "on this project's core (Stable Diffusion's U-Net, AnimateDiff's motion modules) in place of "
    "Stable Video Diffusion, with its noise schedule and losses",
    "all weights are trained, on the data and with the numbers of DynaScene",
    "fps and motion bucket are no inputs, and the picture's latent gets no noise",
)
SHARED_RAYS_DEPARTURES = (
    "cameras are relative to that of the scene picture",
    "the rays of the frames and of the picture go through one encoder, to the U-Net's input "
    "features and, those of the frames, to the residual stream of the motion modules",
    CLEAN_DEPARTURE,
)
