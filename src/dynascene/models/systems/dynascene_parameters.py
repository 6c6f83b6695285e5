"""The parameters that each of DynaScene's stages trains; section numbers are the paper's."""

from torch import nn

from dynascene.models.backbone import motion_parameters, spatial_parameters
from dynascene.models.denoiser import Denoiser


def image_parameters(denoiser: Denoiser) -> list[nn.Parameter]:
    """Stage I: the U-Net without motion modules, and all conditioners but the camera's.

    A small image encoder, which lies outside the denoiser, learns in this stage too
    (``TrainingStage.trains_image_encoder``); CLIP stays as it is.
    """
    conditioners = denoiser.conditioners
    image = spatial_parameters(denoiser.unet)
    image += [p for name in conditioners if name != "plucker_camera"
              for p in conditioners[name].parameters()]  # fmt: skip
    return [p for p in image if p.requires_grad]


def video_parameters(denoiser: Denoiser) -> list[nn.Parameter]:
    """Stage II: the motion modules, the Camera Encoder and its adaptors."""
    camera = denoiser.conditioners["plucker_camera"].parameters()
    return [p for p in [*motion_parameters(denoiser.unet), *camera] if p.requires_grad]
