"""The data that the layers exchange: frozen, and checked when made.

Shapes: F frames, H W pixels. Colours are 8-bit sRGB unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import Tensor

from dynascene.clip_fields import BUILT_IN, CLIP_FIELDS, TensorSpec, pixel_specs
from dynascene.clip_tensors import ClipTensors
from dynascene.errors import InputError
from dynascene.phrases import count_of

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

    Args:
        cam_from_world: [F, 4, 4] float64, rigid, world → camera; OpenCV axes (x right, y down,
            z forward).
        intrinsics: [F, 3, 3] float64, in pixels of a frame of ``size``; pixel centres at +0.5.
        size: the frame size that the intrinsics are for.

    Raises:
        InputError: a shape is wrong, a value is not finite, a rotation is not orthonormal to 1e-6,
            or a focal length is not positive.
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
    # a reflection has det R < 0; the triple product of its rows is quicker than a decomposition
    x, y, z = rotation.unbind(1)
    wrong = (error > ORTHONORMAL_TOLERANCE) | ((torch.linalg.cross(x, y) * z).sum(-1) < 0)
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

    Args:
        foreground: colour frames [H, W, 3]; None when the camera moves through the scene alone.
        matte: [H, W, 1], 255 = person, same size and length as the foreground; None exactly when
            the foreground is.
        cameras: one camera per frame, for any frame size of the same shape.
        frame_rate: frames per second.
        inputs: further fields of ``clip_fields`` by name, as the table has them but without the
            axis B; pictures and intrinsics for frames of ``size``.

    Raises:
        InputError: the parts differ in size or length, or an input is not in the table.
    """

    foreground: FrameSource | None
    matte: FrameSource | None
    cameras: CameraTrack
    frame_rate: Fraction
    inputs: Mapping[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_inputs()
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
                f"the person's video has {count_of(len(self.foreground), 'frame')}, the matte "
                f"{len(self.matte)}, the camera track {len(self.cameras)}: they must agree"
            )

    def __len__(self) -> int:
        return len(self.cameras)

    @property
    def size(self) -> Size:
        """Of the person's frames; without a person the size that the cameras are for."""
        return self.cameras.size if self.foreground is None else self.foreground.size

    def _check_inputs(self) -> None:
        further = [f.name for f in CLIP_FIELDS.values() if f.name not in BUILT_IN and not f.target]
        for name, values in self.inputs.items():
            if name not in further:
                names = ", ".join(further) or "none (register_clip_field adds one)"
                raise InputError(f"shot: {name} is no further clip field; known are {names}")
            if CLIP_FIELDS[name].per_frame and len(values) != len(self):
                raise InputError(
                    f"shot: {name} has {count_of(len(values), 'frame')}, not {len(self)}"
                )


class Batch(ClipTensors):
    """Clips in pixels: what data sets give and models take. B clips, F frames, H×W pixels.

    The fields, their axes and ranges are those of ``clip_fields.CLIP_FIELDS``; a field that the
    table can derive from others is made here where it is not given.
    """

    form = "batch"

    matte: Tensor
    foreground: Tensor
    scene_image: Tensor
    scene_visibility: Tensor
    cam_from_world: Tensor
    intrinsics: Tensor
    scene_cam_from_world: Tensor | None
    scene_intrinsics: Tensor | None
    guide: Tensor | None
    guide_visibility: Tensor | None
    has_camera: Tensor
    skeleton: Tensor | None
    character: Tensor | None
    background_flow: Tensor | None
    points: Tensor | None

    @staticmethod
    def specs() -> list[TensorSpec]:
        return pixel_specs()

    def __init__(self, **tensors: Tensor | None) -> None:
        super().__init__(**tensors)
        derived = {
            field.name: field.derive(self)
            for field in CLIP_FIELDS.values()
            if field.derive is not None and field.name not in self
        }
        if derived:
            super().__init__(**{**vars(self), **derived})

    @property
    def generate_mask(self) -> Tensor:
        """[B, F, 1, H, W], 1 = generate: the mask of inpainting, always derived from the matte."""
        return 1 - self.matte

    @property
    def size(self) -> Size:
        return Size(self.matte.shape[-1], self.matte.shape[-2])

    def resized(self, size: Size) -> Batch:
        """The same clips with frames of another size, each field by its rule in the table."""
        scale = torch.tensor([size.width / self.size.width, size.height / self.size.height, 1.0])
        changes = {}
        for name, tensor in self.items():
            rule = CLIP_FIELDS[name].resize
            if rule == "area":
                flat = tensor.reshape(-1, *tensor.shape[-3:])
                small = nnf.interpolate(flat, (size.height, size.width), mode="area")
                changes[name] = small.reshape(*tensor.shape[:-2], *small.shape[-2:])
            elif rule == "intrinsics":
                changes[name] = scale[:, None].to(tensor) * tensor
        return self.replace(**changes)
