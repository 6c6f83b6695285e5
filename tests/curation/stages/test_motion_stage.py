"""Equation 3 to the letter, and the same where the person is not."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import cv2
import numpy as np
import pytest
from moving_pictures import clip_of, code_of, pan, surface, write_video
from skimage.metrics import structural_similarity

from dynascene.curation.clip import Clip
from dynascene.curation.stages.motion import MotionConfig, MotionStage, measure_motion
from dynascene.curation.stages.sampling import frames_every, frames_spread
from dynascene.curation.stages.similarity import compare, free_windows
from dynascene.io.video import VideoFrames, open_video

NOBODY = np.zeros((0, 5))
LEFT, TOP, RIGHT, BOTTOM = 30, 10, 110, 80  # where somebody dances


def reference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    _, similarity = structural_similarity(
        one, other, full=True, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        data_range=255,
    )  # fmt: skip
    return similarity[5:-5, 5:-5]


def grey(seed: int, height: int = 33, width: int = 47) -> np.ndarray:
    return cv2.cvtColor(surface(seed, height, width), cv2.COLOR_RGB2GRAY)


def test_the_similarity_is_that_of_the_reference() -> None:
    one, other = grey(1), grey(2)
    noisy = np.clip(one + np.random.default_rng(0).normal(0, 6, one.shape), 0, 255).astype(np.uint8)
    for second in (other, noisy, 255 - one):
        assert compare(one, second).similarity == pytest.approx(reference(one, second), abs=2e-4)
    assert compare(one, one).similarity == pytest.approx(1, abs=1e-4)


def test_contrast_is_the_greater_deviation_of_the_two() -> None:
    flat = np.full_like(grey(1), 120)
    assert compare(flat, flat).contrast.max() < 0.1
    assert compare(flat, grey(1)).contrast == pytest.approx(compare(grey(1), flat).contrast)
    assert compare(flat, grey(1)).contrast.max() > 10


@pytest.mark.parametrize("shape", [(10, 40), (40, 10)])
def test_pictures_smaller_than_a_window_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="11 or more"):
        compare(np.zeros(shape), np.zeros(shape))


def test_free_windows_are_those_that_touch_no_box() -> None:
    height, width = 30, 41
    boxes = np.array([[-5.0, -9, 3.2, 4.9], [20.4, 12.6, 24, 17], [38, 27, 60, 60]])
    taken = np.zeros((height, width), bool)
    for left, top, right, bottom in boxes:
        for y in range(height):
            for x in range(width):
                taken[y, x] |= x + 1 > left and x < right and y + 1 > top and y < bottom
    expected = np.array(
        [[not taken[y : y + 11, x : x + 11].any() for x in range(width - 10)] for y in range(20)]
    )
    assert 0 < expected.sum() < expected.size
    assert (free_windows(boxes, height, width) == expected).all()


def test_frames_are_taken_at_the_same_times_at_any_rate() -> None:
    class Video(SimpleNamespace):
        def __len__(self) -> int:
            return len(self.times)

    def video(rate: float, times: tuple[float, ...] | None = None) -> VideoFrames:
        return cast(VideoFrames, Video(frame_rate=Fraction(rate), times=times))

    assert frames_every(video(24), 5, 30, 0.5) == [5, 17, 29]
    assert frames_every(video(24), 5, 29, 0.5) == [5, 17]
    assert frames_every(video(25), 0, 60, 0.125) == [round(k * 3.125) for k in range(20)]
    # at a varying rate the frame that is shown at the time
    times = (0.0, 0.1, 0.45, 0.6, 0.9, 1.0, 1.3)
    assert frames_every(video(5, times), 0, 7, 0.5) == [0, 2, 5]
    assert frames_every(video(5, times), 1, 7, 0.5) == [1, 3, 5]


def test_spread_frames_are_the_middles_of_equal_parts() -> None:
    assert frames_spread(10, 26, 8) == [11, 13, 15, 17, 19, 21, 23, 25]
    assert frames_spread(3, 6, 8) == [3, 4, 5]


def test_s_is_the_mean_over_every_fourth_frame_at_8_fps(tmp_path: Path) -> None:
    path = write_video(tmp_path / "film.mp4", pan(5, 60, step=0.4))
    found = measure_motion(clip_of(path, 60), NOBODY, MotionConfig())
    frames = [cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in open_video(path).read()]
    at_8_fps = frames[::3]
    pairs = [(at_8_fps[i], at_8_fps[i + 4]) for i in range(0, len(at_8_fps) - 4, 4)]
    assert len(pairs) == 4
    expected = np.mean([reference(one, other).mean() for one, other in pairs])
    assert found is not None
    assert found.whole == pytest.approx(expected, abs=1e-3)
    assert 0.1 < found.whole < 0.9


def dancer(path: Path, still: bool) -> Path:
    """Somebody dances; the camera stands still, but for its noise, or pans."""
    frames = np.repeat(pan(6, 1), 36, axis=0) if still else pan(6, 36)
    rng = np.random.default_rng(1)
    frames = np.clip(frames + rng.normal(0, 1.5, frames.shape), 0, 255).astype(np.uint8)
    person = pan(7, 36, step=9, height=BOTTOM - TOP, width=RIGHT - LEFT)
    frames[:, TOP:BOTTOM, LEFT:RIGHT] = person
    return write_video(path, frames)


def judged(path: Path, boxes: list[list[float]] | None = None, **changed: Any) -> Clip:
    clip = clip_of(path, 36)
    if boxes is not None:
        (path.parent / "boxes.json").write_text(json.dumps(boxes))
        clip = clip.with_files(boxes="boxes.json")
    (clip,) = MotionStage(replace(MotionConfig(), **changed))(clip, path.parent)
    return clip


DANCER = [[float(frame), LEFT, TOP, RIGHT, BOTTOM] for frame in range(0, 36, 6)]


def test_a_dancer_before_a_static_camera_passes_the_paper_s_test_but_not_the_background_s(
    tmp_path: Path,
) -> None:
    still = dancer(tmp_path / "still.mp4", still=True)
    assert judged(still).is_kept  # nobody was looked for: Eq. 3 alone
    clip = judged(still, DANCER)
    assert clip.rejection is not None
    assert clip.rejection.code == "static-background"
    assert clip.rejection.measured == clip.values["motion.background"]
    assert float(clip.values["motion.similarity"] or 1) < 0.8
    assert judged(dancer(tmp_path / "moving.mp4", still=False), DANCER).is_kept


def test_the_background_is_judged_by_three_quarters_of_it(tmp_path: Path) -> None:
    """A person who leaves the box for a while does not make the place move."""
    path, clip = dancer(tmp_path / "still.mp4", still=True), clip_of(tmp_path / "still.mp4", 36)
    narrow = np.array([[frame, LEFT + 8, TOP, RIGHT, BOTTOM] for frame in range(0, 36, 6)], float)
    pairs = [(0, 12), (12, 24)]  # half a second apart
    frames = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in open_video(path).read()]
    box = np.array([[LEFT + 8, TOP, RIGHT, BOTTOM]], float)
    seen = []
    for one, other in pairs:
        similarity, contrast = compare(frames[one], frames[other])
        seen.append(similarity[free_windows(box, *frames[0].shape) & (contrast >= 5)])
    values = np.concatenate(seen)
    found = measure_motion(clip, narrow, replace(MotionConfig(), margin=0.0))
    assert found is not None
    assert found.background == pytest.approx(np.quantile(values, 0.25), abs=1.5e-3)
    assert found.visible == pytest.approx(len(values) / 2 / similarity.size)
    assert values.mean() < 0.93 < found.background


def test_what_hardly_moves_is_dropped(tmp_path: Path) -> None:
    path = write_video(tmp_path / "still.mp4", np.repeat(pan(6, 1), 36, axis=0))
    assert code_of(judged(path)) == "little-motion"


def test_a_background_that_is_hidden_or_empty_is_not_judged(tmp_path: Path) -> None:
    path = dancer(tmp_path / "still.mp4", still=True)
    everywhere = [[0.0, 0, 0, 160, 90]]
    for clip in (judged(path, everywhere), judged(path, DANCER, contrast=200.0)):
        assert clip.is_kept
        assert clip.values["motion.background"] is None


def test_a_clip_shorter_than_half_a_second_has_nothing_to_compare(tmp_path: Path) -> None:
    path = write_video(tmp_path / "film.mp4", pan(5, 12))
    assert code_of(MotionStage()(clip_of(path, 12), tmp_path)[0]) == "too-short"
