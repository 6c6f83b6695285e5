"""ActAnywhere: the person's frames and one condition frame; no reference network, no camera.

The condition frame is the batch's scene picture: a place without a person, or a full composite.
"""

from dataclasses import replace

from dynascene.models.diffusion.diffusion_loss import DiffusionLoss
from dynascene.models.diffusion.noising import UniformSteps
from dynascene.models.public_weights import SD15_PUBLIC
from dynascene.models.systems.dynascene_rendered import (
    DYNASCENE_MICRO,
    DYNASCENE_MICRO_PAPER,
    OPEN,
)
from dynascene.models.systems.micro import CLEAN, CLEAN_DEPARTURE
from dynascene.models.systems.system import (
    Network,
    Paper,
    RenderedTraining,
    System,
    TableRow,
    TrainingSchedule,
    TrainingStage,
    all_parameters,
    paper_figures,
)
from dynascene.task_mix import TaskMix

NETWORK = Network(conditioners={"foreground": {}, "image_embedding": {}})
OPEN_NETWORK = replace(NETWORK, start="scratch")
# ours: what DynaScene's shared_rays predicts, and how it starts
CLEAN_NETWORK = Network(
    conditioners={"foreground": {}, "image_embedding": {"gate": 1.0}},
    prediction="clean",
    schedule="zero_snr",
    start="scratch",
    departures=(CLEAN_DEPARTURE,),
)

# The numbers are those of DynaScene's single stage, whose Table 2 compares with an ActAnywhere of
# its own: so the two differ in what they are told alone.
SCHEDULES = {
    "sd15": TrainingSchedule(
        steps=1_000_000,
        batch=1,
        frames=24,
        learning_rate=1e-5,
        warmup=0,
        floor=1.0,
        ema=0.9999,
        checkpointing=True,
        sampling_steps=50,
    ),
    "small": TrainingSchedule(
        steps=60_000, batch=1, frames=8, learning_rate=4e-4, warmup=200, floor=0.05, ema=0.999
    ),
}
FILMED = TrainingStage(
    name="filmed",
    trains=all_parameters,
    # it has no camera input; its mattes are augmented, how often is not published
    mix=TaskMix(with_person={"condition_frame": 1}, null_camera=1, matte_errors=0.5),
    schedules=SCHEDULES,
    notes={
        "steps": "as DynaScene's single stage (its §5: 1,000,000); ActAnywhere's own are not "
        "followed",
        "batch": "as DynaScene's single stage (its §5: 1 on each of eight A100); the number "
        "shown is the sum over the processes",
        "learning_rate": "as DynaScene's (its §5: 1e-5)",
        "frames": "as DynaScene's single stage (its §5: 24)",
        "resolution": "as DynaScene's (its §5: 768x432)",
        "tasks": "ActAnywhere: a random frame of the video is the condition; mattes are augmented, "
        "here every second one",
        "loss": "plain mean: neither min-SNR nor noise offset",
        "ema": "ours",
    },
)
ACTANYWHERE_SMALL = RenderedTraining(
    name="small",
    target="video",
    loss=DiffusionLoss(noising=UniformSteps(offset=0.05)),
    sampling=(25, 3.5),
    steps=40_000,
)
# with the numbers of dynascene.micro_paper and dynascene.micro, so that what the networks are told
# makes the difference; any frame may be the condition, and mattes have faults, as in FILMED
ACTANYWHERE_MICRO = replace(DYNASCENE_MICRO_PAPER, name="micro", composites=0.5, matte_errors=0.5)
ACTANYWHERE_MICRO_CLEAN = replace(
    DYNASCENE_MICRO, name="micro_clean", variant=CLEAN, composites=0.5, matte_errors=0.5
)

TABLE_2 = (
    TableRow(
        label="ActAnywhere",
        stages=(FILMED,),
        figures=paper_figures(14.2, 28.04, 0.393, 0.531, 214.67, 192.76, 2174.41),
    ),
)

ACTANYWHERE = System(
    name="actanywhere",
    summary="a background after one condition frame that suits a person's motion; no camera",
    paper=Paper(
        title="ActAnywhere: Subject-Aware Video Background Generation",
        authors="Pan et al.",
        year=2024,
        url="https://arxiv.org/abs/2401.10822",
    ),
    departures=(
        "a re-implementation: there is no official code; its network's numbers are this project's",
        "trained on the data and with the numbers of DynaScene",
    ),
    network=NETWORK,
    variants={OPEN: OPEN_NETWORK, CLEAN: CLEAN_NETWORK},
    stages=(FILMED,),
    rendered=(ACTANYWHERE_SMALL, ACTANYWHERE_MICRO, ACTANYWHERE_MICRO_CLEAN),
    tables={2: TABLE_2},
    first_weights={"sd15": SD15_PUBLIC},
)
