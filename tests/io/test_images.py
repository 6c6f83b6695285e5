"""Pictures come out upright, in sRGB, with 8 bits; their field of view from EXIF."""

import hashlib
import io
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from clips import shared
from PIL import Image, ImageCms

from dynascene.errors import InputError
from dynascene.io.checksums import sha256_of
from dynascene.io.images import exif_fov, probe_image, read_image, write_png
from dynascene.types import Size

ORIENTATION, EXIF_IFD = 0x0112, 0x8769
FOCAL, FOCAL_35, WIDTH, PLANE_X, PLANE_UNIT = 0x920A, 0xA405, 0xA002, 0xA20E, 0xA210


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("shape", [(3, 3), (3, 5, 1), (5, 3, 3), (3, 4, 4), (4, 3, 4)])
def test_png_round_trip(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = noise(*shape)
    write_png(tmp_path / "a.png", array)
    read = read_image(tmp_path / "a.png")
    expected = array if array.ndim == 3 and array.shape[2] > 1 else array.reshape(3, -1, 1)
    np.testing.assert_array_equal(read, np.broadcast_to(expected, read.shape))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_sixteen_bits_are_rounded(tmp_path: Path, channels: int, ending: str) -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(64, 1024, 1)
    stored = np.repeat(values, channels, axis=2)
    assert cv2.imwrite(str(tmp_path / f"a.{ending}"), stored)
    read = read_image(tmp_path / f"a.{ending}")
    assert read.dtype == np.uint8
    assert read.shape[2] == max(channels, 3)
    np.testing.assert_array_equal(read[..., 0].ravel(), np.round(np.arange(65536) / 257))


def test_sixteen_bit_colours_are_not_exchanged(tmp_path: Path) -> None:
    array = noise(5, 3, 4)
    write_png(tmp_path / "a.png", array.astype(np.uint16) * 257)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), array)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_mode_becomes_rgb_or_rgba(tmp_path: Path, mode: str) -> None:
    grey = Image.new("L", (6, 4), 255) if mode in ("1", "LA") else Image.new("L", (6, 4), 200)
    image = Image.new("I;16", (6, 4), 200 * 257) if mode == "I;16" else grey.convert(mode)
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    image.save(path)
    read = read_image(path)
    assert read.shape == (4, 6, 4 if mode.endswith("A") else 3)
    assert probe_image(path)[:2] == (Size(6, 4), mode.endswith("A"))
    np.testing.assert_allclose(read[..., :3], 255 if mode in ("1", "LA") else 200, atol=1)


def test_palette_transparency_becomes_alpha(tmp_path: Path) -> None:
    image = Image.fromarray(np.uint8([[0, 1], [1, 0]]), mode=None).convert("P")
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.save(tmp_path / "a.png", transparency=1)
    expected = [[[255, 0, 0, 255], [0, 255, 0, 0]], [[0, 255, 0, 0], [255, 0, 0, 255]]]
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), expected)


# EXIF 2.32: where row 0 and column 0 of the stored picture lie, as seen
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],  # top, right
    3: lambda a: a[::-1, ::-1],  # bottom, right
    4: lambda a: a[::-1],  # bottom, left
    5: lambda a: a.swapaxes(0, 1),  # left, top
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],  # right, top
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],  # right, bottom
    8: lambda a: a.swapaxes(0, 1)[::-1],  # left, bottom
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["RGB.png", "L.png", "RGB.tif", "16.png"])
def test_the_picture_is_turned_upright(tmp_path: Path, orientation: int, kind: str) -> None:
    array = noise(3, 5, 3)
    path = tmp_path / kind
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    if kind == "16.png":
        Image.fromarray(array[..., 0].astype(np.uint16) * 257).save(path, exif=exif)
    else:
        Image.fromarray(array if kind.startswith("RGB") else array[..., 0]).save(path, exif=exif)
    stored = array if kind.startswith("RGB") else np.repeat(array[..., :1], 3, axis=2)
    expected = UPRIGHT[orientation](stored)
    np.testing.assert_array_equal(read_image(path), expected)
    assert probe_image(path).size == Size(expected.shape[1], expected.shape[0])


def test_an_embedded_profile_is_applied(tmp_path: Path) -> None:
    """A profile whose red and blue are exchanged must exchange them back."""
    array = noise(4, 5, 3)
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = plain.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    swapped = swapped.replace(b"s\0R\0G\0B", b"t\0e\0s\0t").replace(b"sRGB", b"test")
    Image.fromarray(array).save(tmp_path / "a.png", icc_profile=swapped)
    difference = read_image(tmp_path / "a.png").astype(int) - array[..., ::-1]
    assert np.abs(difference).max() <= 2
    Image.fromarray(array).save(tmp_path / "b.png", icc_profile=plain)
    np.testing.assert_array_equal(read_image(tmp_path / "b.png"), array)


def test_a_profile_that_does_not_fit_is_ignored(tmp_path: Path) -> None:
    array = noise(4, 5, 3)
    Image.fromarray(array).save(tmp_path / "a.png", icc_profile=b"no profile")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), array)


def _photo(path: Path, size: tuple[int, int], orientation: int = 1, **tags: float) -> Path:
    numbers = {"focal": FOCAL, "focal_35": FOCAL_35, "width": WIDTH, "plane_x": PLANE_X,
               "plane_unit": PLANE_UNIT}  # fmt: skip
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif.get_ifd(EXIF_IFD).update({numbers[name]: value for name, value in tags.items()})
    Image.new("RGB", size).save(path, exif=exif)
    return path


def test_field_of_view_from_the_35_mm_equivalent(tmp_path: Path) -> None:
    """36 mm wide film in a 3:2 picture; 24 mm when the camera is upended."""
    wide = _photo(tmp_path / "a.jpg", (300, 200), focal_35=28)
    assert exif_fov(wide) == pytest.approx(2 * math.degrees(math.atan(18 / 28)))
    upended = _photo(tmp_path / "b.jpg", (300, 200), orientation=6, focal_35=28)
    assert exif_fov(upended) == pytest.approx(2 * math.degrees(math.atan(12 / 28)))


def test_field_of_view_from_the_focal_plane(tmp_path: Path) -> None:
    """A sensor 22.5 mm wide (6000 pixels), 18 mm lens; the same for a copy of half the size."""
    expected = 2 * math.degrees(math.atan(22.5 / 2 / 18))
    tags = {"focal": 18.0, "plane_x": 6000 / 2.25, "plane_unit": 3, "width": 6000}
    assert exif_fov(_photo(tmp_path / "a.jpg", (600, 400), **tags)) == pytest.approx(expected, 1e-4)
    inch = {"focal": 18.0, "plane_x": 600 / 22.5 * 25.4}
    assert exif_fov(_photo(tmp_path / "b.jpg", (600, 400), **inch)) == pytest.approx(expected, 1e-4)


def test_field_of_view_is_unknown_without_exif(tmp_path: Path) -> None:
    assert exif_fov(_photo(tmp_path / "a.jpg", (6, 4))) is None
    assert exif_fov(_photo(tmp_path / "b.jpg", (6, 4), focal_35=0, focal=0.0)) is None
    write_png(tmp_path / "c.png", noise(3, 3, 3))
    assert exif_fov(tmp_path / "c.png") is None


def _broken(path: Path) -> Path:
    Image.fromarray(noise(64, 64, 3)).save(path)
    path.write_bytes(path.read_bytes()[:-2000])
    return path


@pytest.mark.parametrize("reader", [read_image, probe_image, exif_fov])
def test_what_is_no_picture_is_said_in_one_line(tmp_path: Path, reader: object) -> None:
    assert callable(reader)
    (tmp_path / "a.png").write_bytes(b"no picture")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "a.heic").write_bytes(b"....ftypheic")
    (tmp_path / "folder.png").mkdir()
    for name in ("a.png", "empty.jpg", "a.heic", "none.png", "folder.png"):
        with pytest.raises(InputError, match=name) as caught:
            reader(tmp_path / name)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp"])
def test_a_truncated_picture_is_said_in_one_line(tmp_path: Path, ending: str) -> None:
    with pytest.raises(InputError, match=r"cannot be read|not a picture") as caught:
        read_image(_broken(tmp_path / f"a.{ending}"))
    assert "\n" not in str(caught.value)


def test_a_picture_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none/a\.png"):
        write_png(tmp_path / "none" / "a.png", noise(3, 3, 3))


def test_a_picture_too_wide_for_png_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.png: a picture of 1000001x1 cannot be stored"):
        write_png(tmp_path / "a.png", np.zeros((1, 1_000_001), np.uint8))
    assert not (tmp_path / "a.png").exists()


def test_checksum_of_a_file(tmp_path: Path) -> None:
    content = noise(3 << 20).tobytes()
    (tmp_path / "a").write_bytes(content)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(content).hexdigest()
    with pytest.raises(InputError, match="none"):
        sha256_of(tmp_path / "none")


def test_checksum_of_a_folder_tells_names_and_contents(tmp_path: Path) -> None:
    sums = set()
    for index, files in enumerate([{"a": b"1", "b": b"2"}, {"a": b"2", "b": b"1"}, {"a": b"12"}]):
        folder = tmp_path / str(index)
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        sums.add(sha256_of(folder))
    assert len(sums) == 3
    (tmp_path / "2" / ".DS_Store").write_bytes(io.BytesIO(b"x").read())
    assert sha256_of(tmp_path / "2") in sums


def test_the_real_scenes() -> None:
    for path in sorted(shared("scenes").iterdir()):
        size = probe_image(path).size
        assert exif_fov(path) is None
        if size.width * size.height < 2e6:
            picture = read_image(path)
            assert picture.shape == (size.height, size.width, 3)
            assert picture.std() > 20
