"""What every task gives: one sample as the networks take it, without a batch axis.

F frames, H W pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from dynascene.imaging.pixels import signed_values, unit_values
from dynascene.types import CameraTrack


@dataclass(frozen=True)
class TrainingSample:
    """What one task makes of one clip; value ranges as in ``types.Batch``, axes the same without B.

    What is said to be of the clip's type is uint8 or float as its frames are.

    Args:
        task: its name in figures by task.
        video: [F, 3, H, W] of the clip's type, the target.
        matte: [F, 1, H, W] of the clip's type, 1 (or 255) = part of the input: the person or, in
            outpainting, the picture. 1 − matte is the network's mask.
        has_foreground: whether the matte cuts a person out of the video; else the foreground is 0.
        scene_image, scene_visibility: [3, H, W], [1, H, W].
        cam_from_world, intrinsics: [F, 4, 4], [F, 3, 3] float64.
        loss_mask: [F, 1, H, W] of the clip's type, 1 (or 255) = the loss counts here.
        scene_camera: of the scene picture, one camera in the world and unit of the others; None
            where it is unknown.
        guide, guide_visibility: [F, 3, H, W], [F, 1, H, W], or None.
        has_camera: False = the null camera: there are poses, but the network does not get them.
        inputs: further fields of ``clip_fields``, by name.
    """

    task: str
    video: Tensor
    matte: Tensor
    has_foreground: bool
    scene_image: Tensor
    scene_visibility: Tensor
    cam_from_world: Tensor
    intrinsics: Tensor
    loss_mask: Tensor
    scene_camera: CameraTrack | None = None
    guide: Tensor | None = None
    guide_visibility: Tensor | None = None
    has_camera: bool = True
    inputs: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def foreground(self) -> Tensor:
        """[F, 3, H, W] float: the person's frames, 0 off the person."""
        return cut_out(signed_values(self.video), unit_values(self.matte), self.has_foreground)

    @property
    def scene_cam_from_world(self) -> Tensor:
        """[4, 4] of the scene picture; the first frame's where it is unknown."""
        camera = self.scene_camera
        return self.cam_from_world[0] if camera is None else camera.cam_from_world[0]

    @property
    def scene_intrinsics(self) -> Tensor:
        """[3, 3] of the scene picture; the first frame's where it is unknown."""
        camera = self.scene_camera
        return self.intrinsics[0] if camera is None else camera.intrinsics[0]


def cut_out(video: Tensor, matte: Tensor, has_foreground: bool | Tensor) -> Tensor:
    """The foreground of frames [..., 3, H, W] in −1 … 1 by their matte [..., 1, H, W] in 0 … 1.

    Args:
        has_foreground: whether there is one; bool, or of shapes that broadcast.
    """
    there = torch.as_tensor(has_foreground, device=video.device)
    return torch.where(there, video * matte, 0.0)
