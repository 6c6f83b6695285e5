"""DynaScene: person, scene picture and camera track in; the moving place out.

The paper's network and both of its stages, every row of its Tables 3 and 4, and our variant with
the guide. Section numbers are the paper's.
"""

from dataclasses import replace

from dynascene.models.public_weights import SD15_PUBLIC
from dynascene.models.systems.dynascene_micro import at_micro, stages_of
from dynascene.models.systems.dynascene_parameters import image_parameters, video_parameters
from dynascene.models.systems.dynascene_rendered import (
    GUIDED,
    GUIDED_RAYS,
    OPEN,
    RENDERED,
    SHARED_RAYS,
)
from dynascene.models.systems.system import (
    Network,
    Paper,
    System,
    TableRow,
    TrainingSchedule,
    TrainingStage,
    all_parameters,
    paper_figures,
)
from dynascene.task_mix import TaskMix

# --- what it is ---------------------------------------------------------------------------------

PAPER_NETWORK = Network(
    conditioners={
        "foreground": {},
        "scene_reference": {},
        "image_embedding": {},
        "plucker_camera": {},
    }
)
# ours: predicts the residual on the filled guide (docs/design.md §4)
GUIDED_NETWORK = Network(
    conditioners={**PAPER_NETWORK.conditioners, "guide": {}},
    prediction="guide_residual",
    departures=("a guide, the scene projected along the track, is read and built on",),
)
# ours: it follows the camera without a guide (docs/paper.md). Rays begin at the scene picture's
# camera, and the picture's own go through the same encoder; the noisiest step, where only the
# conditions tell anything, is learnt as frames and not as noise. Every system's variant of this
# name takes the frames' rays at these doors.
SHARED_RAYS_CAMERA = {"rays_from": "scene_camera", "at_input": True, "on_stream": True}
SHARED_RAYS_NETWORK = Network(
    conditioners={
        "foreground": {},
        "plucker_camera": SHARED_RAYS_CAMERA,
        # ``start`` opens these gates anyway; saved configs hold them
        "scene_reference": {"rays": "shared", "gate": 1.0},
        "image_embedding": {"gate": 1.0},
    },
    prediction="clean",
    schedule="zero_snr",
    start="scratch",
    departures=(
        "cameras are relative to that of the scene picture",
        "the rays of the frames and of the picture go through one Camera Encoder, to the input "
        "features of U-Net and ReferenceNet, and to the residual stream of the motion modules",
        "predicts the clean frames on a schedule that ends in pure noise",
    ),
)
# ours: the guided network, whose picture is matched by rays as well. All that it has beyond
# GUIDED_NETWORK is silent when fresh, so that it goes on from weights of that one.
GUIDED_RAYS_NETWORK = replace(
    GUIDED_NETWORK,
    conditioners={
        **GUIDED_NETWORK.conditioners,
        "plucker_camera": SHARED_RAYS_NETWORK.conditioners["plucker_camera"],
        "scene_reference": {"rays": "shared"},
    },
)
# the paper's, every part of which speaks from the first step: for training without public weights
OPEN_NETWORK = replace(PAPER_NETWORK, start="scratch")

# --- on which tasks -----------------------------------------------------------------------------

# Not in the paper; its Figure 10 shows what the network does without a camera, so it has met that.
NULL_CAMERA = 0.05

# §5: RealEstate10K, where nobody is, trains outpainting and variation; the human clips train
# background generation. The tasks of stage I have equal probability; that stage II weighs its tasks
# equally too is assumed, as is that illumination adjustment, which the tables do not vary, belongs
# to every row.
IMAGE_TASKS = TaskMix(
    with_person={"image_background": 1},
    without_person={"outpainting": 1, "image_variation": 1},
    null_camera=NULL_CAMERA,
)
VIDEO_TASKS = TaskMix(
    with_person={"video_background": 1, "illumination": 1},
    without_person={"video_variation": 1},
    null_camera=NULL_CAMERA,
)
ALL_TASKS = TaskMix(
    with_person={**IMAGE_TASKS.with_person, **VIDEO_TASKS.with_person},
    without_person={**IMAGE_TASKS.without_person, **VIDEO_TASKS.without_person},
    null_camera=NULL_CAMERA,
)

# --- for how long -------------------------------------------------------------------------------

# sd15: §5: Adam, 1e-5; stage I 50 k steps of 3 pictures, stage II 1 M steps of one clip of 24
# frames, on each of eight A100; a schedule's batch is that of each process. Warm-up, decay and
# averages of weights are not mentioned.
# small: ours: a small network from scratch learns at 40 times that rate, in fewer steps.
IMAGE_SCHEDULES = {
    "sd15": TrainingSchedule(
        steps=50_000,
        batch=3,
        frames=1,
        learning_rate=1e-5,
        warmup=0,
        floor=1.0,
        ema=0.9999,
        sampling_steps=50,
    ),
    "small": TrainingSchedule(
        steps=20_000, batch=24, frames=1, learning_rate=4e-4, warmup=200, floor=0.05, ema=0.999
    ),
}
VIDEO_SCHEDULES = {
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
        steps=40_000, batch=3, frames=8, learning_rate=4e-4, warmup=200, floor=0.05, ema=0.999
    ),
}
SINGLE_SCHEDULES = {
    "sd15": VIDEO_SCHEDULES["sd15"],
    "small": replace(VIDEO_SCHEDULES["small"], steps=60_000, batch=1),
}
NOTES = {
    "steps": "paper §5: 50,000 in stage I, 1,000,000 in stage II",
    "batch": "paper §5: 3 in stage I, 1 in stage II, on each of eight A100: 24 and 8 together; "
    "the number shown is the sum over the processes",
    "learning_rate": "paper §5: 1e-5, Adam",
    "frames": "paper §5: single frames in stage I, 24 consecutive ones in stage II",
    "resolution": "paper §5: 768x432",
    "loss": "paper Eq. 2, plain mean: neither min-SNR nor noise offset",
    "sampling_steps": "paper §5: DDIM, 50 steps",
    "ema": "not in the paper",
}
GUIDED_NOTES = {
    **NOTES,
    "loss": "paper Eq. 2 without min-SNR or noise offset; the network gives z_0, so a step counts "
    "max(SNR, 1) / SNR of its ε-error (models.diffusion.denoising_error.loss_weight)",
}

# --- the stages, and the rows of the tables -------------------------------------------------------

STAGE_ONE = TrainingStage(
    name="stage1",
    trains=image_parameters,
    mix=IMAGE_TASKS,
    schedules=IMAGE_SCHEDULES,
    notes=NOTES,
)
STAGE_TWO = TrainingStage(
    name="stage2",
    trains=video_parameters,
    mix=VIDEO_TASKS,
    schedules=VIDEO_SCHEDULES,
    trains_image_encoder=False,
    continues=STAGE_ONE.name,
    notes=NOTES,
)
# Table 4: all weights trained at once, in the video domain alone
SINGLE_STAGE = TrainingStage(
    name="single_stage",
    trains=all_parameters,
    mix=VIDEO_TASKS,
    schedules=SINGLE_SCHEDULES,
    notes=NOTES,
)
# ours: its tasks are those of both stages
GUIDED_STAGE = replace(SINGLE_STAGE, name=GUIDED, variant=GUIDED, mix=ALL_TASKS, notes=GUIDED_NOTES)

Stages = tuple[TrainingStage, TrainingStage]
TWO_STAGES: Stages = (STAGE_ONE, STAGE_TWO)


def _row(name: str, *left_out: str, null_camera: float = NULL_CAMERA) -> Stages:
    """Both stages without some tasks: the recipes dynascene.SIZE.NAME.stage1 and .stage2."""
    image, video = (
        replace(mix.without(*left_out), null_camera=null_camera)
        for mix in (IMAGE_TASKS, VIDEO_TASKS)
    )
    first = replace(STAGE_ONE, name=f"{name}.{STAGE_ONE.name}", mix=image)
    second = replace(STAGE_TWO, name=f"{name}.{STAGE_TWO.name}", mix=video, continues=first.name)
    return first, second


VARIATION = ("image_variation", "video_variation")
# stage I reads no camera (motion modules are left out), so the first stages of these two are one
# training: either's run may begin both second stages
BASELINE = _row("baseline", "outpainting", *VARIATION, null_camera=1)
CAMERA_CONTROL = _row("cc", "outpainting", *VARIATION)
OUTPAINTING = _row("bo", *VARIATION)
# Figure 9: the whole without illumination adjustment (ABIA), which stage II alone knows
WITHOUT_ABIA = (
    STAGE_ONE,
    replace(STAGE_TWO, name="without_abia.stage2", mix=VIDEO_TASKS.without("illumination")),
)
WHOLE_FIGURES = paper_figures(8.12, 29.27, 0.506, 0.354, 96.18, 55.84, 1064.36)

# beside the other systems' rows of it, which stand with them
TABLE_2 = (TableRow(label="DynaScene", stages=TWO_STAGES, figures=WHOLE_FIGURES),)
# each row with all of the rows above it: + camera control, + background outpainting, + scene
# variation, which is the whole
TABLE_3 = (
    TableRow(
        label="baseline",
        stages=BASELINE,
        figures=paper_figures(8.51, 28.99, 0.495, 0.364, 98.63, 59.32, 1211.89),
    ),
    TableRow(
        label="+CC",
        stages=CAMERA_CONTROL,
        figures=paper_figures(8.41, 29.10, 0.500, 0.359, 97.84, 58.09, 1124.56),
    ),
    TableRow(
        label="+BO",
        stages=OUTPAINTING,
        figures=paper_figures(8.34, 29.06, 0.503, 0.360, 96.73, 56.73, 1097.15),
    ),
    TableRow(label="+SV", stages=TWO_STAGES, figures=WHOLE_FIGURES),
)
TABLE_4 = (
    TableRow(
        label="single-stage",
        stages=(SINGLE_STAGE,),
        figures=paper_figures(8.28, 29.09, 0.501, 0.357, 98.44, 57.54, 1139.98),
    ),
    TableRow(label="two-stage", stages=TWO_STAGES, figures=WHOLE_FIGURES),
)
FIGURE_9 = (
    TableRow(label="without ABIA", stages=WITHOUT_ABIA),
    TableRow(label="with ABIA", stages=TWO_STAGES),
)
PAPER_TABLES = {3: TABLE_3, 4: TABLE_4}
PAPER_FIGURES = {9: FIGURE_9}
MICRO_ROWS = at_micro({**PAPER_TABLES, **PAPER_FIGURES})

DYNASCENE = System(
    name="dynascene",
    summary="the place of a picture, moving as a camera track says, behind a person",
    paper=Paper(
        title="Beyond Static Scenes: Camera-controllable Background Generation for Human Motion",
        authors="Yao et al.",
        year=2025,
        url="https://arxiv.org/abs/2504.02004",
    ),
    departures=("a re-implementation: there is no official code",),
    network=PAPER_NETWORK,
    variants={
        GUIDED: GUIDED_NETWORK,
        SHARED_RAYS: SHARED_RAYS_NETWORK,
        GUIDED_RAYS: GUIDED_RAYS_NETWORK,
        OPEN: OPEN_NETWORK,
    },
    stages=(*stages_of(PAPER_TABLES, PAPER_FIGURES), GUIDED_STAGE, *stages_of(MICRO_ROWS)),
    rendered=RENDERED,
    tables={
        2: TABLE_2,
        **{number: (*rows, *MICRO_ROWS[number]) for number, rows in PAPER_TABLES.items()},
    },
    figures={9: (*FIGURE_9, *MICRO_ROWS[9])},
    first_weights={"sd15": SD15_PUBLIC},
)
