"""MotionCtrl's camera control: 12 numbers a frame, joined after the first temporal attention.

On the core that all systems share: image-to-video, the person by Eq. 4 of DynaScene at every step.
Its control of objects by trajectories is left out.
"""

from dynascene.models.diffusion.samplers import reinject_foreground
from dynascene.models.public_weights import SD15_TEXT_TO_IMAGE
from dynascene.models.systems.dynascene import SHARED_RAYS_CAMERA
from dynascene.models.systems.image_to_video import (
    DEPARTURES,
    FILMED,
    RENDERED,
    SHARED_RAYS_DEPARTURES,
    variants,
)
from dynascene.models.systems.system import Network, Paper, System, TableRow, paper_figures

NETWORK = Network(
    conditioners={"scene_image": {}, "image_embedding": {}, "camera_matrix": {}},
)
# ours, as DynaScene's variant of this name. MotionCtrl has no rays: those of the frames and of the
# picture come in at the input alone, beside its 12 numbers.
SHARED_RAYS_NETWORK = Network(
    conditioners={
        "plucker_camera": {"merge": "none", **SHARED_RAYS_CAMERA},
        "scene_image": {"rays": "shared"},
        "image_embedding": {"gate": 1.0},
        "camera_matrix": {"origin": "scene_camera"},
    },
    prediction="clean",
    schedule="zero_snr",
    start="scratch",
    departures=SHARED_RAYS_DEPARTURES,
)

TABLE_2 = (
    TableRow(
        label="MotionCtrl",
        stages=(FILMED,),
        figures=paper_figures(16.0, 28.13, 0.382, 0.596, 285.16, 200.24, 2780.03),
    ),
)

MOTIONCTRL = System(
    name="motionctrl",
    summary="the video of a picture along 12 numbers a frame; the person comes in by Eq. 4",
    paper=Paper(
        title="MotionCtrl: A Unified and Flexible Motion Controller for Video Generation",
        authors="Wang et al.",
        year=2023,
        url="https://arxiv.org/abs/2312.03641",
    ),
    departures=(*DEPARTURES, "the control of objects by trajectories is left out"),
    network=NETWORK,
    variants=variants(NETWORK, SHARED_RAYS_NETWORK),
    stages=(FILMED,),
    rendered=RENDERED,
    tables={2: TABLE_2},
    first_weights={"sd15": SD15_TEXT_TO_IMAGE},
    sampler_hooks=(reinject_foreground,),
)
