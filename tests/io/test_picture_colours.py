"""Stills: the colours that were meant, by what the file says and not by a profile's name."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from profiles import (
    ADOBE_COLUMNS,
    P3_COLUMNS,
    chrm,
    chunk,
    cicp,
    gama,
    gamma_curve,
    grey_profile,
    iccp,
    linear_curve,
    png,
    rgb_profile,
    srgb_parametric_curve,
    srgb_sampled_curve,
)

from dynascene.imaging.colour import linear_from_srgb
from dynascene.io.frames import open_frames
from dynascene.io.images import probe_image, read_image

P3_POINTS = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
REC709_POINTS = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
WIDE = (216, 69, 50)  # P3's (200, 80, 60) in sRGB


def flat(*colour: int, kind: type = np.uint8) -> np.ndarray:
    scale = 257 if kind is np.uint16 else 1
    return np.full((4, 6, len(colour)), np.array(colour) * scale, kind)


def written(path: Path, content: bytes) -> np.ndarray:
    path.write_bytes(content)
    return read_image(path)[0, 0].astype(int)


def light(*values: float) -> np.ndarray:
    """sRGB levels 0 … 255 as 16-bit linear light, [1, N, 1]."""
    linear = linear_from_srgb(np.array(values) / 255)
    return np.rint(linear * 65535).astype(np.uint16)[None, :, None]


# --- profiles ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
@pytest.mark.parametrize("name", ["sRGB", "GIMP built-in Linear sRGB", "x"])
def test_a_linear_profile_is_applied_whatever_its_name(
    tmp_path: Path, kind: type, name: str
) -> None:
    profile = iccp(rgb_profile(linear_curve(), name=name))
    read = written(tmp_path / "a.png", png(flat(55, 55, 55, kind=kind), profile))
    np.testing.assert_array_equal(read, 128)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
@pytest.mark.parametrize("curve", [srgb_parametric_curve, srgb_sampled_curve])
def test_srgb_by_another_name_changes_nothing(tmp_path: Path, kind: type, curve: object) -> None:
    assert callable(curve)
    pixels = np.random.default_rng(3).integers(0, 256, (9, 9, 3)).astype(kind)
    profile = iccp(rgb_profile(curve(), name="camera"))
    (tmp_path / "a.png").write_bytes(png(pixels * (257 if kind is np.uint16 else 1), profile))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), pixels)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
@pytest.mark.parametrize("curve", [srgb_parametric_curve, srgb_sampled_curve])
def test_display_p3(tmp_path: Path, kind: type, curve: object) -> None:
    assert callable(curve)
    profile = iccp(rgb_profile(curve(), P3_COLUMNS, "Display P3 with sRGB TRC"))
    read = written(tmp_path / "a.png", png(flat(200, 80, 60, kind=kind), profile))
    np.testing.assert_allclose(read, WIDE, atol=1)


def test_adobe_rgb_by_profile_and_by_exif_alone(tmp_path: Path) -> None:
    profile = rgb_profile(gamma_curve(563 / 256), ADOBE_COLUMNS)
    Image.fromarray(flat(100, 150, 90)).save(tmp_path / "a.jpg", quality=100, icc_profile=profile)
    by_profile = read_image(tmp_path / "a.jpg")[0, 0].astype(int)
    assert by_profile[0] < 85
    exif = b"Exif\0\0II*\0\x08\0\0\0" + _directory(8, (0x8769, 4, 26))
    exif += _directory(26, (0xA001, 3, 0xFFFF), (0xA005, 4, 56))  # ColorSpace: uncalibrated
    exif += _directory(56, (1, 2, int.from_bytes(b"R03\0", "little")))
    Image.fromarray(flat(100, 150, 90)).save(tmp_path / "b.jpg", quality=100, exif=exif)
    by_exif = read_image(tmp_path / "b.jpg")[0, 0].astype(int)
    np.testing.assert_allclose(by_exif, by_profile, atol=2)


def _directory(start: int, *entries: tuple[int, int, int]) -> bytes:
    """An EXIF directory of (tag, type, value); each has 6 + 12 bytes an entry."""
    content = struct.pack("<H", len(entries))
    for tag, kind, value in entries:
        content += struct.pack("<HHII", tag, kind, 4 if kind == 2 else 1, value)
    assert start >= 8
    return content + bytes(4)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_a_grey_profile_on_grey_with_and_without_alpha(
    tmp_path: Path, channels: int, kind: type
) -> None:
    pixels = flat(*(55, 200)[:channels], kind=kind)
    read = written(tmp_path / "a.png", png(pixels, iccp(grey_profile(linear_curve()))))
    np.testing.assert_array_equal(read, [128, 128, 128, 200][: 2 + channels])


@pytest.mark.parametrize("kind", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_a_colour_profile_on_a_grey_picture(tmp_path: Path, kind: type) -> None:
    profile = iccp(rgb_profile(linear_curve()))
    read = written(tmp_path / "a.png", png(flat(55, kind=kind), profile))
    np.testing.assert_array_equal(read, 128)


def test_a_profile_on_a_palette_and_on_alpha(tmp_path: Path) -> None:
    profile = rgb_profile(linear_curve())
    Image.fromarray(flat(55, 55, 55)).quantize(4).save(tmp_path / "p.png", icc_profile=profile)
    np.testing.assert_array_equal(read_image(tmp_path / "p.png")[0, 0], 128)
    Image.fromarray(flat(55, 55, 55, 99)).save(
        tmp_path / "a.webp", lossless=True, icc_profile=profile
    )
    np.testing.assert_array_equal(read_image(tmp_path / "a.webp")[0, 0], [128, 128, 128, 99])


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_sixteen_bits_are_converted_as_sixteen(tmp_path: Path, ending: str) -> None:
    """Of linear light, 8 bits have 18 levels where sRGB has the first 64."""
    pixels = np.repeat(light(*range(64)), 3, axis=2)
    profile = rgb_profile(linear_curve())
    path = tmp_path / f"a.{ending}"
    if ending == "png":
        path.write_bytes(png(pixels, iccp(profile)))
    else:
        assert cv2.imwrite(str(path), pixels)
        _add_profile(path, profile)
    np.testing.assert_array_equal(read_image(path)[0, :, 0], range(64))


def _add_profile(path: Path, profile: bytes) -> None:
    """Rewrite the directory of a little-endian TIFF behind it, with tag 34675."""
    data = bytearray(path.read_bytes())
    start = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[start : start + 2], "little")
    entries = data[start + 2 : start + 2 + 12 * count]
    data[4:8] = len(data).to_bytes(4, "little")
    place = len(data) + 2 + 12 * (count + 1) + 4
    tag = b"".join(
        v.to_bytes(n, "little") for v, n in ((34675, 2), (7, 2), (len(profile), 4), (place, 4))
    )
    data += (count + 1).to_bytes(2, "little") + entries + tag + bytes(4) + profile
    path.write_bytes(data)


# --- PNG's own words -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_gama_without_a_profile(tmp_path: Path, kind: type) -> None:
    read = written(tmp_path / "a.png", png(flat(55, 55, 55, kind=kind), gama(1.0)))
    np.testing.assert_array_equal(read, 128)


NOTHING = {
    "gAMA of sRGB": [gama(0.45455)],
    "gAMA and cHRM of sRGB": [gama(0.45455), chrm(*REC709_POINTS)],
    "sRGB over gAMA": [gama(1.0), chunk(b"sRGB", b"\0")],
    "absurd gAMA": [gama(0.00001)],
    "degenerate cHRM": [chrm(*(0.3,) * 8)],
    "cICP of sRGB": [cicp(1, 13)],
    "cICP over a profile": [cicp(1, 13), iccp(rgb_profile(linear_curve()))],
    "cICP behind the profile": [iccp(rgb_profile(linear_curve())), cicp(1, 13)],
    "a profile over gAMA": [gama(1.0), iccp(rgb_profile(srgb_parametric_curve()))],
    "a damaged profile": [iccp(b"none")],
}


@pytest.mark.parametrize("chunks", NOTHING.values(), ids=NOTHING)
def test_what_leaves_the_colours(tmp_path: Path, chunks: list[bytes]) -> None:
    read = written(tmp_path / "a.png", png(flat(200, 80, 60), *chunks))
    np.testing.assert_array_equal(read, [200, 80, 60])


@pytest.mark.parametrize(
    "chunks", [[cicp(12, 13)], [chrm(*P3_POINTS)], [chrm(*P3_POINTS), gama(0.45455)]]
)
def test_wide_primaries(tmp_path: Path, chunks: list[bytes]) -> None:
    np.testing.assert_allclose(
        written(tmp_path / "a.png", png(flat(200, 80, 60), *chunks)), WIDE, atol=1
    )
    np.testing.assert_array_equal(written(tmp_path / "b.png", png(flat(55, 55, 55), *chunks)), 55)


def test_cicp_of_narrow_range(tmp_path: Path) -> None:
    read = written(tmp_path / "a.png", png(flat(16, 126, 235), cicp(1, 13, full=False)))
    np.testing.assert_array_equal(read, [0, 128, 255])


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_converted_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, transfer: int, name: str
) -> None:
    levels = np.rint(np.linspace(0, 1, 64) * 65535).astype(np.uint16)
    pixels = np.repeat(levels[None, :, None], 3, axis=2)
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(png(pixels, cicp(9, transfer)))
    first, *_ = open_frames(tmp_path).read()
    frame = first[0, :, 0].astype(int)
    assert (np.diff(frame) >= 0).all()
    assert frame[-1] == 255
    assert [name in record.message for record in caplog.records] == [True]


# --- what decoders drop --------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16], ids=["8 bit", "16 bit"])
def test_the_transparent_colour_of_a_png_becomes_alpha(
    tmp_path: Path, channels: int, kind: type
) -> None:
    pixels = flat(*(60,) * channels, kind=kind)
    pixels[1:3] = 5
    key = np.full(channels, 5, ">u2").tobytes()
    path = tmp_path / "a.png"
    path.write_bytes(png(pixels, chunk(b"tRNS", key)))
    read = read_image(path)
    assert read.shape == (4, 6, 4)
    np.testing.assert_array_equal(read[..., 3], np.repeat([255, 0, 0, 255], 6).reshape(4, 6))
    np.testing.assert_array_equal(read[0, 0, :3], 60)
    assert probe_image(path).has_alpha


def test_cmyk_without_a_profile_is_a_guess_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Image.fromarray(flat(255, 255, 255)).convert("CMYK").save(tmp_path / "a.jpg")
    assert written(tmp_path / "a.jpg", (tmp_path / "a.jpg").read_bytes()).min() > 250
    assert "CMYK" in caplog.text


def test_lab_is_read(tmp_path: Path) -> None:
    image = Image.frombytes("LAB", (2, 2), bytes([255, 0, 0] * 4))
    image.save(tmp_path / "a.tif")
    np.testing.assert_allclose(read_image(tmp_path / "a.tif")[0, 0], 255, atol=1)


def test_an_avif_with_and_without_a_profile(tmp_path: Path) -> None:
    avif = pytest.importorskip("PIL.AvifImagePlugin")
    if not avif.SUPPORTED:
        pytest.skip("Pillow without AVIF")
    image = Image.fromarray(np.full((64, 64, 3), (200, 80, 60), np.uint8))
    image.save(
        tmp_path / "a.avif",
        quality=100,
        subsampling="4:4:4",
        icc_profile=rgb_profile(linear_curve()),
    )
    assert read_image(tmp_path / "a.avif")[9, 9, 0] > 220
    image.save(tmp_path / "b.avif", quality=100, subsampling="4:4:4")
    np.testing.assert_allclose(
        read_image(tmp_path / "b.avif")[9, 9].astype(int), [200, 80, 60], atol=2
    )
