"""ComfyUI's IMAGE [F, H, W, C] and MASK [F, H, W], floats of 0 … 1, as the library's frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from dynascene import InputError, Size
from dynascene.imaging.pixels import stored_bytes, unit_floats


@dataclass(frozen=True)
class TensorFrames:
    """A FrameSource of more than 8 bits: [F, H, W, C], floats of 0 … 1."""

    pixels: Tensor
    frame_rate: Fraction = Fraction(24)

    @property
    def size(self) -> Size:
        return Size(self.pixels.shape[2], self.pixels.shape[1])

    @property
    def channels(self) -> int:
        return self.pixels.shape[3]

    @property
    def is_deep(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self.pixels)

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        yield from map(stored_bytes, self.read_floats(start, stop))

    def read_floats(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        for frame in self.pixels[start:stop]:
            yield frame.float().clamp(0, 1).cpu().numpy()


def frames_of(image: Tensor, frame_rate: float = 24.0) -> TensorFrames:
    """The frames of an IMAGE; alpha is left out.

    Raises InputError where they are no colour frames.
    """
    if image.ndim != 4 or image.shape[3] < 3:
        raise InputError(f"IMAGE: has shape {list(image.shape)}, expected [F, H, W, 3]")
    return TensorFrames(image[..., :3], Fraction(frame_rate).limit_denominator(1001))


def matte_of(mask: Tensor, frame_rate: float = 24.0) -> TensorFrames:
    """The frames of a MASK [F, H, W], or of one [H, W]."""
    pixels = mask.reshape(-1, *mask.shape[-2:], 1)
    return TensorFrames(pixels, Fraction(frame_rate).limit_denominator(1001))


def person_frames(
    person: Tensor, matte: Tensor, frame_rate: float = 24.0
) -> tuple[TensorFrames, TensorFrames]:
    """A person's frames and matte. Raises InputError where they differ in size or number."""
    return _alike("person", frames_of(person, frame_rate), "matte", matte_of(matte, frame_rate))


def guide_frames(guide: Tensor, visibility: Tensor) -> tuple[TensorFrames, TensorFrames]:
    """As ``person_frames``, of a guide."""
    return _alike("guide", frames_of(guide), "visibility", matte_of(visibility))


def _alike(
    name: str, colour: TensorFrames, other: str, mask: TensorFrames
) -> tuple[TensorFrames, TensorFrames]:
    if (len(colour), colour.size) != (len(mask), mask.size):
        raise InputError(
            f"`{other}` has {len(mask)} frames of {mask.size}, and `{name}` {len(colour)} of "
            f"{colour.size}: they must agree"
        )
    return colour, mask


def check_length(name: str, frames: int, other: str, expected: int) -> None:
    """Raise InputError where two inputs have different numbers of frames."""
    if frames != expected:
        raise InputError(f"`{name}` has {frames} frames, and `{other}` {expected}: they must agree")


def image_of(frames: Iterable[np.ndarray]) -> Tensor:
    """Frames [H, W, C], uint8 or floats of 0 … 1, as an IMAGE."""
    return torch.from_numpy(np.stack([unit_floats(frame) for frame in frames]))


def mask_of(frames: Iterable[np.ndarray]) -> Tensor:
    """Frames [H, W, 1], uint8 or floats of 0 … 1, as a MASK."""
    return image_of(frames)[..., 0]
