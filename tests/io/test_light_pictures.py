"""OpenEXR and Radiance HDR as pictures, as frames and as mattes."""

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.generation.place_input import read_exact_scene
from dynascene.imaging.colour import srgb_from_linear
from dynascene.io.deep_frames import is_deep, read_floats
from dynascene.io.depth import read_depth
from dynascene.io.frames import open_frames, split_alpha
from dynascene.io.images import probe_image, read_image
from dynascene.io.mattes import open_matte
from dynascene.io.picture_colour import srgb_floats
from dynascene.io.premultiplied import straight_frames
from dynascene.types import Size

OpenEXR = pytest.importorskip("OpenEXR", reason="OpenEXR is not installed")
SIZE = Size(37, 23)


def light(channels: int = 3, most: float = 1.0) -> np.ndarray:
    """float16 [H, W, C]."""
    values = np.random.default_rng(channels).uniform(0, most, (*SIZE[::-1], channels))
    return values.astype(np.float16)


def write_exr(path: Path, channels: dict[str, np.ndarray], **header) -> Path:
    """By the OpenEXR library itself."""
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage} | header
    layers = {name: np.ascontiguousarray(pixels) for name, pixels in channels.items()}
    OpenEXR.File(header, layers).write(str(path))
    return path


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_linear_light_becomes_srgb(tmp_path: Path, kind: type) -> None:
    stored = light().astype(kind)
    path = write_exr(tmp_path / "a.exr", {"RGB": stored})
    assert probe_image(path) == (SIZE, False, 1, True)
    expected = srgb_from_linear(stored.astype(np.float32))
    np.testing.assert_allclose(read_image(path, srgb_floats), expected, atol=1e-6)
    np.testing.assert_array_equal(read_image(path), np.rint(expected * 255).astype(np.uint8))


@pytest.mark.parametrize(
    "header",
    [
        {"lineOrder": OpenEXR.DECREASING_Y},
        {"compression": OpenEXR.NO_COMPRESSION},
        {"compression": OpenEXR.PIZ_COMPRESSION},
        {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()},
    ],
    ids=["upwards", "plain", "piz", "tiles"],
)
def test_ways_of_storing(tmp_path: Path, header: dict) -> None:
    stored = light()
    path = write_exr(tmp_path / "a.exr", {"RGB": stored}, **header)
    expected = srgb_from_linear(stored.astype(np.float32))
    np.testing.assert_allclose(read_image(path, srgb_floats), expected, atol=1e-6)


def test_radiance_pictures(tmp_path: Path) -> None:
    stored = light().astype(np.float32)
    cv2.imwrite(str(tmp_path / "a.hdr"), stored[..., ::-1])
    read = read_image(tmp_path / "a.hdr", srgb_floats)
    brightest = stored.max(axis=2, keepdims=True)  # 8 bits beside a common exponent
    error = np.abs(read - srgb_from_linear(stored))
    assert probe_image(tmp_path / "a.hdr") == (SIZE, False, 1, True)
    assert error[np.broadcast_to(brightest > 0.1, error.shape)].max() < 0.08
    assert np.median(error) < 0.004


def test_grey_and_further_layers(tmp_path: Path) -> None:
    stored = light()
    path = write_exr(tmp_path / "a.exr", {"Y": stored[..., 0], "depth.Z": stored[..., 1]})
    read = read_image(path, srgb_floats)
    expected = srgb_from_linear(stored[..., :1].astype(np.float32))
    np.testing.assert_allclose(read, np.repeat(expected, 3, axis=2), atol=1e-6)


def test_associated_alpha_is_divided(tmp_path: Path) -> None:
    straight, alpha = light().astype(np.float32), light(1).astype(np.float32) * 0.9 + 0.1
    associated = np.concatenate([straight * alpha, alpha], axis=2)
    path = write_exr(tmp_path / "a.exr", {"RGBA": associated})
    source = straight_frames(open_frames(path), "auto", path)
    colour, matte = split_alpha(source)
    assert is_deep(colour)
    np.testing.assert_allclose(next(read_floats(colour)), srgb_from_linear(straight), atol=1e-5)
    np.testing.assert_allclose(next(read_floats(matte)), alpha, atol=1e-6)


def test_primaries_are_heeded(tmp_path: Path) -> None:
    """A grey stays grey, and the red of a wider space has less green and blue than none."""
    wide = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)  # BT.2020
    stored = np.zeros((2, 2, 3), np.float32)
    stored[0], stored[1] = 0.5, (0.2, 0.2, 0.6)
    path = write_exr(tmp_path / "a.exr", {"RGB": stored}, chromaticities=wide)
    read = read_image(path, srgb_floats)
    np.testing.assert_allclose(read[0], srgb_from_linear(stored[0]), atol=1e-4)
    # BT.2087's inverse: [1.6605 −0.5876 −0.0728; −0.1246 1.1329 −0.0083; −0.0182 −0.1006 1.1187]
    expected = np.array([0.17093, 0.19668, 0.64746])
    np.testing.assert_allclose(read[1, 0], srgb_from_linear(expected), atol=1e-3)


def test_a_grey_of_aces_stays_grey(tmp_path: Path) -> None:
    """ACES2065-1, whose blue is imaginary: y < 0."""
    aces = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
    stored = np.full((2, 2, 3), 0.18, np.float32)
    path = write_exr(tmp_path / "a.exr", {"RGB": stored}, chromaticities=aces)
    np.testing.assert_allclose(read_image(path, srgb_floats), srgb_from_linear(stored), atol=1e-4)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("hot", [50.0, np.inf])
def test_a_hot_pixel_leaves_the_others_as_they_are(tmp_path: Path, hot: float) -> None:
    stored = np.full((40, 60, 3), 0.9, np.float32)
    stored[7, 7] = hot
    scene = read_exact_scene(write_exr(tmp_path / "a.exr", {"RGB": stored}))
    np.testing.assert_allclose(scene[7, 7], 1, atol=1e-6)
    np.testing.assert_allclose(scene[20:], srgb_from_linear(stored[20:]), atol=1e-6)


@pytest.mark.filterwarnings("error")
def test_infinite_light_is_white(tmp_path: Path) -> None:
    stored = np.full((20, 30, 3), 0.4, np.float32)
    stored[:5] = np.inf
    scene = read_exact_scene(write_exr(tmp_path / "a.exr", {"RGB": stored}))
    np.testing.assert_allclose(scene[:5], 1, atol=1e-6)


def test_what_is_brighter_than_white(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Frames are clipped, all of them alike; the picture of a place is compressed."""
    stored = np.full((20, 30, 3), 0.4, np.float32)
    stored[:5], stored[5:10] = 3.0, 1.5
    path = write_exr(tmp_path / "a.exr", {"RGB": stored})
    with caplog.at_level(logging.WARNING):
        clipped, scene = read_image(path, srgb_floats), read_exact_scene(path)
    assert "its highlights are clipped" in caplog.text
    assert "its highlights are compressed" in caplog.text
    np.testing.assert_allclose(clipped[:10], 1, atol=1e-6)
    assert 0.8 < scene[7, 0, 0] < scene[0, 0, 0] < 1
    np.testing.assert_allclose(scene[15], srgb_from_linear(stored[15]), atol=1e-6)


def test_a_folder_of_exr_is_a_clip(tmp_path: Path) -> None:
    frames = [light(most=0.3 * n) for n in (1, 2, 3)]
    (tmp_path / "a").mkdir()
    for number, frame in enumerate(frames, start=1):
        write_exr(tmp_path / "a" / f"{number:05d}.exr", {"RGB": frame})
    source = open_frames(tmp_path / "a")
    assert (len(source), source.size, source.channels) == (3, SIZE, 3)
    for read, frame in zip(read_floats(source), frames, strict=True):
        np.testing.assert_allclose(read, srgb_from_linear(frame.astype(np.float32)), atol=1e-6)


@pytest.mark.parametrize("channels", ["Y", "RGBA"])
def test_mattes_are_shares_and_no_colours(tmp_path: Path, channels: str) -> None:
    share = np.linspace(0, 1, SIZE.width * SIZE.height).reshape(SIZE[::-1]).astype(np.float32)
    pixels = share if channels == "Y" else np.repeat(share[..., None], 4, axis=2)
    matte = open_matte(write_exr(tmp_path / "a.exr", {channels: pixels}))
    assert is_deep(matte)
    np.testing.assert_allclose(next(read_floats(matte))[..., 0], share, atol=1e-5)
    assert np.abs(next(iter(matte.read()))[..., 0] - share * 255).max() < 1


def test_depth_maps(tmp_path: Path) -> None:
    depth = light(1, most=50.0)[..., 0].astype(np.float32) + 1
    np.testing.assert_array_equal(read_depth(write_exr(tmp_path / "a.exr", {"Y": depth})), depth)


def test_shares_and_distances_have_no_primaries(tmp_path: Path) -> None:
    wide = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)
    values = np.repeat(light(1).astype(np.float32) + 0.01, 3, axis=2)
    path = write_exr(tmp_path / "a.exr", {"RGB": values}, chromaticities=wide)
    np.testing.assert_array_equal(read_depth(path), values[..., 0])
    matte = next(read_floats(open_matte(path)))
    np.testing.assert_allclose(matte[..., 0], values[..., 0].clip(0, 1), atol=1e-5)


@pytest.mark.parametrize("start", [(10, 10), (-4, 0)])
def test_display_windows_off_the_origin_are_refused(tmp_path: Path, start: tuple) -> None:
    first = np.array(start, np.int32)
    window = first, first + np.array(SIZE, np.int32) - 1
    path = write_exr(tmp_path / "a.exr", {"RGB": light()}, displayWindow=window, dataWindow=window)
    with pytest.raises(InputError, match=rf"display window starts at \({start[0]}, {start[1]}\)"):
        read_image(path)


def test_overscan_is_cut_off(tmp_path: Path) -> None:
    stored = light()
    display = np.zeros(2, np.int32), np.array(SIZE, np.int32) - 7
    data = np.full(2, -3, np.int32), np.array(SIZE, np.int32) - 4
    path = write_exr(tmp_path / "a.exr", {"RGB": stored}, displayWindow=display, dataWindow=data)
    expected = srgb_from_linear(stored[3:-3, 3:-3].astype(np.float32))
    np.testing.assert_allclose(read_image(path, srgb_floats), expected, atol=1e-6)


def test_luminance_and_chroma_are_refused(tmp_path: Path) -> None:
    planes = light()
    channels = {name: planes[..., number] for number, name in enumerate(("Y", "RY", "BY"))}
    with pytest.raises(InputError, match=r"luminance and chroma \(Y, RY, BY\); write R, G, B"):
        read_image(write_exr(tmp_path / "a.exr", channels))


def test_what_is_not_read_is_one_line(tmp_path: Path) -> None:
    layered = write_exr(tmp_path / "layers.exr", {"person": light(), "depth.Z": light()[..., 0]})
    with pytest.raises(InputError, match=r"layers\.exr: has no plain channels R, G, B or Y"):
        read_image(layered)
    whole = write_exr(tmp_path / "whole.exr", {"RGB": light()}).read_bytes()
    for size in (6, 100, len(whole) // 2):
        (tmp_path / "cut.exr").write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"cut\.exr"):
            read_image(tmp_path / "cut.exr")
    (tmp_path / "a.hdr").write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n+Y 2 +X 2\n")
    with pytest.raises(InputError, match=r"a\.hdr"):
        read_image(tmp_path / "a.hdr")
