"""The numbers of a training at size micro, the same for every system."""

from dynascene.models.diffusion.diffusion_loss import DiffusionLoss
from dynascene.models.sizes import MICRO
from dynascene.models.systems.system import RenderedTraining

CLEAN = "clean"  # the name of variants that predict what dynascene.micro does, without its rays
CLEAN_DEPARTURE = "predicts the clean frames on a schedule that ends in pure noise"

MICRO_TRAINING = RenderedTraining(
    name="micro",
    target="video",
    loss=DiffusionLoss(),
    sampling=(12, 1.0),
    steps=6_000,  # the rate is constant, so a longer run is the same one, gone on
    learning_rate=2e-3,
    size=MICRO,
    batch=8,
    warmup=100,
    floor=1.0,
    ema=0.995,
)
