"""Strict reading: damage is named, not patched up; a sound file reads as ever."""

from pathlib import Path

import numpy as np
import pytest
from clips import set_display_matrix, write_clip

from dynascene.errors import InputError
from dynascene.io.mattes import open_matte
from dynascene.io.video import open_video
from dynascene.types import Size

FRAMES = 25
# a keyframe every 8 frames; without the macroblock tree, which gives the same frames different
# files on small sizes
GROUPS = {"g": "8", "threads": "1", "x264-params": "mbtree=0"}


def drifting(count: int = FRAMES) -> np.ndarray:
    """Waves and noise that move: pictures that a codec needs many bits for, [F, H, W, 3]."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:48, :64]
    waves = [120 + 60 * np.sin((x + 3 * t) / 9) + 40 * np.cos((y + t) / 7) for t in range(count)]
    noisy = np.stack(waves) + random.normal(0, 6, (count, 48, 64))
    return np.repeat(noisy.clip(0, 255).astype(np.uint8)[..., None], 3, axis=-1)


def overwrite(path: Path, share: float, length: int = 800) -> None:
    """Noise in place of some bytes of the pictures, at a share of the file.

    The length is that of several pictures: a stretch of noise within one may happen to decode.
    """
    data = bytearray(path.read_bytes())
    begin, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    place = begin + int(share * (end - begin))
    data[place : place + length] = np.random.default_rng(3).bytes(length)
    path.write_bytes(data)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_damage_is_named(tmp_path: Path, share: float) -> None:
    path = write_clip(tmp_path / "a.mp4", drifting(), options=GROUPS)
    overwrite(path, share)
    with pytest.raises(InputError, match="the video is damaged; export it again") as caught:
        list(open_video(path, strict=True).read())
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(list(open_video(path).read())) > FRAMES // 2  # an editor wants what there is


def test_what_lies_before_the_damage_is_read(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drifting(), options=GROUPS)
    sound = list(open_video(path).read(0, 4))
    overwrite(path, 0.9)
    source = open_video(path, strict=True)
    np.testing.assert_array_equal(list(source.read(0, 4)), sound)
    with pytest.raises(InputError, match="damaged"):
        list(source.read())


def test_frames_predicted_from_a_damaged_one_are_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drifting(), options=GROUPS | {"g": "250", "bf": "0"})
    overwrite(path, 0.3)
    source = open_video(path, strict=True)
    with pytest.raises(InputError, match="damaged"):
        list(source.read(FRAMES - 1))  # itself is whole, its references are not


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_a_sound_file_reads_as_ever(tmp_path: Path, name: str) -> None:
    path = write_clip(tmp_path / name, drifting(), options=GROUPS | {"bf": "3"})
    plain, strict = open_video(path), open_video(path, strict=True)
    for start, stop in ((0, None), (3, 7), (8, 9), (11, 24), (24, None), (5, 5)):
        np.testing.assert_array_equal(list(strict.read(start, stop)), list(plain.read(start, stop)))


def test_mattes_are_read_strictly_too(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drifting(), options=GROUPS)
    overwrite(path, 0.5)
    with pytest.raises(InputError, match="damaged"):
        list(open_matte(path, strict=True).read())


@pytest.mark.parametrize("numbers", [[0, 24], [3, 4, 5, 21, 23], [7, 8, 9], [1, 2, 6, 17], [24]])
def test_skipping_gives_the_same_frames(tmp_path: Path, numbers: list[int]) -> None:
    path = write_clip(tmp_path / "a.mp4", drifting(), options=GROUPS)
    for strict in (True, False):
        source = open_video(path, strict=strict)
        whole = list(source.read())
        picked = list(source.pick(numbers, skip=True))
        np.testing.assert_array_equal(picked, [whole[number] for number in numbers])


def test_what_is_skipped_may_be_damaged(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drifting(), options=GROUPS)
    sound = list(open_video(path).pick([1, 24]))
    overwrite(path, 0.5)
    source = open_video(path, strict=True)
    np.testing.assert_array_equal(list(source.pick([1, 24], skip=True)), sound)
    with pytest.raises(InputError, match="damaged"):
        list(source.pick([1, 24]))


def test_brightness_alone(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drifting(4), options=GROUPS)
    source = open_video(path, strict=True)
    grey = source.grey()
    assert grey.channels == 1
    for colour, brightness in zip(source.read(), grey.read(), strict=True):
        assert brightness.shape == (48, 64, 1)
        assert np.abs(colour.mean(axis=2) - brightness[..., 0]).max() <= 2


def test_colour_is_refused_where_brightness_is_read(tmp_path: Path) -> None:
    frames = drifting(6)
    frames[4, 20:, 30:] = (200, 30, 30)
    path = write_clip(tmp_path / "a.mp4", frames, options=GROUPS)
    grey = open_video(path, strict=True).grey()
    assert len(list(grey.read(0, 4))) == 4
    with pytest.raises(InputError, match=r"a.mp4: the matte is in colour"):
        list(grey.read())


def test_scaling_is_of_the_upright_picture(tmp_path: Path) -> None:
    """A telephone held upright stores its pictures lying, with a quarter turn in the header."""
    frames = np.zeros((2, 48, 64, 3), np.uint8)
    frames[:, :, 32:] = 200
    path = write_clip(tmp_path / "a.mp4", frames, options=GROUPS)
    set_display_matrix(path, 0, 1, -1, 0)
    source = open_video(path)
    assert source.size == Size(48, 64)
    small, large = next(source.scaled(Size(24, 32)).read()), next(source.read())
    assert small.shape == (32, 24, 3)
    for rows in (slice(0, 12), slice(20, 32)):
        whole = slice(2 * rows.start, 2 * rows.stop)
        assert abs(small[rows].mean() - large[whole].mean()) < 3
    assert abs(small[:12].mean() - small[20:].mean()) > 150
