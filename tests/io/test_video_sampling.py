"""Some frames of a video, small ones, and where decoding can begin."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from clips import numbered_frames, write_clip

from dynascene.io.video import open_video

KEYFRAME_EVERY = 5
OPTIONS = {"x264-params": f"keyint={KEYFRAME_EVERY}:scenecut=0"}


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("numbers", [[], [0], [3, 4, 11], [16], range(2, 9)])
def test_picked_frames_are_those_of_the_whole(
    tmp_path: Path, strict: bool, numbers: list[int]
) -> None:
    video = open_video(write_clip(tmp_path / "a.mp4", numbered_frames(17)), strict=strict)
    whole = list(video.read())
    picked = list(video.pick(numbers))
    assert len(picked) == len(numbers)
    for number, frame in zip(numbers, picked, strict=True):
        assert (frame == whole[number]).all()


def test_a_shrunk_video_shows_the_same_in_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    picture = cv2.resize(rng.integers(0, 255, (6, 8, 3), np.uint8), (160, 121))
    video = open_video(write_clip(tmp_path / "a.mp4", [picture[:120]] * 3))
    small = video.shrunk(60)
    assert (small.size, len(small)) == ((60, 45), 3)
    expected = cv2.resize(next(video.read()), (60, 45), interpolation=cv2.INTER_AREA)
    error = np.abs(next(small.read()).astype(int) - expected)
    assert error.mean() < 2
    assert video.shrunk(500).size == video.size


def test_decoding_can_begin_at_keyframes(tmp_path: Path) -> None:
    coded = write_clip(tmp_path / "a.mp4", numbered_frames(17), options=OPTIONS)
    assert open_video(coded).keyframes == [0, 5, 10, 15]
    plain = write_clip(tmp_path / "a.avi", numbered_frames(6), "mpeg4")
    assert open_video(plain).keyframes == [0]
