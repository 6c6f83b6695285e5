"""From decoded frames to upright 8-bit sRGB pictures of square pixels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter

from dynascene.errors import InputError
from dynascene.imaging.colour_spaces import HDR_TRANSFERS, SrgbConversion, from_h273
from dynascene.imaging.pixels import stored_words
from dynascene.io import swscale
from dynascene.io.video_decoding import OpenFootage
from dynascene.io.video_floats import float_rgb, is_deep_frame
from dynascene.types import Size

# H.273 matrix_coefficients → the number that swscale has for it
SWSCALE_MATRIX = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
UNREAD_MATRIX = {8: "YCgCo", 11: "YDzDx", 14: "ICtCp", 15: "IPT-C2", 16: "YCgCo-Re", 17: "YCgCo-Ro"}
BT709, BT601 = 1, 5
UNSPECIFIED = 2  # in H.273's three tables
HD = Size(1280, 576)  # from this width on, or of a greater height, untagged video is BT.709
ODDEST_ASPECT = 4  # pixels of a stranger shape are taken for a mistake
MAYBE_ALPHA = ("bgra", "pal8")  # formats that always could have alpha, and seldom do: GIF, palettes
# chroma is interpolated, not repeated: twice the work, but clean edges on saturated colours
CONVERSION = swscale.BILINEAR | swscale.ACCURATE_ROUNDING
CONVERSION |= swscale.FULL_CHROMA_OUTPUT | swscale.FULL_CHROMA_INPUT
SCALING = CONVERSION & ~swscale.BILINEAR | swscale.BICUBIC  # widened by what is shrunk: no moiré


@dataclass(frozen=True)
class Picture:
    """The conversion of a stream's frames to arrays, by what stream and first frame say.

    Attributes:
        coded: the size of the frames in the file, before they are turned upright.
        stored: the size to which they are brought first: that of square pixels, or another.
        colour: to sRGB, where the stored values are not it.
        grey: whether only their brightness is wanted.
        deep: whether they are stored with more than 8 bits.
        flags: swscale's.
    """

    coded: Size
    stored: Size
    alpha: bool
    matrix: int
    full_range: bool
    orientation: tuple[bool, bool, bool]  # transpose, then mirror the rows, then the columns
    hdr: str | None
    colour: SrgbConversion | None = None
    grey: bool = False
    deep: bool = False
    flags: int = CONVERSION

    @property
    def size(self) -> Size:
        """The size of the upright picture."""
        return Size(*self.stored[::-1]) if self.orientation[0] else self.stored

    @property
    def coded_size(self) -> Size:
        """The size of the upright picture in the file's own pixels, which need not be square."""
        return Size(*self.coded[::-1]) if self.orientation[0] else self.coded

    def array(self, frame: av.VideoFrame, reformatter: VideoReformatter) -> np.ndarray:
        """uint8 [H, W, 3], [H, W, 4] with the file's alpha, or [H, W, 1] where it is grey."""
        if self.colour is not None and not self.grey and is_deep_frame(frame):
            # swscale's 16-bit RGB is 1/256 too dark, and wrong altogether where chroma is halved
            return self._upright(self._in_srgb(stored_words(self._stored(frame, reformatter))))
        rgb = reformatter.reformat(
            frame,
            *self.stored,  # a stream may change its size on the way
            format=self._format(frame),
            src_colorspace=self.matrix,
            dst_colorspace=self.matrix,
            src_color_range=ColorRange.JPEG if self.full_range else ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=self.flags,
        )
        if self.grey:
            return self._upright(rgb.to_ndarray()[..., None])
        return self._upright(self._in_srgb(_interleaved(rgb)))

    def floats(self, frame: av.VideoFrame, reformatter: VideoReformatter) -> np.ndarray:
        """float32 [H, W, 3] in 0 … 1, or [H, W, 4] with the file's alpha."""
        stored = self._stored(frame, reformatter).clip(0, 1)
        if self.colour is not None:
            colour = self.colour.floats(stored_words(np.ascontiguousarray(stored[..., :3])))
            stored = np.concatenate([colour, stored[..., 3:]], axis=2)
        return self._upright(stored)

    def _stored(self, frame: av.VideoFrame, reformatter: VideoReformatter) -> np.ndarray:
        """The file's own values, float32 [H, W, 3 or 4], before any conversion of colours."""
        return float_rgb(
            frame,
            self.stored,
            self.matrix,
            full_range=self.full_range,
            has_alpha=self.alpha,
            interpolation=self.flags,
            reformatter=reformatter,
        )

    def _upright(self, array: np.ndarray) -> np.ndarray:
        transpose, mirror_rows, mirror_columns = self.orientation
        if transpose:
            array = array.swapaxes(0, 1)
        if mirror_rows:
            array = array[::-1]
        if mirror_columns:
            array = array[:, ::-1]
        return np.ascontiguousarray(array)

    def _format(self, frame: av.VideoFrame) -> str:
        """FFmpeg's name for what a frame is converted to."""
        if self.grey:
            return "gray"
        if frame.format.is_rgb:
            return "rgba" if self.alpha else "rgb24"
        return "gbrap" if self.alpha else "gbrp"

    def _in_srgb(self, array: np.ndarray) -> np.ndarray:
        if self.colour is None:
            return array
        colour = self.colour(np.ascontiguousarray(array[..., :3]))
        if not self.alpha:
            return colour
        alpha = array[..., 3:]
        alpha = alpha if alpha.dtype == np.uint8 else np.rint(alpha / 257).astype(np.uint8)
        return np.concatenate([colour, alpha], axis=2)


def _interleaved(frame: av.VideoFrame) -> np.ndarray:
    """uint8 [H, W, 3 or 4] from packed pixels, or from planes in the order G, B, R, alpha.

    To planes swscale converts YUV twice as fast as to packed pixels, with the same values: at most
    one apart for a few values of frames of odd size, or of enlarged ones.
    """
    if len(frame.planes) == 1:
        return frame.to_ndarray()
    planes = [np.frombuffer(memoryview(plane), np.uint8) for plane in frame.planes]
    green, blue, red, *alpha = (
        plane.reshape(frame.height, -1)[:, : frame.width] for plane in planes
    )
    return cv2.merge([red, green, blue, *alpha])


def picture_of(frame: av.VideoFrame, footage: OpenFootage, path: Path) -> Picture:
    """The conversion for a stream: by its first frame, and by the file where that says nothing.

    Raises:
        InputError: the frames are stored in colours that are not read.
    """
    tags = footage.tags
    matrix = _specified(frame.colorspace, tags.matrix)
    if matrix in UNREAD_MATRIX:
        raise InputError(
            f"{path}: stores {UNREAD_MATRIX[matrix]} colours, which are not read; export it in "
            "BT.709"
        )
    coded = Size(frame.width, frame.height)
    stored = square_size(coded, footage.stream.sample_aspect_ratio)
    default = BT709 if coded.width >= HD.width or coded.height > HD.height else BT601
    transfer = _specified(frame.color_trc, tags.transfer)
    return Picture(
        coded=coded,
        stored=stored,
        alpha=any(component.is_alpha for component in frame.format.components),
        matrix=SWSCALE_MATRIX.get(matrix, default),
        full_range=_is_full_range(frame, tags.range),
        orientation=_orientation(frame),
        hdr=HDR_TRANSFERS.get(transfer),
        deep=is_deep_frame(frame),
        colour=from_h273(_specified(frame.color_primaries, tags.primaries), transfer),
        flags=CONVERSION if stored == coded else SCALING,
    )


def may_have_alpha(frame: av.VideoFrame) -> bool:
    """Whether only the whole clip's pixels tell that it has alpha."""
    return frame.format.has_palette or frame.format.name in MAYBE_ALPHA


def is_transparent(frame: av.VideoFrame) -> bool:
    """Whether alpha is below its most anywhere."""
    return bool((frame.to_ndarray(format="rgba")[..., 3] < 255).any())


def square_size(coded: Size, aspect: Fraction | None) -> Size:
    """The size in which pixels of this shape (width to height) are square: nothing is shrunk."""
    if not aspect or not 1 / ODDEST_ASPECT <= aspect <= ODDEST_ASPECT:
        return coded
    if aspect > 1:
        return Size(round(coded.width * aspect), coded.height)
    return Size(coded.width, round(coded.height / aspect))


def _specified(value: int, otherwise: int) -> int:
    return otherwise if value == UNSPECIFIED else value


def _is_full_range(frame: av.VideoFrame, declared: int) -> bool:
    for tag in (frame.color_range, declared):
        if tag != ColorRange.UNSPECIFIED:
            return tag == ColorRange.JPEG
    return frame.format.name.startswith(("yuvj", "gray"))


def _orientation(frame: av.VideoFrame) -> tuple[bool, bool, bool]:
    """From the display matrix [a b u; c d v; x y w], (p, q) → (a·p + c·q, b·p + d·q)."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return False, False, False
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
    return (True, b < 0, c < 0) if abs(b) > abs(a) else (False, d < 0, a < 0)
