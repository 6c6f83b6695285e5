"""Colours that were multiplied by their alpha are divided by it; straight ones are left."""

from pathlib import Path

import numpy as np
import pytest
from clips import write_clip
from PIL import Image

from dynascene.io.frames import open_frames
from dynascene.io.images import write_png
from dynascene.io.names import AlphaKind
from dynascene.io.premultiplied import straight_frames

HEIGHT, WIDTH = 96, 128


def cut_out(colour: tuple[int, int, int], frames: int = 3) -> np.ndarray:
    """[F, H, W, 4]: a disc of a colour with stripes, soft at its edge; transparent black around."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    made = np.zeros((frames, HEIGHT, WIDTH, 4), np.uint8)
    for frame in range(frames):
        alpha = np.clip((34 - np.hypot(x - 60 - frame, y - 48)) / 10, 0, 1)
        stripes = np.where((x // 8 + y // 8) % 2, 1, 0.8)[..., None]
        made[frame, ..., :3] = np.rint(np.array(colour) * stripes) * (alpha > 0)[..., None]
        made[frame, ..., 3] = np.rint(255 * alpha)
    return made


def multiplied(frames: np.ndarray) -> np.ndarray:
    alpha = frames[..., 3:] / 255
    return np.concatenate([np.rint(frames[..., :3] * alpha), frames[..., 3:]], -1).astype(np.uint8)


def stored(path: Path, frames: np.ndarray, kind: str) -> Path:
    if kind == "png":
        path.mkdir()
        for index, frame in enumerate(frames):
            write_png(path / f"{index}.png", frame)
        return path
    if kind == "webp":
        first, *others = map(Image.fromarray, frames)
        first.save(
            path.with_suffix(".webp"),
            save_all=True,
            append_images=others,
            lossless=True,
            exact=True,
        )
        return path.with_suffix(".webp")
    tags = {"colorspace": 1, "color_range": 1}
    return write_clip(path.with_suffix(".mov"), frames, "prores_ks", "yuva444p10le", tags=tags)


def straight(path: Path, kind: AlphaKind = "auto") -> np.ndarray:
    return np.stack(list(straight_frames(open_frames(path), kind, path).read()))


def difference(frames: np.ndarray, expected: np.ndarray) -> float:
    """Of the colours, where alpha is soft or solid."""
    seen = expected[..., 3] > 40
    return float(np.abs(frames[..., :3].astype(int) - expected[..., :3])[seen].mean())


COLOURS = {"bright": (220, 200, 190), "middle": (120, 90, 70), "dark": (50, 40, 45)}


@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS)
@pytest.mark.parametrize("kind", ["png", "webp", "mov"])
def test_each_is_told_by_the_colours(
    tmp_path: Path, kind: str, colour: tuple[int, int, int], caplog: pytest.LogCaptureFixture
) -> None:
    frames = cut_out(colour)
    plain = straight(stored(tmp_path / "a", frames, kind))
    assert difference(plain, frames) < 3
    assert "premultiplied" not in caplog.text
    divided = straight(stored(tmp_path / "b", multiplied(frames), kind))
    assert difference(divided, frames) < 5
    np.testing.assert_array_equal(divided[..., 3], plain[..., 3])
    assert "premultiplied" in caplog.text


def test_it_is_told_by_frames_that_show_somebody(tmp_path: Path) -> None:
    frames = np.concatenate(
        [np.zeros((9, HEIGHT, WIDTH, 4), np.uint8), cut_out((220, 200, 190), 1)]
    )
    divided = straight(stored(tmp_path / "a", multiplied(frames), "png"))
    assert difference(divided, frames) < 5


def test_it_can_be_said(tmp_path: Path) -> None:
    frames = cut_out(COLOURS["bright"])
    path = stored(tmp_path / "a", multiplied(frames), "png")
    np.testing.assert_array_equal(straight(path, "straight"), multiplied(frames))
    flat = np.full((1, 16, 16, 4), 100, np.uint8)  # nothing tells
    path = stored(tmp_path / "b", flat, "png")
    assert straight(path)[0, 0, 0, 0] == 100
    assert straight(path, "premultiplied")[0, 0, 0, 0] == 255


def test_hard_edges_are_left_alone(tmp_path: Path) -> None:
    frames = cut_out(COLOURS["dark"])
    frames[..., 3] = np.where(frames[..., 3] > 127, 255, 0)
    frames[..., :3] *= frames[..., 3:] > 0
    np.testing.assert_array_equal(straight(stored(tmp_path / "a", frames, "png")), frames)


@pytest.mark.parametrize("extra", [1, 2], ids=["associated", "unassociated"])
@pytest.mark.parametrize("depth", [8, 16])
def test_a_tiff_says_what_it_has(tmp_path: Path, extra: int, depth: int) -> None:
    """Straight colours that look multiplied stay where the file says that they are straight."""
    frames = cut_out(COLOURS["bright"], 1)
    dimmed = multiplied(frames)
    path = tmp_path / "a.tif"
    pixels = dimmed[0].astype(f"<u{depth // 8}") * (1 if depth == 8 else 257)
    path.write_bytes(tiff(pixels, extra))
    for kind in ("auto", "premultiplied") if extra == 1 else ("auto", "straight"):
        read = straight(path, kind)
        assert difference(read, frames if extra == 1 else dimmed) < 3


def tiff(pixels: np.ndarray, extra: int) -> bytes:
    """A little-endian RGBA TIFF of one strip that says what its alpha is."""
    import struct

    height, width, channels = pixels.shape
    tags = {256: width, 257: height, 259: 1, 262: 2, 273: 0, 277: channels, 278: height}
    tags |= {279: pixels.nbytes, 284: 1, 338: extra}
    places = 8 + 2 + 12 * (len(tags) + 1) + 4
    tags[273] = places + 8
    entries = [(tag, 4, 1, value) for tag, value in tags.items()] + [(258, 3, 4, places)]
    table = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    bits = struct.pack("<4H", *[8 * pixels.dtype.itemsize] * 4)
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    return head + table + bytes(4) + bits + pixels.tobytes()
