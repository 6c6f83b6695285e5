import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from painted import clip_of, red_boxes, write_frames

from dynascene.curation.clip import Clip
from dynascene.curation.stages.matte import KEYFRAMES, MatteConfig, MatteStage, backend_at_hand
from dynascene.errors import InputError, NoTemporaryFiles
from dynascene.estimators.matte.figures import MatteFigures
from dynascene.io.mattes import open_matte
from dynascene.io.video import open_video
from dynascene.types import ArrayFrames, Size

CONFIG = MatteConfig("motion")


class RedMatter:
    """What is red is person."""

    name = "motion"
    working_pixels = 160 * 120
    needs_boxes = False
    least_frames = 1

    def __call__(self, frames: np.ndarray, boxes: object, start: object) -> Iterator[np.ndarray]:
        for frame in frames:
            yield (frame[..., 0].astype(int) - frame[..., 1] > 70).astype(np.float32)


def judged(folder: Path, frames: list, start: int = 0, config: MatteConfig = CONFIG) -> Clip:
    stage = MatteStage(config)
    stage.__dict__["_matter"] = RedMatter()
    video = write_frames(folder / "v.mp4", red_boxes(frames))
    (clip,) = stage(clip_of(video, len(frames), start), folder)
    return clip


def test_a_matte_frame_for_each_of_the_clips(tmp_path: Path) -> None:
    clip = judged(tmp_path, [[(20 + k, 20, 60 + k, 100)] for k in range(36)], start=10)
    assert clip.is_kept
    matte = open_matte(tmp_path / clip.files["matte"])
    assert len(matte) == 26
    assert matte.frame_rate == Fraction(24)
    for k, frame in enumerate(matte.read(), start=10):
        assert frame[60, 25 + k] > 240  # inside
        assert frame[60, 15 + k] < 16  # outside
    assert clip.values["matte.share"] == pytest.approx(40 * 80 / (160 * 120), rel=0.05)
    assert clip.values["matte.flicker"] < 0.05
    assert max(np.diff(open_video(tmp_path / "matte.mp4").keyframes)) <= KEYFRAMES


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([[(0, 0, 160, 116)]] * 8, "too-large"),
        ([[(50, 50, 54, 58)]] * 8, "too-small"),
        ([[(20, 20, 60, 100)]] * 6 + [[]] * 2, "missing"),
    ],
)
def test_what_cannot_be_one_persons(tmp_path: Path, frames: list, expected: str) -> None:
    clip = judged(tmp_path, frames)
    assert clip.rejection is not None
    assert clip.rejection.code == expected
    assert clip.rejection.measured is not None


def test_a_matte_that_comes_and_goes_flickers(tmp_path: Path) -> None:
    frames = [[(20, 20, 60, 100 if k % 2 else 45)] for k in range(12)]
    clip = judged(tmp_path, frames)
    assert clip.rejection is not None
    assert clip.rejection.code == "flickers"


def test_a_matte_that_no_person_can_be_told_for_is_a_rejection(tmp_path: Path) -> None:
    stage = MatteStage(CONFIG)
    stage.__dict__["_matter"] = RedMatter()
    (tmp_path / "v.mp4").write_bytes(b"no video")
    (clip,) = stage(clip_of(tmp_path / "v.mp4", 8), tmp_path)
    assert clip.rejection is not None
    assert clip.rejection.code == "no-subject"


def test_without_temporary_files_no_clip_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(NoTemporaryFiles, match="No such file"):
        judged(tmp_path, [[(20, 20, 60, 100)]] * 3)


def test_an_odd_video_has_a_matte_of_its_written_size(tmp_path: Path) -> None:
    from dynascene.curation.stages.clip_frames import EvenFrames

    odd = [np.random.default_rng(k).integers(0, 255, (9, 7, 4), np.uint8) for k in range(3)]
    even = EvenFrames(ArrayFrames(odd))
    assert (even.size, len(even)) == (Size(8, 10), 3)
    for frame, before in zip(even.read(), odd, strict=True):
        assert frame.shape == (10, 8, 3)
        np.testing.assert_array_equal(frame[:9, :7], before[..., :3])
        np.testing.assert_array_equal(frame[9], frame[8])
        np.testing.assert_array_equal(frame[:, 7], frame[:, 6])


def test_the_backend_is_known_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path))
    assert backend_at_hand() == "motion"
    with pytest.raises(InputError, match=r"'dynascene weights selfie selfie_landscape'$"):
        backend_at_hand("selfie")
    with pytest.raises(InputError, match="backend magic: there is none"):
        backend_at_hand("magic")


def test_a_camera_that_pans_with_somebody_is_no_flicker_since_version_4() -> None:
    """Version 3 told motion from the whole frame: a flicker of 1.01, and such clips were dropped.

    What flicker is decides which clips are kept, so another figure here needs another version.
    """
    texture = np.random.default_rng(1).integers(0, 256, (270, 480, 3), dtype=np.uint8)
    place = cv2.GaussianBlur(texture, (0, 0), 2)
    matte = np.zeros((270, 480, 1), np.uint8)
    matte[100:200, 200:240] = 255
    figures = MatteFigures()
    for index in range(6):
        frame = np.roll(place, -20 * index, axis=1)
        frame[100:200, 200:240] = place[:100, 200:240]
        figures.add(frame, matte)
    assert figures.summary()[1] == pytest.approx(0.05, abs=0.02)
    assert MatteStage.version == 5
