"""DynaScene: person, scene picture and camera track in; the moving place out."""

from typing import Literal

from torch import nn

from dynascene.models.backbone import motion_parameters, spatial_parameters
from dynascene.models.denoiser import Denoiser, size_to_dict
from dynascene.models.sizes import SMALL, ModelSize

PAPER_CONDITIONERS = ("foreground", "scene_reference", "image_embedding", "plucker_camera")


def dynascene(size: ModelSize = SMALL, *, guide: bool = False) -> Denoiser:
    """The paper's network; with ``guide`` ours, which predicts the residual on the filled guide."""
    names = (*PAPER_CONDITIONERS, "guide") if guide else PAPER_CONDITIONERS
    return Denoiser(
        size=size_to_dict(size),
        conditions={name: {} for name in names},
        prediction="guide_residual" if guide else "epsilon",
        system="dynascene",
    )


def trainable(denoiser: Denoiser, stage: Literal["image", "video", "all"]) -> list[nn.Parameter]:
    """The parameters that a stage trains; ``all`` is ours, for small networks.

    image (stage I): the U-Net without motion modules, the ReferenceNet, and the image gate.
    video (stage II): the motion modules, the Camera Encoder and its adaptors.
    """
    conditioners = denoiser.conditioners
    image = spatial_parameters(denoiser.unet)
    image += [p for name in conditioners if name != "plucker_camera"
              for p in conditioners[name].parameters()]  # fmt: skip
    video = [*motion_parameters(denoiser.unet), *conditioners["plucker_camera"].parameters()]
    chosen = {"image": image, "video": video, "all": image + video}[stage]
    return [p for p in chosen if p.requires_grad]
