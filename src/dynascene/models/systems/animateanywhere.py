"""AnimateAnywhere: a character's picture, a background picture and a sequence of poses; no camera.

The whole video is made, person included. The Background Motion Learner has two readings: the
low-rank branch on cross-frame attention, which is the paper's as far as it is public, and a flow of
the background that is predicted from the poses (ours).
"""

from dataclasses import replace

from dynascene.models.conditioners.background_flow import FLOW
from dynascene.models.conditioners.background_motion import QUERIES_AND_KEYS
from dynascene.models.diffusion.epipolar_loss import epipolar_term
from dynascene.models.diffusion.flow_loss import flow_term
from dynascene.models.systems.dynascene_rendered import DYNASCENE_MICRO
from dynascene.models.systems.system import Network, Paper, System, TableRow

LIMBS = {"limb_gain": True}
COMMON = {
    "scene_image": {},
    "image_embedding": {"gate": 1.0},
    "character_reference": {"gate": 1.0},
    "pose_guider": LIMBS,
}
FLOW_DEPARTURE = "the background's motion is predicted as flow and summed to the input features"
NETWORK = Network(
    conditioners={**COMMON, "background_motion": {"gate": 1.0, **LIMBS}},
    prediction="clean",
    schedule="zero_snr",
    start="scratch",
)
FLOW_NETWORK = replace(
    NETWORK, conditioners={**COMMON, "background_flow": LIMBS}, departures=(FLOW_DEPARTURE,)
)
# ours: the flows add up to the place of the picture that each cell shows, in a code that the
# picture shares, as rays are in DynaScene's (docs/motion.md)
PLACES_NETWORK = replace(
    NETWORK,
    conditioners={
        **COMMON,
        "scene_image": {"places": "background_flow"},
        "background_flow": {**LIMBS, "places": True},
    },
    departures=(
        FLOW_DEPARTURE,
        "the flows, summed up, say which places of the picture are seen",
    ),
)
# weak: what it forbids holds little attention as it is. Width and δ are not published
EPIPOLAR = epipolar_term(QUERIES_AND_KEYS, weight=0.1)

# with the numbers of dynascene.micro; everybody is in the picture, for the person is made too, and
# the camera goes with them or not, as their steps tell
MICRO = replace(
    DYNASCENE_MICRO,
    variant=None,
    target="video",
    person_share=1.0,
    walkers=True,
    loss=DYNASCENE_MICRO.loss.with_terms((EPIPOLAR,)),
)
MICRO_FREE = replace(MICRO, name="micro_free", loss=DYNASCENE_MICRO.loss)
MICRO_FLOW = replace(
    MICRO,
    name="micro_flow",
    variant="flow",
    loss=DYNASCENE_MICRO.loss.with_terms((flow_term(FLOW),)),
)
MICRO_PLACES = replace(MICRO_FLOW, name="micro_places", variant="shared_places")

ANIMATEANYWHERE = System(
    name="animateanywhere",
    summary="a character's picture that moves by a sequence of poses in a background picture",
    paper=Paper(
        title="AnimateAnywhere: Rouse the Background in Human Image Animation",
        authors="Liu et al.",
        year=2025,
        url="https://arxiv.org/abs/2504.19834",
    ),
    departures=(
        "a re-implementation from public pages: there is no official code",
        "on this project's core (Stable Diffusion's U-Net, AnimateDiff's motion modules) in place "
        "of a video transformer; attention across frames is in its middle block alone",
        "the width of the epipolar bands and the threshold are this project's",
        "predicts the clean frames on a schedule that ends in pure noise",
    ),
    network=NETWORK,
    variants={"flow": FLOW_NETWORK, "shared_places": PLACES_NETWORK},
    rendered=(MICRO, MICRO_FREE, MICRO_FLOW, MICRO_PLACES),
    # DynaScene's paper does not compare with it
    tables={2: (TableRow(label="AnimateAnywhere", stages=()),)},
    makes_person=True,
)
