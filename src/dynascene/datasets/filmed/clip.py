"""A piece of a filmed clip, as training tasks take it.

F frames of the piece, S other frames of the same clip, H W pixels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.types import CameraTrack, Size


@dataclass(frozen=True)
class FilmedClip:
    """Decoded frames of one clip, all of one size.

    name: of the clip, for messages. video: [F, 3, H, W] in −1 … 1, in the order of time.
    matte: [F, 1, H, W] in 0 … 1, 1 = person; zeros where nobody is. cameras: one per frame, for
    H×W, relative to no particular frame. others, others_matte: [S, 3, H, W] and [S, 1, H, W],
    S ≥ 1, frames from anywhere in the clip, for tasks that show the place by another frame; the
    data set draws them apart from the piece where the clip is long enough. has_camera: False where
    the camera is unknown; ``cameras`` then stands still, and training takes the null camera.

    Raises InputError when shapes do not fit together.
    """

    name: str
    video: Tensor
    matte: Tensor
    cameras: CameraTrack
    others: Tensor
    others_matte: Tensor
    has_camera: bool = True

    def __post_init__(self) -> None:
        F, _, H, W = self.video.shape
        expected = {
            "video": (F, 3, H, W),
            "matte": (F, 1, H, W),
            "others": (len(self.others), 3, H, W),
            "others_matte": (len(self.others), 1, H, W),
        }
        for name, shape in expected.items():
            found = tuple(getattr(self, name).shape)
            if found != shape:
                raise InputError(
                    f"clip {self.name}: {name} is {list(found)}, expected {list(shape)}"
                )
        if not len(self.others):
            raise InputError(f"clip {self.name}: has no other frame to show the place by")
        if len(self.cameras) != F or self.cameras.size != Size(W, H):
            raise InputError(
                f"clip {self.name}: {len(self.cameras)} cameras for {self.cameras.size}, "
                f"expected {F} for {W}x{H}"
            )

    @property
    def has_person(self) -> bool:
        """Whether anybody is seen in the piece."""
        return bool(torch.any(self.matte > 0))
