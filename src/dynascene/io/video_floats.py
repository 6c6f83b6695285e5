"""RGB from decoded frames of more than 8 bits, in floats.

swscale's way to 16-bit RGB loses 1/256 of the light, overflows into other colours where chroma is
halved (both in some releases), and clips before colours are converted. So only the samples are
brought to 4:4:4 by it, which it does exactly.
"""

from __future__ import annotations

import av
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, VideoReformatter

from dynascene.types import Size

# Kr and Kb by swscale's number of the matrix
WEIGHTS = {
    1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 7: (0.212, 0.087), 9: (0.2627, 0.0593),
}  # fmt: skip
BLACK, MIDDLE = 16 << 8, 128 << 8  # of limited range and of chroma, with 16 bits
LUMA_RANGE, CHROMA_RANGE = 219 << 8, 224 << 8


def is_deep_frame(frame: av.VideoFrame) -> bool:
    """Whether any of its components has more than 8 bits."""
    return any(component.bits > 8 for component in frame.format.components)


def float_rgb(
    frame: av.VideoFrame,
    size: Size,
    matrix: int,
    *,
    full_range: bool,
    has_alpha: bool,
    interpolation: int,
    reformatter: VideoReformatter,
) -> np.ndarray:
    """Stored values of a frame, float32 [H, W, 3 or 4]: 0 … 1, beyond where the file goes beyond.

    Args:
        frame: as decoded.
        size: to which it is scaled.
        matrix: swscale's number.
        full_range: whether black is 0 and white the largest number.
        has_alpha: whether a fourth channel is wanted.
        interpolation: swscale's flags.
        reformatter: keeps the conversion from frame to frame.
    """
    is_yuv = not frame.format.is_rgb and len(frame.format.components) >= 3
    kind = ("yuva444p16le" if has_alpha else "yuv444p16le") if is_yuv else (
        "rgba64le" if has_alpha else "rgb48le"
    )  # fmt: skip
    stated = ColorRange.JPEG if full_range else ColorRange.MPEG
    converted = reformatter.reformat(
        frame,
        *size,
        format=kind,
        src_colorspace=matrix,
        dst_colorspace=matrix,
        # samples are shifted where both ranges are limited, and stretched where both are full
        src_color_range=ColorRange.MPEG if is_yuv else stated,
        dst_color_range=ColorRange.MPEG if is_yuv else ColorRange.JPEG,
        interpolation=interpolation,
    )
    if not is_yuv:
        return converted.to_ndarray().astype(np.float32) / 65535
    planes = [_samples(plane, size) for plane in converted.planes]
    rgb = _rgb(planes[:3], matrix, frame.format.components[0].bits, full_range=full_range)
    return np.dstack([rgb, planes[3] / 65535]) if has_alpha else rgb


def _samples(plane: VideoPlane, size: Size) -> np.ndarray:
    """float32 [H, W] of 16-bit numbers."""
    rows = np.frombuffer(memoryview(plane), np.uint16).reshape(-1, plane.line_size // 2)
    return rows[: size.height, : size.width].astype(np.float32)


def _rgb(planes: list[np.ndarray], matrix: int, bits: int, *, full_range: bool) -> np.ndarray:
    """From Y, Cb, Cr as 16-bit numbers: samples of fewer bits are shifted to the left."""
    most = 65536 - (1 << (16 - bits))
    black, luma_range, chroma_range = (
        (0, most, most) if full_range else (BLACK, LUMA_RANGE, CHROMA_RANGE)
    )
    luma = (planes[0] - black) / luma_range
    blue, red = ((plane - MIDDLE) / chroma_range for plane in planes[1:])
    kr, kb = WEIGHTS[matrix]
    # R = Y + 2 (1 − Kr) Cr, B = Y + 2 (1 − Kb) Cb, Y = Kr R + Kg G + Kb B
    r, b = luma + 2 * (1 - kr) * red, luma + 2 * (1 - kb) * blue
    g = (luma - kr * r - kb * b) / (1 - kr - kb)
    return np.stack([r, g, b], axis=-1)
