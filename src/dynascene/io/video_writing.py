"""Writing frame by frame: H.264, HEVC of 10 bits, ProRes 4444 with alpha, PNG sequences.

Every writer is a context manager. The file appears under its name when the block ends without an
error; otherwise nothing is left behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from dynascene.imaging.pixels import stored_words, unit_floats
from dynascene.io.atomic import replacing
from dynascene.io.images import clear_write_errors, write_png
from dynascene.io.video_encoding import EncodedWriter, VideoEncoding, grey_frame, ten_bit_frame
from dynascene.types import Size

if TYPE_CHECKING:
    from typing_extensions import Self

Quality = Literal["visually-lossless", "high"]
CONSTANT_RATE_FACTOR: dict[Quality, str] = {"visually-lossless": "10", "high": "16"}


class H264Writer(EncodedWriter):
    """Frames as H.264 in MP4: 4:2:0, limited range, BT.709, playable while it loads.

    Args:
        path: of the file.
        size: of the frames; an odd width or height is made even by repeating the last column or
            row.
        frame_rate: frames a second, on average.
        times: seconds of each frame, for a varying frame rate.
        keyframes: largest distance of keyframes; the smaller, the faster is seeking. None: 250.

    Raises:
        InputError: it cannot be written; the message names the folder where the disk is full.
    """

    def __init__(
        self,
        path: Path,
        size: Size,
        frame_rate: Fraction,
        quality: Quality = "visually-lossless",
        times: Sequence[float] | None = None,
        keyframes: int | None = None,
    ) -> None:
        even = _even(size)
        # x264's macroblock tree gives the same frames different files on small sizes: without it
        # the same clip is the same file
        options = {
            "crf": CONSTANT_RATE_FACTOR[quality],
            "preset": "faster",  # than "fast", by a quarter: no larger files, but 0.2 dB less
            "x264-params": "mbtree=0",
        }
        if keyframes is not None:
            options["g"] = str(keyframes)
        encoding = VideoEncoding("mp4", "libx264", "yuv420p", options, even, frame_rate, times)
        super().__init__(path, encoding, size)

    def write(self, frame: np.ndarray) -> None:
        """Append uint8 [H, W, 3], or a grey [H, W, 1]."""
        _check(frame, self.size, channels=(1, 3))
        if frame.shape[2] == 1:
            self.encode_planes(grey_frame(_evened(frame)))
        else:
            self.encode(_evened(frame))


class HevcWriter(EncodedWriter):
    """Frames as HEVC Main 10 in MP4: 10 bits, 4:2:0, limited range, BT.709.

    Arguments and errors as for H264Writer.
    """

    def __init__(
        self,
        path: Path,
        size: Size,
        frame_rate: Fraction,
        times: Sequence[float] | None = None,
    ) -> None:
        # Without frames that refer to later ones: of a few frames, x265 may leave those without the
        # time at which they are to be decoded, and the file is refused.
        options = {"crf": "10", "preset": "fast", "x265-params": "log-level=none:bframes=0"}
        encoding = VideoEncoding(
            # players of Apple look for this tag
            "mp4", "libx265", "yuv420p10le", options, _even(size), frame_rate, times, tag="hvc1"
        )  # fmt: skip
        super().__init__(path, encoding, size)

    def write(self, frame: np.ndarray) -> None:
        """Append [H, W, 3], or a grey [H, W, 1]; float in 0 … 1, or uint8."""
        _check(frame, self.size, (1, 3), (np.uint8, np.float32))
        colour = np.repeat(frame, 3, axis=2) if frame.shape[2] == 1 else frame
        self.encode_planes(ten_bit_frame(unit_floats(_evened(colour))))


class ProResWriter(EncodedWriter):
    """Frames as ProRes 4444 in QuickTime: 4:4:4, 10 bit, BT.709; alpha is straight.

    Its alpha has 16 bits, of which FFmpeg's encoder fills 10.

    Arguments and errors as for H264Writer.

    has_alpha: whether frames have it.
    """

    def __init__(
        self,
        path: Path,
        size: Size,
        frame_rate: Fraction,
        times: Sequence[float] | None = None,
        has_alpha: bool = True,
    ) -> None:
        options = {"profile": "4444", "vendor": "apl0"}
        options |= {"alpha_bits": "16"} if has_alpha else {}
        kind = "yuva444p10le" if has_alpha else "yuv444p10le"
        encoding = VideoEncoding("mov", "prores_ks", kind, options, size, frame_rate, times)
        super().__init__(path, encoding, size)
        self._channels = 4 if has_alpha else 3

    def write(self, frame: np.ndarray) -> None:
        """Append [H, W, 4], or [H, W, 3] without alpha; float in 0 … 1, or uint8."""
        _check(frame, self.size, (self._channels,), (np.uint8, np.float32))
        self.encode(frame if frame.dtype == np.uint8 else stored_words(frame))


class PngSequenceWriter:
    """Frames as ``00000.png``, ``00001.png`` … in a folder that is made, or empty.

    sixteen_bit: floats are stored with 65,536 levels, and 8-bit values v as 257·v, so that 255 is
        white and nothing is lost.

    Raises InputError when it cannot be written, naming the folder where the disk is full.
    """

    def __init__(self, folder: Path, sixteen_bit: bool = False) -> None:
        self.folder = folder
        self.sixteen_bit = sixteen_bit
        self._context: AbstractContextManager[Path] = replacing(folder)
        self._count = 0

    def __enter__(self) -> Self:
        self._temporary = self._context.__enter__()
        with clear_write_errors(self.folder):
            self._temporary.mkdir()
        return self

    def __exit__(self, *error: object) -> bool | None:
        return self._context.__exit__(*error)  # ty: ignore[invalid-argument-type]

    def write(self, frame: np.ndarray) -> None:
        """Append [H, W, C], C = 1, 3 or 4 (straight alpha): uint8, or with 16 bits float too."""
        stored = stored_words(frame) if self.sixteen_bit else frame
        path = self._temporary / f"{self._count:05d}.png"
        write_png(path, stored, shown_as=self.folder)
        self._count += 1


def _even(size: Size) -> Size:
    return Size(size.width + size.width % 2, size.height + size.height % 2)


def _evened(frame: np.ndarray) -> np.ndarray:
    """[H, W, C] → [H', W', C] of even sides: the last row and column are repeated."""
    padding = (0, frame.shape[0] % 2), (0, frame.shape[1] % 2), (0, 0)
    return np.pad(frame, padding, mode="edge") if np.any(padding) else frame


def _check(
    frame: np.ndarray,
    size: Size,
    channels: tuple[int, ...],
    types: tuple[type, ...] = (np.uint8,),
) -> None:
    fits = frame.ndim == 3 and frame.shape[:2] == (size.height, size.width)
    if not fits or frame.shape[2] not in channels or frame.dtype not in types:
        expected = " or ".join(kind.__name__ for kind in types)
        raise ValueError(
            f"frame is {frame.dtype} {list(frame.shape)}, expected {expected} "
            f"[{size.height}, {size.width}, {' or '.join(map(str, channels))}]"
        )
