"""Frames of more than 8 bits are read with all of them."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dynascene.imaging.colour_spaces import from_h273
from dynascene.imaging.pixels import stored_words
from dynascene.io.deep_frames import is_deep, read_exactly, read_floats
from dynascene.io.excerpt import excerpt
from dynascene.io.frames import open_frames, split_alpha
from dynascene.io.images import write_png
from dynascene.io.mattes import open_matte
from dynascene.io.premultiplied import straight_frames
from dynascene.io.video import open_video
from dynascene.io.video_writing import H264Writer, PngSequenceWriter
from dynascene.types import Size

SIZE = Size(64, 48)


def coded_video(path: Path, kind: str, planes: list[np.ndarray], **tags: int) -> None:
    """One frame of FFV1, which loses nothing, with these samples."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height = SIZE
        stream.pix_fmt = kind
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
        frame = av.VideoFrame(*SIZE, kind)
        for plane, samples in zip(frame.planes, planes, strict=True):
            rows = np.zeros((plane.height, plane.line_size // 2), np.uint16)
            rows[:, : samples.shape[1]] = samples
            plane.update(rows.tobytes())
        frame.pts, frame.time_base = 0, Fraction(1, 24)
        for name, value in tags.items():
            setattr(frame, name, value)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(("bits", "full"), [(10, False), (12, False), (10, True)])
def test_every_level_of_deep_video_is_read(tmp_path: Path, bits: int, full: bool) -> None:
    """Against BT.709's formulas, with colour in some of the chroma."""
    rng, scale = np.random.default_rng(bits), 1 << (bits - 8)
    luma = rng.integers(16 * scale, 235 * scale + 1, SIZE[::-1])
    blue, red = rng.integers(112 * scale, 144 * scale, (2, *SIZE[::-1]))
    planes = [plane.astype(np.uint16) for plane in (luma, blue, red)]
    coded_video(
        tmp_path / "a.mkv", f"yuv444p{bits}le", planes, colorspace=1, color_range=2 if full else 1
    )
    video = open_video(tmp_path / "a.mkv")
    assert video.is_deep
    (read,) = video.read_floats()
    most = (1 << bits) - 1
    black, white, chroma = (0, most, most) if full else (16 * scale, 219 * scale, 224 * scale)
    y, cb, cr = (luma - black) / white, *((c - 128 * scale) / chroma for c in (blue, red))
    r, b = y + 1.5748 * cr, y + 1.8556 * cb
    expected = np.stack([r, (y - 0.2126 * r - 0.0722 * b) / 0.7152, b], axis=2).clip(0, 1)
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, expected, atol=2e-4)
    (stored,) = video.read()
    assert np.abs(stored - read * 255).max() < 2


@pytest.mark.parametrize("kind", ["yuv420p10le", "yuv444p10le"])
@pytest.mark.parametrize(("blue", "red"), [(512, 512), (470, 590)])
def test_hdr_video_has_the_colours_of_its_file(
    tmp_path: Path, kind: str, blue: int, red: int
) -> None:
    """The 8-bit picture of PQ, by BT.2020's formulas.

    FFmpeg's 16-bit RGB is 1/256 too dark, and of another colour where chroma is halved.
    """
    levels = np.linspace(200, 800, SIZE.width).round().astype(np.uint16)
    luma = np.broadcast_to(levels, SIZE[::-1])
    half = 2 if "420" in kind else 1
    chroma = [np.full((48 // half, 64 // half), value, np.uint16) for value in (blue, red)]
    tags = {"colorspace": 9, "color_range": 1, "color_trc": 16, "color_primaries": 9}
    coded_video(tmp_path / "a.mkv", kind, [luma, *chroma], **tags)
    y, cb, cr = (luma - 64) / 876, (blue - 512) / 896, (red - 512) / 896
    r, b = y + 1.4746 * cr, y + 1.8814 * cb
    stored = np.stack([r, (y - 0.2627 * r - 0.0593 * b) / 0.678, b], axis=2)
    conversion = from_h273(9, 16)
    assert conversion is not None
    (read,) = open_video(tmp_path / "a.mkv").read()
    expected, darker = (
        conversion(stored_words(stored * share)).astype(int) for share in (1, 65280 / 65535)
    )
    assert np.abs(read - expected).max() <= 1
    assert np.abs(read - darker).max() > 1


def test_video_of_8_bits_is_not_deep(tmp_path: Path) -> None:
    with H264Writer(tmp_path / "a.mp4", SIZE, Fraction(24)) as writer:
        writer.write(np.full((48, 64, 3), 77, np.uint8))
    video = open_video(tmp_path / "a.mp4")
    assert not is_deep(video)
    (stored,), (read,) = video.read(), read_floats(video)
    np.testing.assert_array_equal(read, stored.astype(np.float32) / 255)
    assert next(read_exactly(video)).dtype == np.uint8


def deep_folder(folder: Path, channels: int, frames: int = 3) -> np.ndarray:
    """uint16 [F, H, W, C], as written."""
    rng = np.random.default_rng(channels)
    pixels = rng.integers(0, 65536, (frames, *SIZE[::-1], channels), dtype=np.uint16)
    if channels == 4:
        pixels[:, :10, :10, 3] = 65535
    folder.mkdir()
    for number, frame in enumerate(pixels):
        write_png(folder / f"{number:03d}.png", frame)
    return pixels


def test_pictures_of_16_bits(tmp_path: Path) -> None:
    pixels = deep_folder(tmp_path / "a", 3)
    source = open_frames(tmp_path / "a")
    assert is_deep(source)
    read = np.stack(list(read_floats(source)))
    np.testing.assert_array_equal(np.rint(read * 65535), pixels)


def test_parts_of_deep_frames_are_deep(tmp_path: Path) -> None:
    pixels = deep_folder(tmp_path / "a", 4)
    whole = straight_frames(open_frames(tmp_path / "a"), "straight", tmp_path / "a")
    colour, alpha = split_alpha(excerpt(whole, (1, 3), tmp_path / "a"))
    for source, expected in ((colour, pixels[1:, ..., :3]), (alpha, pixels[1:, ..., 3:])):
        assert is_deep(source)
        np.testing.assert_array_equal(
            np.rint(np.stack(list(read_exactly(source))) * 65535), expected
        )


def test_premultiplied_floats_are_divided(tmp_path: Path) -> None:
    pixels = deep_folder(tmp_path / "a", 4, frames=1)[0] / 65535
    source = straight_frames(open_frames(tmp_path / "a"), "premultiplied", tmp_path / "a")
    (read,) = read_floats(source)
    expected = (pixels[..., :3] / np.maximum(pixels[..., 3:], 1e-6)).clip(0, 1)
    np.testing.assert_allclose(read[..., :3], expected, atol=1e-5)
    np.testing.assert_allclose(read[..., 3:], pixels[..., 3:], atol=1e-7)


@pytest.mark.parametrize("white", [65535, 1023])
def test_a_matte_of_16_bits_keeps_its_levels(tmp_path: Path, white: int) -> None:
    grey = np.linspace(0, white, SIZE.width * SIZE.height).round().astype(np.uint16)
    write_png(tmp_path / "a.png", grey.reshape(SIZE[::-1]))
    matte = open_matte(tmp_path / "a.png")
    assert is_deep(matte)
    (read,) = read_floats(matte)
    np.testing.assert_allclose(read.ravel(), grey / white, atol=1e-6)


def test_a_matte_of_8_bits_is_not_deep(tmp_path: Path) -> None:
    with PngSequenceWriter(tmp_path / "a") as writer:
        writer.write(np.linspace(0, 255, 64 * 48).astype(np.uint8).reshape(48, 64, 1))
    assert not is_deep(open_matte(tmp_path / "a"))
