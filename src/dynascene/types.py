"""The data that the layers exchange: frozen, and checked when made.

Shapes: F frames, H W pixels. Colours are 8-bit sRGB unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from dynascene.errors import InputError

ORTHONORMAL_TOLERANCE = 1e-6


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True)
class CameraTrack:
    """One camera per frame.

    cam_from_world: [F, 4, 4] float64, rigid, world → camera; OpenCV axes (x right, y down,
        z forward).
    intrinsics: [F, 3, 3] float64, in pixels of a frame of ``size``; pixel centres at +0.5.
    size: the frame size that the intrinsics are for.

    Raises InputError when a shape is wrong, a value is not finite, a rotation is not orthonormal
    to 1e-6, or a focal length is not positive.
    """

    cam_from_world: Tensor
    intrinsics: Tensor
    size: Size

    def __post_init__(self) -> None:
        object.__setattr__(self, "cam_from_world", self.cam_from_world.detach().double())
        object.__setattr__(self, "intrinsics", self.intrinsics.detach().double())
        object.__setattr__(self, "size", Size(*self.size))
        _check_poses(self.cam_from_world)
        _check_intrinsics(self.intrinsics, len(self.cam_from_world))
        if min(self.size) < 1:
            raise InputError(f"camera track: frame size {self.size} has no pixels")

    def __len__(self) -> int:
        return self.cam_from_world.shape[0]

    def __getitem__(self, frames: slice) -> CameraTrack:
        """The cameras of a range of frames."""
        return CameraTrack(self.cam_from_world[frames], self.intrinsics[frames], self.size)


def _check_poses(cam_from_world: Tensor) -> None:
    if cam_from_world.ndim != 3 or cam_from_world.shape[1:] != (4, 4) or not len(cam_from_world):
        shape = list(cam_from_world.shape)
        raise InputError(f"camera track: poses have shape {shape}, expected [F, 4, 4] with F ≥ 1")
    finite = cam_from_world.isfinite().all(dim=(1, 2))
    if not finite.all():
        raise InputError(f"camera track: pose of frame {_first(~finite)} is not finite")
    rotation = cam_from_world[:, :3, :3]
    identity = torch.eye(3, dtype=rotation.dtype, device=rotation.device)
    error = (rotation @ rotation.mT - identity).abs().amax(dim=(1, 2))
    wrong = (error > ORTHONORMAL_TOLERANCE) | (torch.linalg.det(rotation) < 0)
    if wrong.any():
        raise InputError(f"camera track: pose of frame {_first(wrong)} is not a rotation")
    last_row = torch.tensor([0.0, 0, 0, 1], dtype=rotation.dtype, device=rotation.device)
    if not torch.equal(cam_from_world[:, 3], last_row.expand(len(rotation), 4)):
        raise InputError("camera track: the last row of each pose must be 0 0 0 1")


def _check_intrinsics(intrinsics: Tensor, frames: int) -> None:
    if intrinsics.shape != (frames, 3, 3):
        shape = list(intrinsics.shape)
        raise InputError(f"camera track: intrinsics have shape {shape}, expected [{frames}, 3, 3]")
    finite = intrinsics.isfinite().all(dim=(1, 2))
    if not finite.all():
        raise InputError(f"camera track: intrinsics of frame {_first(~finite)} are not finite")
    wrong = (intrinsics[:, 0, 0] <= 0) | (intrinsics[:, 1, 1] <= 0)
    if wrong.any():
        raise InputError(f"camera track: focal length of frame {_first(wrong)} is not positive")


def _first(flags: Tensor) -> int:
    return int(flags.nonzero()[0])


@runtime_checkable
class FrameSource(Protocol):
    """Frames that can be read in order, again and again, without holding all of them.

    ``read`` yields uint8 arrays [H, W, C]: C = 3 colour, C = 4 colour and straight alpha,
    C = 1 a matte (255 = person).
    """

    @property
    def size(self) -> Size: ...

    @property
    def channels(self) -> int: ...

    @property
    def frame_rate(self) -> Fraction: ...

    def __len__(self) -> int: ...

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]: ...


@dataclass(frozen=True)
class ArrayFrames:
    """Frames in memory as a FrameSource: uint8 [H, W, C], all of one shape."""

    frames: Sequence[np.ndarray]
    frame_rate: Fraction = field(default=Fraction(24))

    def __post_init__(self) -> None:
        if not len(self.frames):
            raise InputError("frames: there are none")
        shape = self.frames[0].shape
        for index, frame in enumerate(self.frames):
            if frame.dtype != np.uint8 or frame.shape != shape or frame.ndim != 3:
                raise InputError(
                    f"frames: frame {index} is {frame.dtype} {list(frame.shape)}, "
                    f"expected uint8 {list(shape)} with three axes"
                )

    @property
    def size(self) -> Size:
        return Size(self.frames[0].shape[1], self.frames[0].shape[0])

    @property
    def channels(self) -> int:
        return self.frames[0].shape[2]

    def __len__(self) -> int:
        return len(self.frames)

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        yield from self.frames[start:stop]


@dataclass(frozen=True)
class Shot:
    """One continuous take: who was filmed, where they are in each frame, how the camera moved.

    foreground: colour frames [H, W, 3]; None when the camera moves through the scene alone.
    matte: [H, W, 1], 255 = person, same size and length as the foreground; None exactly when
        the foreground is.
    cameras: one camera per frame, for any frame size of the same shape.
    frame_rate: frames per second.
    """

    foreground: FrameSource | None
    matte: FrameSource | None
    cameras: CameraTrack
    frame_rate: Fraction

    def __post_init__(self) -> None:
        if self.frame_rate <= 0:
            raise InputError(f"shot: frame rate {self.frame_rate} is not positive")
        if self.foreground is None and self.matte is None:
            return
        if self.foreground is None or self.matte is None:
            raise InputError("shot: a person needs both frames and a matte")
        if self.foreground.channels != 3 or self.matte.channels != 1:
            raise InputError("shot: the foreground has 3 channels and the matte has 1")
        if self.matte.size != self.foreground.size:
            raise InputError(
                f"matte is {self.matte.size} and the person's video is {self.foreground.size}: "
                "make the matte in the video's size"
            )
        if not len(self.foreground) == len(self.matte) == len(self.cameras):
            raise InputError(
                f"the person's video has {len(self.foreground)} frames, the matte "
                f"{len(self.matte)}, the camera track {len(self.cameras)}: they must agree"
            )

    def __len__(self) -> int:
        return len(self.cameras)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Clips as tensors: what data sets give and models take. B clips, F frames, H×W pixels.

    matte: [B, F, 1, H, W] in 0 … 1, 1 = person; all zeros where nobody is.
    foreground: [B, F, 3, H, W] in −1 … 1, exactly 0 off the person.
    scene_image: [B, 3, H, W] in −1 … 1; black (−1) where a person was removed, and 0 where it is
        to be completed.
    scene_visibility: [B, 1, H, W], 1 where the scene picture shows the place, 0 in its holes.
    cam_from_world: [B, F, 4, 4], OpenCV axes, in track units.
    intrinsics: [B, F, 3, 3] in pixels of H×W.
    video: [B, F, 3, H, W] in −1 … 1, the target; None when sampling.
    guide: [B, F, 3, H, W] in −1 … 1, the scene projected along the track **and filled**: every
        pixel holds a colour.
    guide_visibility: [B, F, 1, H, W], 1 where the guide was seen in the scene, 0 where filled.
    has_camera: [B] bool, False for clips whose camera is unknown; None = all have one.

    Raises InputError when a shape does not fit the matte's.
    """

    matte: Tensor
    foreground: Tensor
    scene_image: Tensor
    scene_visibility: Tensor
    cam_from_world: Tensor
    intrinsics: Tensor
    video: Tensor | None = None
    guide: Tensor | None = None
    guide_visibility: Tensor | None = None
    has_camera: Tensor | None = None

    def __post_init__(self) -> None:
        if self.matte.ndim != 5 or self.matte.shape[2] != 1:
            raise InputError(
                f"batch: matte has shape {list(self.matte.shape)}, expected [B, F, 1, H, W]"
            )
        B, F, _, H, W = self.matte.shape
        expected = {
            "foreground": (B, F, 3, H, W),
            "scene_image": (B, 3, H, W),
            "scene_visibility": (B, 1, H, W),
            "cam_from_world": (B, F, 4, 4),
            "intrinsics": (B, F, 3, 3),
            "video": (B, F, 3, H, W),
            "guide": (B, F, 3, H, W),
            "guide_visibility": (B, F, 1, H, W),
            "has_camera": (B,),
        }
        for name, shape in expected.items():
            tensor = getattr(self, name)
            if tensor is not None and tensor.shape != shape:
                raise InputError(
                    f"batch: {name} has shape {list(tensor.shape)}, expected {list(shape)}"
                )
        if (self.guide is None) != (self.guide_visibility is None):
            raise InputError("batch: a guide comes with its visibility, and the other way round")

    @property
    def generate_mask(self) -> Tensor:
        """[B, F, 1, H, W], 1 = generate: the mask of inpainting, always derived from the matte."""
        return 1 - self.matte

    @property
    def size(self) -> Size:
        return Size(self.matte.shape[-1], self.matte.shape[-2])

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on another device."""
        tensors = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return replace(self, **{n: t.to(device) for n, t in tensors.items() if t is not None})
