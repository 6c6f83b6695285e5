"""CameraCtrl: Plücker rays through a pose encoder, added in the first temporal attention.

On the core that all systems share: image-to-video, the person by Eq. 4 of DynaScene at every step.
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

CAMERA = {"encoder": "pose_encoder", "merge": "added"}
NETWORK = Network(
    conditioners={"scene_image": {}, "image_embedding": {}, "plucker_camera": CAMERA},
)
# ours, as DynaScene's variant of this name: the frames' rays and the picture's through one encoder
SHARED_RAYS_NETWORK = Network(
    conditioners={
        "plucker_camera": {**CAMERA, **SHARED_RAYS_CAMERA},
        "scene_image": {"rays": "shared"},
        "image_embedding": {"gate": 1.0},
    },
    prediction="clean",
    schedule="zero_snr",
    start="scratch",
    departures=SHARED_RAYS_DEPARTURES,
)

TABLE_2 = (
    TableRow(
        label="CameraCtrl",
        stages=(FILMED,),
        figures=paper_figures(9.87, 29.12, 0.464, 0.442, 175.33, 104.11, 1770.60),
    ),
)

CAMERACTRL = System(
    name="cameractrl",
    summary="the video of a picture along a camera track's rays; the person comes in by Eq. 4",
    paper=Paper(
        title="CameraCtrl: Enabling Camera Control for Text-to-Video Generation",
        authors="He et al.",
        year=2024,
        url="https://arxiv.org/abs/2404.02101",
    ),
    departures=DEPARTURES,
    network=NETWORK,
    variants=variants(NETWORK, SHARED_RAYS_NETWORK),
    stages=(FILMED,),
    rendered=RENDERED,
    tables={2: TABLE_2},
    first_weights={"sd15": SD15_TEXT_TO_IMAGE},
    sampler_hooks=(reinject_foreground,),
)
