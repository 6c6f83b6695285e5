"""The camera track as 12 numbers a frame, merged into the motion modules: MotionCtrl.

Legend: B clips, F frames.
"""

from typing import Any, get_args

import torch
from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.models.backbone import motion_modules
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.conditioners.camera_origin import CameraOrigin, relative_cameras
from dynascene.models.injection import Injection
from dynascene.models.latents import EncodedClip
from dynascene.models.readers.camera_matrix import MatrixMerge, matrix_projection
from dynascene.models.sizes import ModelSize

MATRIX_NUMBERS = 12


class CameraMatrix(Conditioner):
    """[R | t] of each frame, row by row: cam_from_world relative to the origin, in track units.

    The numbers know nothing of the lens. Unconditional value, and that of clips without a camera:
    learnt numbers (the null camera).

    origin: ``first_frame`` (the paper) or ``scene_camera`` (ours), see ``CameraOrigin``.
    """

    reads: tuple[str, ...] = ("cam_from_world", "has_camera")

    def __init__(self, size: ModelSize, origin: CameraOrigin = "first_frame") -> None:
        super().__init__(size)
        if origin not in get_args(CameraOrigin):
            choices = ", ".join(get_args(CameraOrigin))
            raise InputError(f"camera_matrix: origin {origin!r} is none of {choices}")
        self.origin: CameraOrigin = origin
        self.reads = self.reads_with(origin=origin)
        self.null = nn.Parameter(torch.zeros(MATRIX_NUMBERS))
        self.projections = nn.ModuleList()

    @classmethod
    def reads_with(cls, **options: Any) -> tuple[str, ...]:
        if options.get("origin") == "scene_camera":
            return (*cls.reads, "scene_cam_from_world")
        return cls.reads

    def attach(self, unet: nn.Module) -> None:
        """A projection behind the first temporal self-attention of every motion module."""
        for _, motion in motion_modules(unet):
            projection = matrix_projection(motion.in_channels, MATRIX_NUMBERS)
            self.projections.append(projection)
            MatrixMerge(projection).attach(motion.transformer_blocks[0])

    @torch.no_grad()
    def start_from_nothing(self, gain: float) -> None:
        """The columns that read the numbers become small and random: so the published start."""
        for projection in self.projections:
            assert isinstance(projection, nn.Linear)
            nn.init.xavier_uniform_(projection.weight[:, -MATRIX_NUMBERS:], gain=gain)

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        cameras = relative_cameras(clip, self.origin, f"conditioner {self.name}")
        numbers = cameras[..., :3, :].flatten(2).to(self.null.dtype)
        # unknown cameras may hold anything, not-a-number included
        has_camera = (clip.has_camera & ~drop)[:, None, None]
        return Injection(camera_matrix=torch.where(has_camera, numbers, self.null))
