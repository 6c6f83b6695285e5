from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynascene.errors import InputError
from dynascene.io.depth import looks_like_disparity, read_depth
from dynascene.io.images import read_image, write_png


def test_pictures_and_arrays_agree_and_what_was_not_measured_is_far(tmp_path: Path) -> None:
    depth = np.array([[0, 1, 2], [300, 4, 5]], np.uint16)
    write_png(tmp_path / "d.png", depth)
    np.save(tmp_path / "d.npy", depth[..., None].astype(np.float64))
    expected = np.array([[300, 1, 2], [300, 4, 5]], np.float32)
    for name in ("d.png", "d.npy"):
        found = read_depth(tmp_path / name)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["d.png", "d.npy", "d.tiff"])
@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_what_is_no_depth_map_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        read_depth(tmp_path / name)


@pytest.mark.parametrize("place", [40, -30, -6])
def test_a_damaged_png_is_refused_and_nothing_is_printed(
    tmp_path: Path, place: int, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0).integers(1, 60_000, (40, 50), np.uint16)
    write_png(tmp_path / "d.png", noise)
    content = bytearray((tmp_path / "d.png").read_bytes())
    content[place] ^= 1
    (tmp_path / "d.png").write_bytes(content)
    for read in (read_depth, read_image):
        with pytest.raises(InputError, match=r"d\.png: .*picture.*read"):
            read(tmp_path / "d.png")
    assert capfd.readouterr().err == ""


def test_a_depth_map_of_too_many_pixels_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNASCENE_MOST_PIXELS", "100")
    write_png(tmp_path / "d.png", np.ones((11, 10), np.uint16))
    with pytest.raises(InputError, match="10x11, more than 100 pixels"):
        read_depth(tmp_path / "d.png")


def ground(rows: int = 90) -> np.ndarray:
    """Depth [H, W] of a plane below the camera, and a far wall behind it."""
    below = np.maximum(np.arange(rows) - rows / 3, 0.5) / rows
    return np.repeat(np.minimum(1 / below, 12)[:, None], 40, axis=1)


def test_depth_that_grows_downwards_looks_like_disparity() -> None:
    assert not looks_like_disparity(ground())
    assert looks_like_disparity(1 / ground())
    assert not looks_like_disparity(np.ones((9, 9)))  # a wall
    assert not looks_like_disparity(ground()[:, ::-1] * np.linspace(1, 1.1, 90)[:, None])


def test_depth_maps_of_several_pages_are_refused(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((8, 9), 100 * k, np.uint16)) for k in (1, 2)]
    pages[0].save(tmp_path / "d.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(InputError, match=r"d\.tif: holds 2 pictures"):
        read_depth(tmp_path / "d.tif")
