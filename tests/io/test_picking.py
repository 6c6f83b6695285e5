"""Frames by their numbers, of every kind of source."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from dynascene.io.excerpt import excerpt
from dynascene.io.images import write_png
from dynascene.io.mattes import open_matte
from dynascene.io.picking import pick
from dynascene.io.video import open_video
from dynascene.io.video_writing import H264Writer
from dynascene.types import ArrayFrames, FrameSource, Size

SIZE, COUNT = Size(48, 32), 13


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [rng.integers(0, 255, (SIZE.height, SIZE.width, 3), np.uint8) for _ in range(COUNT)]


@pytest.fixture(scope="module", params=["array", "video", "excerpt of a video", "pictures"])
def source(
    request: pytest.FixtureRequest, frames: list[np.ndarray], tmp_path_factory
) -> FrameSource:
    if request.param == "array":
        return ArrayFrames(frames)
    if request.param == "pictures":
        folder = tmp_path_factory.mktemp("pictures")
        for number, frame in enumerate(frames):
            write_png(folder / f"{number}.png", frame[..., :1])
        return open_matte(folder)
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    with H264Writer(path, SIZE, Fraction(25), keyframes=4) as writer:
        for frame in frames:
            writer.write(frame)
    video = open_video(path)
    return video if request.param == "video" else excerpt(video, (3, 12), Path(path))


@pytest.mark.parametrize("numbers", [[], [0], [3, 4, 8], [0, 7], list(range(9))])
def test_as_reading_all_gives_them(source: FrameSource, numbers: list[int]) -> None:
    whole = list(source.read())
    found = list(pick(source, numbers))
    assert len(found) == len(numbers)
    for number, frame in zip(numbers, found, strict=True):
        np.testing.assert_array_equal(frame, whole[number])
