"""What every task gives: one sample as the networks take it, without a batch axis.

F frames, H W pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from dynascene.types import CameraTrack


@dataclass(frozen=True)
class TrainingSample:
    """What one task makes of one clip; value ranges as in ``types.Batch``, axes the same without B.

    Args:
        task: its name in figures by task.
        video: [F, 3, H, W], the target.
        matte: [F, 1, H, W], 1 = part of the input: the person or, in outpainting, the picture.
            1 − matte is the network's mask.
        foreground: [F, 3, H, W].
        scene_image, scene_visibility: [3, H, W], [1, H, W].
        cam_from_world, intrinsics: [F, 4, 4], [F, 3, 3] float64.
        loss_mask: [F, 1, H, W], 1 = the loss counts here.
        scene_camera: of the scene picture, one camera in the world and unit of the others; None
            where it is unknown.
        guide, guide_visibility: [F, 3, H, W], [F, 1, H, W], or None.
        has_camera: False = the null camera: there are poses, but the network does not get them.
        inputs: further fields of ``clip_fields``, by name.
    """

    task: str
    video: Tensor
    matte: Tensor
    foreground: Tensor
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
    def scene_cam_from_world(self) -> Tensor:
        """[4, 4] of the scene picture; the first frame's where it is unknown."""
        camera = self.scene_camera
        return self.cam_from_world[0] if camera is None else camera.cam_from_world[0]

    @property
    def scene_intrinsics(self) -> Tensor:
        """[3, 3] of the scene picture; the first frame's where it is unknown."""
        camera = self.scene_camera
        return self.intrinsics[0] if camera is None else camera.intrinsics[0]
