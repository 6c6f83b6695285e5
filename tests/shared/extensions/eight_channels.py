"""The layout of picture-editing networks: [noisy latent 4 | image latent 4], no mask, no person."""

from torch import Tensor

from dynascene.models.conditioners import Conditioner, register_conditioner
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.samplers import reinject_foreground
from dynascene.models.injection import Injection
from dynascene.models.input_layout import IMAGE_LATENT
from dynascene.models.latents import EncodedClip
from dynascene.models.systems import register_system
from dynascene.models.systems.system import (
    Network,
    System,
    TrainingSchedule,
    TrainingStage,
    all_parameters,
)
from dynascene.task_mix import TaskMix


class SceneLatent(Conditioner):
    """The scene picture beside every noisy frame. Unconditional value: zeros."""

    reads = ("scene", "foreground")
    channels = (IMAGE_LATENT,)

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        frames = clip.scene[:, None].expand_as(clip.foreground)
        return Injection(channels={IMAGE_LATENT.meaning: frames * ~drop[:, None, None, None, None]})


SYSTEM = System(
    name="eight_channels",
    summary="the scene's latent beside every frame; the person comes in while sampling",
    network=Network(conditioners={"scene_latent": {}, "plucker_camera": {}}),
    sampler_hooks=(reinject_foreground,),
    stages=(
        TrainingStage(
            name="clips",
            trains=all_parameters,
            mix=TaskMix(without_person={"video_variation": 1}),
            schedules={
                "tiny": TrainingSchedule(
                    steps=2, batch=1, frames=3, learning_rate=1e-2, warmup=0, floor=1.0, ema=0.5
                )
            },
        ),
    ),
)


def register() -> None:
    register_conditioner("scene_latent", SceneLatent)
    register_system(SYSTEM)


def weights_that_must_learn(denoiser: Denoiser) -> dict[str, Tensor]:
    return {"columns of the scene": denoiser.unet.conv_in.weight[:, 4:]}
