"""Folders, stills, videos and mattes behind one door."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from clips import numbered_frames, shared, write_clip
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from dynascene.errors import InputError
from dynascene.io.frames import open_frames, split_alpha, times_of
from dynascene.io.images import write_png
from dynascene.io.mattes import open_matte
from dynascene.types import ArrayFrames, FrameSource, Size


def write_folder(folder: Path, frames: np.ndarray, names: str = "{}.png") -> Path:
    folder.mkdir()
    for index, frame in enumerate(frames):
        write_png(folder / names.format(index), frame)
    return folder


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)


def masks(count: int = 3) -> np.ndarray:
    """[F, 6, 9, 1] of 0 and 255, each another."""
    values = np.zeros((count, 6, 9, 1), np.uint8)
    for index in range(count):
        values[index, 1:4, index : index + 3] = 255
    return values


@pytest.mark.parametrize("channels", [3, 4])
def test_a_folder_is_read_in_natural_order(tmp_path: Path, channels: int) -> None:
    frames = noise(12, 5, 3, channels)  # 10.png comes after 9.png
    folder = write_folder(tmp_path / "a", frames, "frame{}.png")
    (folder / "notes.txt").write_text("no frame")
    (folder / "._frame0.png").write_bytes(b"no frame")
    source = open_frames(folder)
    assert isinstance(source, FrameSource)
    assert (len(source), source.size, source.channels) == (12, Size(3, 5), channels)
    assert source.frame_rate == Fraction(24)
    np.testing.assert_array_equal(list(source.read()), frames)
    np.testing.assert_array_equal(list(source.read(9, 11)), frames[9:11])
    np.testing.assert_array_equal(list(source.read(-2)), frames[-2:])


def test_one_picture_is_one_frame(tmp_path: Path) -> None:
    frame = noise(3, 3, 4)
    write_png(tmp_path / "a.png", frame)
    source = open_frames(tmp_path / "a.png")
    assert (len(source), source.channels) == (1, 4)
    np.testing.assert_array_equal(next(source.read()), frame)


def test_a_video_is_opened_too(tmp_path: Path) -> None:
    source = open_frames(write_clip(tmp_path / "a.mp4", numbered_frames(9)))
    assert (len(source), source.channels) == (9, 3)


def test_pictures_without_alpha_are_opaque_among_others(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a", noise(2, 3, 5, 4))
    write_png(folder / "2.png", noise(3, 5, 3))
    source = open_frames(folder)
    assert source.channels == 4
    assert (list(source.read())[-1][..., 3] == 255).all()


def test_frames_of_two_sizes_are_named(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a", noise(3, 3, 5, 3))
    write_png(folder / "3.png", noise(5, 3, 3))
    with pytest.raises(InputError, match=r"3\.png is 3x5 and .*0\.png is 5x3"):
        open_frames(folder)


@pytest.mark.parametrize("name", ["empty", "none", "none.png", "bad.png", "bad.mp4"])
def test_what_cannot_be_opened_is_said_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.png").write_bytes(b"none")
    (tmp_path / "bad.mp4").write_bytes(b"none" * 99)
    for opener in (open_frames, open_matte):
        with pytest.raises(InputError, match=name) as caught:
            opener(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_a_damaged_frame_is_said_when_it_is_read(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a", noise(3, 64, 64, 3))
    data = (folder / "1.png").read_bytes()
    (folder / "1.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"1\.png"):
        list(open_frames(folder).read())


# --- mattes --------------------------------------------------------------------------------------


def _palette(labels: np.ndarray, colours: list[int]) -> Image.Image:
    image = Image.fromarray(labels[..., 0])
    image = image.convert("P") if image.mode != "P" else image
    image.putpalette(colours)
    return image


def _as_palette(path: Path, colours: list[int]) -> Path:
    """Label maps 0 and 1, as DAVIS stores its masks: black, then a colour per object."""
    path.mkdir()
    for index, mask in enumerate(masks()):
        _palette(mask // 255, colours).save(path / f"{index}.png")
    return path


def _with_alpha(mask: np.ndarray, picture: np.ndarray) -> np.ndarray:
    return np.concatenate([picture[: mask.shape[0], ..., :3], mask], axis=-1)


def _two_labels(path: Path) -> Path:
    path.mkdir()
    for index, mask in enumerate(masks()):
        labels = mask // 255
        labels[1, :, :] *= 2  # a second object
        _palette(labels, [0, 0, 0, 128, 0, 0, 0, 128, 0]).save(path / f"{index}.png")
    return path


MATTES = {
    "grey": lambda p: write_folder(p, masks()),
    "sixteen bit": lambda p: write_folder(p, masks().astype(np.uint16) * 257),
    "grey as RGB": lambda p: write_folder(p, np.repeat(masks(), 3, axis=3)),
    "labels 0 and 1": lambda p: write_folder(p, masks() // 255),
    "DAVIS palette": lambda p: _as_palette(p, [0, 0, 0, 128, 0, 0]),
    "DAVIS palette, two objects": _two_labels,
    "grey palette": lambda p: _as_palette(p, [0, 0, 0, 255, 255, 255]),
    "alpha": lambda p: write_folder(p, _with_alpha(masks(), noise(3, 6, 9, 3))),
    "grey with opaque alpha": lambda p: write_folder(
        p, _with_alpha(np.full_like(masks(), 255), np.repeat(masks(), 3, axis=3))
    ),
}


@pytest.mark.parametrize("kind", MATTES)
def test_a_matte_comes_out_as_0_and_255(tmp_path: Path, kind: str) -> None:
    matte = open_matte(MATTES[kind](tmp_path / "matte"))
    assert (len(matte), matte.size, matte.channels) == (3, Size(9, 6), 1)
    np.testing.assert_array_equal(list(matte.read()), masks())
    np.testing.assert_array_equal(list(matte.read(1, 2)), masks()[1:2])


def test_soft_edges_stay_soft(tmp_path: Path) -> None:
    soft = np.repeat(noise(3, 6, 9, 1), 1, axis=3)
    np.testing.assert_array_equal(list(open_matte(write_folder(tmp_path / "a", soft)).read()), soft)


def test_an_empty_matte_frame_stays_empty(tmp_path: Path) -> None:
    values = masks(7)
    values[0] = values[3] = 0
    folder = _as_palette(tmp_path / "a", [0, 0, 0, 128, 0, 0])
    _palette(values[0], [0, 0, 0, 128, 0, 0]).save(folder / "3.png")
    assert list(open_matte(folder).read())[3].max() == 0


def test_a_matte_video(tmp_path: Path) -> None:
    wide = masks().repeat(16, axis=1).repeat(16, axis=2)
    clip = write_clip(tmp_path / "a.mp4", wide.repeat(3, axis=3), options={"qp": "0"})
    read = np.stack(list(open_matte(clip).read()))
    assert read.shape == wide.shape
    assert np.abs(read.astype(int) - wide).max() <= 2


def test_a_matte_in_colour_is_refused(tmp_path: Path) -> None:
    photo = write_folder(tmp_path / "photo", noise(3, 6, 9, 3))
    with pytest.raises(InputError, match="white = person"):
        open_matte(photo)
    red = np.concatenate([masks(), masks() * 0, masks() * 0], axis=3)  # small, but coloured
    with pytest.raises(InputError, match="white = person"):
        open_matte(write_folder(tmp_path / "red", red))
    clip = write_clip(tmp_path / "a.mp4", noise(3, 48, 64, 3))
    with pytest.raises(InputError, match="white = person"):
        open_matte(clip)


def test_a_matte_that_turns_coloured_later_is_refused(tmp_path: Path) -> None:
    frames = np.repeat(masks(9), 3, axis=3)
    frames[8] = noise(6, 9, 3)
    with pytest.raises(InputError, match="white = person"):
        open_matte(write_folder(tmp_path / "a", frames))


def test_a_matte_must_fit_the_person(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a", masks())
    with pytest.raises(InputError, match=r"matte is 9x6 .* is 6x9"):
        open_matte(folder, ArrayFrames(noise(3, 9, 6, 3)))
    with pytest.raises(InputError, match=r"matte has 3 frames .* has 4"):
        open_matte(folder, ArrayFrames(noise(4, 6, 9, 3)))


def test_a_matte_takes_the_times_of_the_person(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.5]
    person = open_frames(write_clip(tmp_path / "a.mp4", numbered_frames(3), times=times))
    folder = write_folder(tmp_path / "m", np.full((3, 48, 64, 1), 255, np.uint8))
    matte = open_matte(folder, person)
    assert times_of(matte) == times_of(person) == pytest.approx(times)
    assert matte.frame_rate == person.frame_rate


def test_alpha_is_split_from_colour() -> None:
    frames = noise(3, 3, 4, 4)
    colour, matte = split_alpha(ArrayFrames(frames, Fraction(25)))
    assert (colour.channels, matte.channels) == (3, 1)
    assert colour.frame_rate == matte.frame_rate == 25
    assert len(colour) == len(matte) == 3
    np.testing.assert_array_equal(list(colour.read()), frames[..., :3])
    np.testing.assert_array_equal(list(matte.read(1, 3)), frames[1:3, ..., 3:])
    with pytest.raises(InputError, match="no alpha"):
        split_alpha(ArrayFrames(frames[..., :3]))


def test_a_real_shot_with_its_masks() -> None:
    person = open_frames(shared("people/bmx-trees/frames"))
    matte = open_matte(shared("people/bmx-trees/masks"), like=person)
    assert (len(person), person.size, person.channels) == (80, Size(432, 240), 3)
    assert (len(matte), matte.size, matte.channels) == (80, Size(432, 240), 1)
    for index, frame in enumerate(matte.read(0, 80)):
        values, counts = np.unique(frame, return_counts=True)
        assert set(values) <= {0, 255}, index
        assert counts[0] > frame.size / 2  # the background is the larger part


def test_a_real_still_with_alpha() -> None:
    source = open_frames(shared("posevid/anyone-1.png"))
    assert (len(source), source.size, source.channels) == (1, Size(463, 615), 4)
    assert next(source.read()).shape == (615, 463, 4)


def test_gaps_and_rates_of_folders(tmp_path: Path) -> None:
    frames = noise(3, 4, 5, 3)
    folder = write_folder(tmp_path / "a", frames, "f{}.png")
    (folder / "f2.png").rename(folder / "f4.png")
    with pytest.raises(InputError, match=r"f1\.png is followed by f4\.png"):
        open_frames(folder)
    source = open_frames(folder, fill_gaps=True, frame_rate=Fraction(30000, 1001))
    assert source.frame_rate == Fraction(30000, 1001)
    np.testing.assert_array_equal(list(source.read()), frames[[0, 1, 1, 1, 2]])
    with pytest.raises(InputError, match="`frame_rate`: is for folders"):
        open_frames(write_clip(tmp_path / "a.mp4", numbered_frames(2)), frame_rate=Fraction(25))


def test_a_matte_meets_the_person_by_number(tmp_path: Path) -> None:
    """The matte lacks what the person does not have, or has more."""
    person = write_folder(tmp_path / "person", noise(6, 6, 9, 3), "p.{:04d}.png")
    (person / "p.0000.png").unlink()
    matte = write_folder(tmp_path / "matte", masks(6), "m_{}.png")
    fitted = open_matte(matte, like=open_frames(person))
    np.testing.assert_array_equal(list(fitted.read()), masks(6)[1:])
    (matte / "m_3.png").unlink()
    with pytest.raises(InputError, match=r"m_2\.png is followed by m_4\.png"):
        open_matte(matte, like=open_frames(person))
    filled = open_matte(matte, like=open_frames(person), fill_gaps=True)
    np.testing.assert_array_equal(list(filled.read()), masks(6)[[1, 2, 2, 4, 5]])


def test_a_matte_that_was_numbered_anew_meets_by_order(tmp_path: Path) -> None:
    person = write_folder(tmp_path / "person", noise(3, 6, 9, 3), "p.101{}.png")
    matte = write_folder(tmp_path / "matte", masks(), "{}.png")
    np.testing.assert_array_equal(list(open_matte(matte, like=open_frames(person)).read()), masks())


@pytest.mark.parametrize("bits", [8, 16])
def test_each_picture_of_a_folder_is_decoded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bits: int
) -> None:
    """Opening decodes none; Pillow's ``getexif`` would."""
    frames = noise(3, 5, 4, 3).astype(np.uint16) * 257 if bits == 16 else noise(3, 5, 4, 3)
    folder = write_folder(tmp_path / "a", frames)
    decoded: list[str] = []
    by_pillow, by_opencv = PngImageFile.load_prepare, cv2.imdecodemulti

    def count_pillow(image: PngImageFile) -> None:
        decoded.append("Pillow")
        by_pillow(image)

    def count_opencv(*arguments: object, **options: object) -> object:
        decoded.append("OpenCV")
        return by_opencv(*arguments, **options)

    monkeypatch.setattr(PngImageFile, "load_prepare", count_pillow)
    monkeypatch.setattr(cv2, "imdecodemulti", count_opencv)
    source = open_frames(folder)
    assert decoded == []
    assert len(list(source.read())) == 3
    assert decoded == [{8: "Pillow", 16: "OpenCV"}[bits]] * 3
