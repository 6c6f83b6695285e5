"""ActAnywhere: the person's frames and one condition frame; no reference network, no camera.

The condition frame is the batch's scene picture: a place without a person, or a full composite.
"""

from typing import Literal

from torch import nn

from dynascene.models.backbone import motion_parameters
from dynascene.models.denoiser import Denoiser, size_to_dict
from dynascene.models.sizes import SMALL, ModelSize

CONDITIONERS = ("foreground", "image_embedding")


def actanywhere(size: ModelSize = SMALL) -> Denoiser:
    """The inpainting U-Net with motion modules and the condition frame's image features."""
    return Denoiser(
        size=size_to_dict(size),
        conditions={name: {} for name in CONDITIONERS},
        system="actanywhere",
    )


def trainable(denoiser: Denoiser, stage: Literal["video", "all"] = "all") -> list[nn.Parameter]:
    """``all`` parameters, or those of the motion modules and the condition frame (``video``)."""
    if stage == "all":
        return [p for p in denoiser.parameters() if p.requires_grad]
    condition = denoiser.conditioners["image_embedding"].parameters()
    return [*motion_parameters(denoiser.unet), *condition]
