"""Disentangling foreground and background motion: poses move the person, points the background.

The whole video is made, person included; a long one clip by clip, each from the last frame of the
one before.
"""

from dataclasses import replace

from dynascene.models.systems.dynascene_rendered import DYNASCENE_MICRO
from dynascene.models.systems.system import Network, Paper, System, TableRow

# on the linear schedule, for on one that ends in pure noise nothing of a last frame would remain
NETWORK = Network(
    conditioners={
        "scene_reference": {"gate": 1.0},
        "character_reference": {"gate": 1.0},
        "image_embedding": {"gate": 1.0},
        "pose_guider": {"limb_gain": True},
        "point_motion": {},
    },
    prediction="clean",
    schedule="linear",
    start="scratch",
)
# ours: each cell is told which place of the picture it shows, and the picture which is where, by
# one code, as rays are shared in DynaScene's (docs/motion.md)
SHARED_PLACES = "shared_places"
PLACES_NETWORK = replace(
    NETWORK,
    conditioners={
        **NETWORK.conditioners,
        "scene_reference": {"gate": 1.0, "places": "point_motion"},
        "point_motion": {"places": True},
    },
    departures=("points say where in the picture they come from, in a code that it shares",),
)
# with the numbers of dynascene.micro; a tenth of the clips has no points
MICRO = replace(DYNASCENE_MICRO, variant=None, target="video", person_share=1.0, without_points=0.1)
MICRO_PLACES = replace(MICRO, name="micro_places", variant=SHARED_PLACES)

DISENTANGLED = System(
    name="disentangled",
    summary="a character's picture that moves by poses in a place that moves by a few points",
    paper=Paper(
        title="Disentangling Foreground and Background Motion for Enhanced Realism in Human Video "
        "Generation",
        authors="Liu et al.",
        year=2024,
        url="https://arxiv.org/abs/2405.16393",
    ),
    departures=(
        "a re-implementation: there is no official code",
        "person and place come from two pictures, through a ReferenceNet each",
        "a clip is linked with the one before by its starting noise alone",
        "predicts the clean frames",
    ),
    network=NETWORK,
    variants={SHARED_PLACES: PLACES_NETWORK},
    rendered=(MICRO, MICRO_PLACES),
    long_clips="chained",
    # DynaScene's paper does not compare with it
    tables={2: (TableRow(label="Disentangled", stages=()),)},
    makes_person=True,
)
