"""What the numbers of a matte mean: alpha, white, or the labels of objects."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from clips import write_clip
from PIL import Image
from profiles import gama, iccp, linear_curve, png, rgb_profile

from dynascene.errors import InputError
from dynascene.io.images import write_png
from dynascene.io.mattes import open_matte, require_somebody
from dynascene.types import ArrayFrames

SHOWN = np.zeros((8, 12), bool)
SHOWN[2:7, 3:9] = True
SECOND = SHOWN & (np.arange(12) > 6)


def folder_of(path: Path, pictures: Sequence[np.ndarray]) -> Path:
    path.mkdir()
    for index, picture in enumerate(pictures):
        write_png(path / f"{index}.png", picture)
    return path


def labels(
    *values: int, kind: type = np.uint8, frames: int = 12, every: int = 1
) -> list[np.ndarray]:
    """Objects of these numbers beside each other, in every so many frames."""
    pictures = []
    for frame in range(frames):
        picture = np.zeros(SHOWN.shape, kind)
        if frame % every == every - 1:
            picture[SHOWN] = values[0]
            for value in values[1:]:
                picture[SECOND] = value
        pictures.append(picture)
    return pictures


def read(path: Path) -> np.ndarray:
    return np.stack(list(open_matte(path).read()))[..., 0]


LABELS = [(1,), (2,), (1, 2), (7, 9), (38, 75), (100, 200), (128,)]


@pytest.mark.parametrize("values", LABELS, ids=str)
def test_labels_of_any_numbers_are_the_person(
    tmp_path: Path, values: tuple[int, ...], caplog: pytest.LogCaptureFixture
) -> None:
    matte = read(folder_of(tmp_path / "a", labels(*values)))
    np.testing.assert_array_equal(matte, np.where(SHOWN, 255, 0)[None].repeat(12, 0))
    assert "holds labels" in caplog.text


@pytest.mark.parametrize("values", [(1,), (1, 2), (255,), (24001, 26002)], ids=str)
def test_labels_in_sixteen_bits(tmp_path: Path, values: tuple[int, ...]) -> None:
    matte = read(folder_of(tmp_path / "a", labels(*values, kind=np.uint16)))
    np.testing.assert_array_equal(matte[0], np.where(SHOWN, 255, 0))


def test_labels_that_show_somebody_late_and_seldom(tmp_path: Path) -> None:
    matte = read(folder_of(tmp_path / "a", labels(1, frames=20, every=19)))
    assert [k for k, frame in enumerate(matte) if frame.any()] == [18]
    assert matte.max() == 255


def test_what_is_not_annotated_is_nobody(tmp_path: Path) -> None:
    pictures = labels(1, 2)
    for picture in pictures:
        picture[1, 3:9] = 255
    matte = read(folder_of(tmp_path / "a", pictures))
    np.testing.assert_array_equal(matte[0], np.where(SHOWN, 255, 0))


def test_labels_without_a_background_are_refused(tmp_path: Path) -> None:
    pictures = [picture + np.uint8(1) for picture in labels(1)]
    with pytest.raises(InputError, match="no 0 for what is nobody"):
        open_matte(folder_of(tmp_path / "a", pictures))


# --- what stays a matte --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_soft_mattes_keep_their_values(tmp_path: Path, kind: type) -> None:
    soft = np.tile(np.linspace(0, 255, 12).round().astype(kind), (8, 1))
    pictures = [soft * (257 if kind is np.uint16 else 1)] * 3
    np.testing.assert_array_equal(read(folder_of(tmp_path / "a", pictures))[1], soft)


@pytest.mark.parametrize("values", [(128, 255), (1, 255), (0, 255)], ids=str)
def test_a_few_values_with_white_are_a_matte(tmp_path: Path, values: tuple[int, int]) -> None:
    pictures = labels(255)
    for picture in pictures:
        picture[0, :5] = values[0]
    expected = np.where(SHOWN, 255, 0)
    expected[0, :5] = values[0]
    np.testing.assert_array_equal(read(folder_of(tmp_path / "a", pictures))[0], expected)


@pytest.mark.parametrize("white", [255, 1023, 4095])
def test_a_matte_of_less_depth_in_sixteen_bits(tmp_path: Path, white: int) -> None:
    ramp = np.linspace(0, white, 96).round().astype(np.uint16).reshape(8, 12)
    matte = read(folder_of(tmp_path / "a", [ramp] * 2))
    np.testing.assert_allclose(matte[0], np.linspace(0, 255, 96).reshape(8, 12), atol=0.6)


@pytest.mark.parametrize("chunks", [[gama(1.0)], [iccp(rgb_profile(linear_curve()))]])
def test_profiles_do_not_change_a_matte(tmp_path: Path, chunks: list[bytes]) -> None:
    soft = np.tile(np.linspace(0, 255, 12).round().astype(np.uint8), (8, 1))[..., None]
    (tmp_path / "a.png").write_bytes(png(soft, *chunks))
    np.testing.assert_array_equal(read(tmp_path / "a.png")[0], soft[..., 0])


# --- palettes ------------------------------------------------------------------------------------


def palettes(path: Path, colours: list[int], pictures: Sequence[np.ndarray]) -> Path:
    path.mkdir()
    for index, picture in enumerate(pictures):
        image = Image.fromarray(picture.astype(np.uint8)).convert("P")
        image.putpalette(colours)
        image.save(path / f"{index}.png")
    return path


PALETTES = {
    "DAVIS": ([0, 0, 0, 128, 0, 0, 0, 128, 0], [1, 2]),
    "a coloured background": ([68, 1, 84, 253, 231, 37, 33, 144, 140], [1, 2]),
    "black that is not the first": ([255, 255, 0, 0, 0, 0], None),
    "one grey object among colours": ([0, 0, 0, 128, 128, 128, 0, 128, 0], [1, 2]),
}


@pytest.mark.parametrize("kind", PALETTES)
def test_palettes_with_colours_number_objects(tmp_path: Path, kind: str) -> None:
    colours, objects = PALETTES[kind]
    if objects is None:
        pictures = [np.where(SHOWN, 0, 1)] * 4
    else:
        pictures = labels(*objects, frames=4)
        pictures[1][SECOND] = objects[0]  # a frame that shows one of them alone
    matte = read(palettes(tmp_path / "a", colours, pictures))
    np.testing.assert_array_equal(matte, np.where(SHOWN, 255, 0)[None].repeat(4, 0))


def test_a_palette_of_greys_is_grey(tmp_path: Path) -> None:
    greys = [0, 0, 0, 90, 90, 90, 255, 255, 255]
    matte = read(palettes(tmp_path / "a", greys, labels(1, 2, frames=2)))
    np.testing.assert_array_equal(matte[0], np.where(SECOND, 255, np.where(SHOWN, 90, 0)))


# --- nobody --------------------------------------------------------------------------------------


def with_alpha(alpha: int) -> list[np.ndarray]:
    return [np.dstack([np.full((8, 12, 3), 200, np.uint8), np.full((8, 12), alpha, np.uint8)])] * 2


NOBODY = {
    "black": lambda path: folder_of(path, labels(0)),
    "black, 16 bits": lambda path: folder_of(path, labels(0, kind=np.uint16)),
    "transparent": lambda path: folder_of(path, with_alpha(0)),
    "hardly visible": lambda path: folder_of(path, with_alpha(9)),
    "a black video": lambda path: write_clip(
        path.with_suffix(".mp4"), np.zeros((4, 48, 64, 3), np.uint8)
    ),
    "a faint video": lambda path: write_clip(
        path.with_suffix(".mp4"), np.full((4, 48, 64, 3), 20, np.uint8)
    ),
    "black palette": lambda path: palettes(path, [0, 0, 0, 9, 0, 0], labels(0)),
    "one black picture": lambda path: folder_of(path, labels(0, frames=1)) / "0.png",
}


@pytest.mark.parametrize("kind", NOBODY)
def test_a_matte_of_nobody_is_refused(tmp_path: Path, kind: str) -> None:
    path = NOBODY[kind](tmp_path / "a")
    with pytest.raises(InputError, match=r"shows nobody.*white = person") as caught:
        open_matte(path)
    assert str(path) in str(caught.value)


def test_pictures_without_alpha_are_opaque_among_others(tmp_path: Path) -> None:
    pictures = [*with_alpha(90), np.full((8, 12, 3), (200, 60, 40), np.uint8)]
    matte = read(folder_of(tmp_path / "a", pictures))
    assert [frame.max() for frame in matte] == [90, 90, 255]


def test_frames_in_use_that_show_nobody_are_refused(tmp_path: Path) -> None:
    faint = np.full((8, 12, 1), 9, np.uint8)
    with pytest.raises(InputError, match="nobody in any of its 3 frames"):
        require_somebody(ArrayFrames([faint] * 3), tmp_path)
    require_somebody(ArrayFrames([faint, faint * 20]), tmp_path)


def test_a_video_whose_first_frames_are_black(tmp_path: Path) -> None:
    frames = np.zeros((6, 48, 64, 3), np.uint8)
    frames[4:, 10:30, 20:40] = 255
    matte = read(write_clip(tmp_path / "a.mp4", frames, options={"qp": "0"}))
    assert [frame.max() > 250 for frame in matte] == [False] * 4 + [True] * 2
