"""A further input per frame: the person's outline, drawn from the matte, and who reads it."""

import torch
from torch import Tensor, nn

from dynascene.clip_fields import ClipField, Encoding, register_clip_field
from dynascene.models.conditioners import Conditioner, register_conditioner
from dynascene.models.denoiser import Denoiser
from dynascene.models.injection import Injection
from dynascene.models.latents import EncodedClip
from dynascene.models.sizes import ModelSize
from dynascene.models.systems import register_system
from dynascene.models.systems.system import (
    Network,
    System,
    TrainingSchedule,
    TrainingStage,
    all_parameters,
)
from dynascene.task_mix import TaskMix
from dynascene.types import Batch


def outline_of(batch: Batch) -> Tensor:
    """[B, F, 1, H, W], 1 where the matte rises or falls to the right."""
    matte = batch.matte
    return (matte - torch.roll(matte, 1, dims=-1)).abs().clamp(max=1)


FIELD = ClipField(
    name="outline",
    axes="B F 1 H W",
    meaning="0 … 1, 1 on the person's outline",
    resize="area",
    encodings=(Encoding(name="outline_cells", kind="cells", axes="B F 1 h w"),),
    empty_without_person=True,
    derive=outline_of,
)


class Outline(Conditioner):
    """The outline summed to the features after the first convolution; zeros when dropped."""

    reads = ("outline_cells",)

    def __init__(self, size: ModelSize) -> None:
        super().__init__(size)
        self.layer = nn.Conv2d(1, size.widths[0], 1)
        nn.init.zeros_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        (cells,) = clip.require(self.reads, f"conditioner {self.name}")
        features = self.layer(cells.flatten(0, 1).to(self.layer.weight.dtype))
        features = features.unflatten(0, cells.shape[:2])
        return Injection(added=features * ~drop[:, None, None, None, None])


SYSTEM = System(
    name="outlines",
    summary="the person's frames, and their outline",
    network=Network(conditioners={"foreground": {}, "image_embedding": {}, "outline": {}}),
    stages=(
        TrainingStage(
            name="clips",
            trains=all_parameters,
            mix=TaskMix(with_person={"video_background": 1}),
            schedules={
                "tiny": TrainingSchedule(
                    steps=2, batch=1, frames=3, learning_rate=1e-2, warmup=0, floor=1.0, ema=0.5
                )
            },
        ),
    ),
)


def register() -> None:
    register_clip_field(FIELD)
    register_conditioner("outline", Outline)
    register_system(SYSTEM)


def weights_that_must_learn(denoiser: Denoiser) -> dict[str, Tensor]:
    return {"layer": denoiser.conditioners["outline"].get_parameter("layer.weight")}
