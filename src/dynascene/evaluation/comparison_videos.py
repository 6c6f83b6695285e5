"""Truth and systems side by side as a video, each under its name.

F frames, H W pixels.
"""

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dynascene.imaging.sheet import INK, PAPER
from dynascene.io.video_writing import H264Writer
from dynascene.types import Size

LABEL, GAP = 20, 4  # pixels: of the names' strip, and between tiles
LEAST_TILE = 192  # pixels across: smaller frames are enlarged by a whole number
FRAME_RATE = Fraction(12)  # half of the usual one: differences are looked for
LONGEST_SIDE = 4096  # of the whole, where decoders give up


def side_by_side_video(clips: Mapping[str, np.ndarray]) -> bytes:
    """An MP4 of clips beside each other, encoded without visible loss.

    Args:
        clips: uint8 [F, H, W, 3] by name, all of one shape; in reading order.

    Returns:
        The file.
    """
    frames = side_by_side(clips)
    first = next(frames)
    size = Size(first.shape[1], first.shape[0])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"
        with H264Writer(path, size, FRAME_RATE) as writer:
            writer.write(first)
            for frame in frames:
                writer.write(frame)
        return path.read_bytes()


def side_by_side(clips: Mapping[str, np.ndarray]) -> Iterator[np.ndarray]:
    """The frames of ``side_by_side_video``: uint8 [H, W, 3]."""
    names, shapes = [*clips], [clip.shape for clip in clips.values()]
    count, height, width, _ = shapes[0]
    times = max(1, -(-LEAST_TILE // width))
    columns = _columns(len(names), Size(times * width, times * height + LABEL))
    strips = [_strip(name, times * width) for name in names]
    for t in range(count):
        tiles = []
        for strip, clip in zip(strips, clips.values(), strict=True):
            picture = clip[t].repeat(times, 0).repeat(times, 1)
            tiles.append(np.concatenate([strip, picture]))
        yield _grid(tiles, columns)


def _columns(count: int, tile: Size) -> int:
    """As many as make the whole about 16:9, no wider than decoders can take."""
    wanted = round(math.sqrt(count * 16 / 9 * tile.height / tile.width))
    return min(count, max(1, min(wanted, LONGEST_SIDE // (tile.width + GAP))))


def _grid(tiles: Sequence[np.ndarray], columns: int) -> np.ndarray:
    height, width = tiles[0].shape[:2]
    rows = -(-len(tiles) // columns)
    page = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3), PAPER, np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        top, left = row * (height + GAP), column * (width + GAP)
        page[top : top + height, left : left + width] = tile
    return page


def _strip(name: str, width: int) -> np.ndarray:
    """A name on paper, uint8 [LABEL, width, 3]."""
    page = Image.new("RGB", (width, LABEL), PAPER)
    ImageDraw.Draw(page).text((2, 2), name, INK, ImageFont.load_default(13))
    return np.asarray(page)
