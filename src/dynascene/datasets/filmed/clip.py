"""A piece of a filmed clip, as training tasks take it.

F frames of the piece, S other frames of the same clip, H W pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from dynascene.errors import InputError
from dynascene.imaging.pixels import unit_values
from dynascene.types import CameraTrack, Size

# Somebody is there from this value of the matte on, somewhere. Black that went through a codec,
# and a network's faint doubts, stay below it; a person has a solid core.
SOMEBODY_FROM = 0.1


@dataclass(frozen=True)
class FilmedClip:
    """Decoded frames of one clip, all of one size.

    Pictures and mattes are uint8, as they were decoded, or all of them floats: ``signed_values``
    and ``unit_values`` of ``imaging.pixels`` read both.

    Args:
        name: of the clip, for messages.
        video: [F, 3, H, W], 0 … 255 or −1 … 1, in the order of time.
        matte: [F, 1, H, W], 0 … 255 or 0 … 1, the largest value = person; zeros where nobody is.
        cameras: one per frame, for H×W, relative to no particular frame.
        others, others_matte: [S, 3, H, W] and [S, 1, H, W], S ≥ 1, frames from anywhere in the
            clip, for tasks that show the place by another frame. The data set draws them apart from
            the piece where the clip is long enough.
        others_cameras: of those frames, in the world of ``cameras``; None where they are unknown.
        has_camera: False where the camera is unknown. ``cameras`` then stands still, and training
            takes the null camera.
        in_track_units: whether the cameras are in track units already, exactly.
        track_scale: else, track units in their unit, one for all pieces of a clip, as well as it
            is known; 0 = the camera turns in place, None = to be assumed from this piece.
        inputs: further fields of ``clip_fields`` by name, [F, …] each.

    Raises:
        InputError: shapes do not fit together.
    """

    name: str
    video: Tensor
    matte: Tensor
    cameras: CameraTrack
    others: Tensor
    others_matte: Tensor
    others_cameras: CameraTrack | None = None
    has_camera: bool = True
    in_track_units: bool = False
    track_scale: float | None = None
    inputs: Mapping[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        F, _, H, W = self.video.shape
        expected = {
            "video": (F, 3, H, W),
            "matte": (F, 1, H, W),
            "others": (len(self.others), 3, H, W),
            "others_matte": (len(self.others), 1, H, W),
        }
        for name, shape in expected.items():
            own_shape = tuple(getattr(self, name).shape)
            if own_shape != shape:
                raise InputError(
                    f"clip {self.name}: {name} is {list(own_shape)}, expected {list(shape)}"
                )
        for name, values in self.inputs.items():
            if len(values) != F:
                raise InputError(f"clip {self.name}: {name} has {len(values)} frames, not {F}")
        if not len(self.others):
            raise InputError(f"clip {self.name}: has no other frame to show the place by")
        self._check_cameras(self.cameras, F, Size(W, H))
        if self.others_cameras is not None:
            self._check_cameras(self.others_cameras, len(self.others), Size(W, H))

    def _check_cameras(self, cameras: CameraTrack, count: int, size: Size) -> None:
        if len(cameras) != count or cameras.size != size:
            raise InputError(
                f"clip {self.name}: {len(cameras)} cameras for {cameras.size}, "
                f"expected {count} for {size}"
            )

    @property
    def has_person(self) -> bool:
        """Whether anybody is seen in the piece."""
        return bool(self.person_frames)

    @property
    def person_frames(self) -> list[int]:
        """The frames of the piece in which somebody is seen."""
        strongest = unit_values(self.matte.flatten(1).amax(dim=1))
        return (strongest >= SOMEBODY_FROM).nonzero()[:, 0].tolist()
