import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from painted import SIZE, RedDetector, clip_of, red_boxes, write_frames

from dynascene.curation.clip import Clip
from dynascene.curation.stages.person import (
    PersonConfig,
    PersonStage,
    detector_at_hand,
    longest_gap,
    prominent_people,
)
from dynascene.errors import InputError, MissingWeights
from dynascene.estimators.person.protocol import Detection
from dynascene.io.video import open_video

CONFIG = PersonConfig("fastestdet", side=80)
COUNT = 48  # two seconds: 12 frames are looked at
A, B = (30, 20, 70, 100), (100, 20, 140, 100)  # two people of one size, far apart
DATA = Path(__file__).parents[3].parent / "shared" / "data"
NETWORK = DATA / "weights" / "fastestdet" / "FastestDet.onnx"


def judged(
    folder: Path, frames: list, detector: RedDetector | None = None, start: int = 0
) -> tuple[Clip, RedDetector]:
    detector = detector or RedDetector()
    stage = PersonStage(CONFIG)
    stage.__dict__["_detector"] = detector  # where the stage keeps what it has loaded
    video = write_frames(folder / "v.mp4", red_boxes(frames))
    (clip,) = stage(clip_of(video, len(frames), start), folder)
    return clip, detector


def code(clip: Clip) -> str | None:
    return clip.rejection and clip.rejection.code


def test_one_person_who_walks_is_kept_and_boxed_in_pixels_of_the_video(tmp_path: Path) -> None:
    walk = [[(20 + k, 20, 60 + k, 100)] for k in range(COUNT)]
    clip, _ = judged(tmp_path, walk, start=12)
    assert clip.is_kept
    assert clip.values["person.people"] == 1
    share = 40 * 80 / (SIZE.width * SIZE.height)
    assert clip.values["person.share"] == pytest.approx(share, rel=0.1)
    rows = json.loads((tmp_path / clip.files["boxes"]).read_text())
    assert [row[0] for row in rows] == list(range(12, COUNT, 4))  # six a second of twenty-four
    for frame, *box in rows:
        np.testing.assert_allclose(box, walk[frame][0], atol=3)  # seen at half the size


def test_nobody_is_told_at_a_glance(tmp_path: Path) -> None:
    clip, detector = judged(tmp_path, [[]] * COUNT)
    assert code(clip) == "no-person"
    assert len(detector.calls) == CONFIG.glances


def test_two_all_the_time_are_told_at_a_glance(tmp_path: Path) -> None:
    clip, detector = judged(tmp_path, [[A, B]] * COUNT)
    assert (code(clip), clip.rejection.measured) == ("several-people", 2)
    assert len(detector.calls) == CONFIG.glances


def test_a_second_person_who_comes_later_is_found(tmp_path: Path) -> None:
    clip, _ = judged(tmp_path, [[A]] * (COUNT // 2) + [[A, B]] * (COUNT // 2))
    assert code(clip) == "several-people"
    assert clip.values["person.people"] == 2


def test_a_small_passer_by_does_not_count(tmp_path: Path) -> None:
    clip, _ = judged(tmp_path, [[A, (120, 60, 126, 72)]] * COUNT)
    assert clip.is_kept


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([[(70, 60, 78, 78)]] * COUNT, "too-small"),
        ([[(2, 2, 158, 118)]] * COUNT, "too-large"),
        ([[A]] * (COUNT // 4) + [[]] * (COUNT - COUNT // 4), "lost"),
    ],
)
def test_what_else_drops_a_clip(tmp_path: Path, frames: list, expected: str) -> None:
    clip, _ = judged(tmp_path, frames)
    assert code(clip) == expected
    assert clip.rejection.reason


def test_what_the_detector_is_never_sure_of_is_nobody(tmp_path: Path) -> None:
    clip, _ = judged(tmp_path, [[A]] * COUNT, RedDetector(confidence=0.55))
    assert code(clip) == "no-person"
    assert clip.rejection.measured == pytest.approx(0.55)


def test_a_video_that_is_shorter_than_told_is_a_rejection(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"no video")
    stage = PersonStage(CONFIG)
    stage.__dict__["_detector"] = RedDetector()
    (clip,) = stage(clip_of(tmp_path / "v.mp4", 10), tmp_path)
    assert code(clip) == "damaged"


def test_gaps() -> None:
    assert longest_gap(np.array([1, 0, 0, 1, 0], bool)) == 2
    assert longest_gap(np.array([0, 0, 0], bool)) == 3
    assert longest_gap(np.array([1, 1, 1], bool)) == 0
    assert longest_gap(np.array([0, 1, 0, 0], bool)) == 2


def test_weak_boxes_count_as_one_at_most() -> None:
    box = np.array([0.0, 0, 10, 20])
    assert prominent_people([]) == 0
    assert prominent_people([Detection(box, 0.3), Detection(box + 40, 0.3)]) == 1
    assert prominent_people([Detection(box, 0.9), Detection(box + 40, 0.3)]) == 1
    assert prominent_people([Detection(box, 0.9), Detection(box + 40, 0.8)]) == 2


def test_missing_weights_are_told_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path))
    for name in (None, "rtdetr"):
        with pytest.raises(InputError, match=r"`person_detector` none$") as told:
            detector_at_hand(name)
        assert "\n" not in str(told.value)
    with pytest.raises(InputError, match="detector nobody: there is none"):
        detector_at_hand("nobody")


def test_damaged_weights_stop_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path))
    place = tmp_path / "weights" / "fastestdet" / "FastestDet.onnx"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"x")
    assert detector_at_hand() == "fastestdet"
    with pytest.raises(MissingWeights):
        PersonStage(CONFIG)(clip_of(tmp_path / "v.mp4", 10), tmp_path)


@pytest.mark.long
@pytest.mark.skipif(not NETWORK.is_file(), reason="FastestDet's weights are absent")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("woman-running", None),
        ("man-skiing", None),
        ("static_camera_juggle", None),
        ("pexels-walking-dynamic-5738706", None),
        ("two_people_bedroom", "several-people"),
    ],
)
def test_real_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: str | None
) -> None:
    path = DATA / "people" / f"{name}.mp4"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path))
    (tmp_path / "weights/fastestdet").mkdir(parents=True)
    shutil.copy(NETWORK, tmp_path / "weights/fastestdet")
    stage = PersonStage(PersonConfig(detector_at_hand("fastestdet")))
    (clip,) = stage(clip_of(path, len(open_video(path))), tmp_path)
    assert code(clip) == expected
