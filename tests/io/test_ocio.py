"""Colours by OpenColorIO, against its own processor between two spaces of a config."""

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.imaging.colour import linear_from_srgb
from dynascene.io.colour_space import ColourSpace
from dynascene.io.deep_frames import read_floats
from dynascene.io.exr_writing import ExrSequenceWriter
from dynascene.io.frames import open_frames
from dynascene.io.images import read_image, write_png
from dynascene.io.ocio import check_space, from_linear, in_srgb, srgb_decoder
from dynascene.io.video_writing import ProResWriter
from dynascene.types import Size

CONFIG, SRGB = "ocio://default", "sRGB Encoded Rec.709 (sRGB)"
H, W = 33, 48


@pytest.fixture
def ocio():
    """The library. Skips without it."""
    return pytest.importorskip("PyOpenColorIO", reason="opencolorio is not installed")


def converted(ocio, source: str, target: str, values: np.ndarray) -> np.ndarray:
    """What the library itself makes of values [..., 3]."""
    config = ocio.Config.CreateFromFile(CONFIG)
    result = np.ascontiguousarray(values, np.float32).copy()
    config.getProcessor(source, target).getDefaultCPUProcessor().applyRGB(result)
    return result


def colours(seed: int = 0) -> np.ndarray:
    """float32 sRGB [H, W, 3], not at the borders of what sRGB has."""
    return np.random.default_rng(seed).uniform(0.1, 0.9, (H, W, 3)).astype(np.float32)


@pytest.mark.parametrize("name", ["ACEScct", "ACEScg", "Linear Rec.2020", "lin_ap1", SRGB])
def test_pictures_of_a_space_are_read_as_the_library_converts_them(
    ocio, name: str, tmp_path: Path
) -> None:
    expected = colours()
    stored = converted(ocio, SRGB, name, expected)
    words = np.rint(stored * 65535).astype(np.uint16)
    write_png(tmp_path / "picture.png", words)
    read = read_image(tmp_path / "picture.png", srgb_decoder(ColourSpace(CONFIG, name)))
    straight = converted(ocio, name, SRGB, words.astype(np.float32) / 65535)
    np.testing.assert_allclose(read, straight, atol=2e-5)
    np.testing.assert_allclose(read, expected, atol=2e-3)


def test_eight_bits_are_read_too_and_highlights_are_clipped(ocio, tmp_path: Path) -> None:
    write_png(tmp_path / "picture.png", np.full((H, W, 3), 255, np.uint8))
    space = ColourSpace(CONFIG, "ACEScct")  # whose 1 is 222 times white
    read = read_image(tmp_path / "picture.png", srgb_decoder(space))
    np.testing.assert_allclose(read, 1, atol=1e-6)
    assert read.max() <= 1


def test_a_clip_is_read_by_its_stored_values(ocio, tmp_path: Path) -> None:
    """And keeps its alpha."""
    stored = converted(ocio, SRGB, "ACEScct", np.full((64, 64, 3), (0.7, 0.4, 0.2), np.float32))
    frame = np.concatenate([stored, np.ones((64, 64, 1), np.float32)], axis=2)
    frame[:16, :, 3] = 0
    with ProResWriter(tmp_path / "log.mov", Size(64, 64), Fraction(24)) as writer:
        for _ in range(3):
            writer.write(frame)
    source = open_frames(tmp_path / "log.mov")
    read = in_srgb(source, ColourSpace(CONFIG, "ACEScct"), tmp_path / "log.mov")
    assert (len(read), read.size, read.channels) == (3, Size(64, 64), 4)
    exact = next(read_floats(read))
    assert np.abs(exact[32:, :, :3] - (0.7, 0.4, 0.2)).max() < 0.012
    assert exact[:16, :, 3].max() < 0.01
    bytes_ = next(read.read(1, 2))
    assert bytes_.dtype == np.uint8
    np.testing.assert_allclose(bytes_[32:, :, :3] / 255, exact[32:, :, :3], atol=0.006)


def test_frames_of_light_keep_to_the_config_and_not_to_their_header(ocio, tmp_path: Path) -> None:
    pytest.importorskip("OpenEXR", reason="OpenEXR is not installed")
    expected = colours()
    with ExrSequenceWriter(tmp_path / "frames") as writer:
        light = converted(ocio, SRGB, "ACEScg", expected)
        writer.write({"R": light[..., 0], "G": light[..., 1], "B": light[..., 2]}, {})
    source = open_frames(tmp_path / "frames")
    read = in_srgb(source, ColourSpace(CONFIG, "scene_linear"), tmp_path / "frames")
    np.testing.assert_allclose(next(read_floats(read)), expected, atol=2e-3)


@pytest.mark.parametrize("name", ["ACEScg", "ACEScct"])
def test_layers_are_what_the_library_makes_of_srgb(ocio, name: str) -> None:
    picture = colours(3)
    light = linear_from_srgb(picture)
    values = from_linear(ColourSpace(CONFIG, name))(light)
    np.testing.assert_allclose(values, converted(ocio, SRGB, name, picture), atol=2e-4)
    np.testing.assert_array_equal(light, linear_from_srgb(picture))  # it is no other's array


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        (ColourSpace(CONFIG, "ACEScgg"), "`ocio_scene` ACEScgg: ocio://default has no such colour"),
        (ColourSpace("ocio://nothing", "ACEScg"), "nothing"),
        (ColourSpace("nowhere.ocio", "ACEScg"), "there is no config nowhere.ocio"),
        (ColourSpace("bad.ocio", "ACEScg"), "the config bad.ocio cannot be read"),
        (ColourSpace("raw.ocio", "plain"), "raw.ocio"),  # no space tells what its values mean
        (ColourSpace("raw.ocio", "raw"), "raw.ocio has it for data, which are no colours"),
        (ColourSpace(CONFIG, "Raw"), "has it for data, which are no colours"),
    ],
)
def test_what_cannot_serve_is_one_line(
    ocio, space: ColourSpace, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.ocio").write_text("a: [")
    raw = ocio.Config.CreateRaw()
    raw.addColorSpace(ocio.ColorSpace(name="plain"))
    Path("raw.ocio").write_text(raw.serialize())
    with pytest.raises(InputError, match="`ocio_scene`") as wrong:
        check_space("ocio_scene", space)
    assert reason in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_without_the_package_one_line_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PyOpenColorIO", None)
    monkeypatch.setattr("dynascene.extras.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"`ocio_person` needs .* pip install .dynascene\[ocio\]"):
        check_space("ocio_person", ColourSpace(CONFIG, "ACEScg"))
    check_space("ocio_person", None)
