"""The backend pose with a stand-in for its networks: choice, fallback, and what the job writes."""

import json
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from dynascene.display import Quiet
from dynascene.errors import InputError
from dynascene.estimators.matte import finding, job, options
from dynascene.estimators.matte.options import MatteOptions
from dynascene.estimators.matte.pose import PersonMatter, PoseMatter
from dynascene.estimators.matte.things import RiderMatter
from dynascene.estimators.pose.drawing import draw_landmarks
from dynascene.estimators.pose.people import PosePerson
from dynascene.estimators.pose.region import Region
from dynascene.estimators.pose.track import PoseTrack
from dynascene.io.frames import open_frames
from dynascene.io.landmarks import PoseLandmarks, read_landmarks
from dynascene.types import ArrayFrames, Size

FRAMES, H, W = 6, 72, 128
CLIP = Path("clip.mp4")
LEFT, RIGHT = (20, 10, 44, 66), (80, 10, 104, 66)


class Display(Quiet):
    """Remembers the lines, and which of them are doubts."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.doubts: list[str] = []

    def notice(self, text: str) -> None:
        self.lines.append(text)

    def doubt(self, text: str) -> None:
        self.notice(text)
        self.doubts.append(text)


class StandIn:
    """Finds given people, and reads a box for a mask."""

    def __init__(self, people: list[tuple[tuple[int, int, int, int], float]]) -> None:
        self.people = people

    def find(self, frames, advance=lambda: None) -> list[PosePerson]:
        return [
            PosePerson(
                PoseTrack(
                    (Region((box[0] + box[2]) / 2, 38, 60, 0),) * len(frames),
                    np.ones(len(frames), bool),
                    np.tile(np.array(box, float), (len(frames), 1)),
                    1.0,
                ),
                weight,
            )
            for box, weight in self.people
        ]

    def read(self, frames, track: PoseTrack, size: Size) -> tuple[PoseLandmarks, np.ndarray]:
        left, top, right, bottom = track.boxes[0].astype(int)
        logits = np.full(frames.shape[:3], -5, np.float16)
        logits[:, top:bottom, left:right] = 5
        points = np.empty((len(frames), 33, 2))
        points[..., 0] = np.linspace(left, right, 33)
        points[..., 1] = np.linspace(top, bottom, 33)
        zeros = np.zeros((len(frames), 33))
        return PoseLandmarks(size, points, zeros, zeros + 1, zeros, np.ones(len(frames))), logits


class Backend(PoseMatter):
    def __init__(self, people: StandIn) -> None:
        self.people = people  # ty: ignore[invalid-assignment]


@pytest.fixture
def clip() -> ArrayFrames:
    frame = np.full((H, W, 3), 90, np.uint8)
    for left, top, right, bottom in (LEFT, RIGHT):
        frame[top:bottom, left:right] = (200, 60, 60)
    return ArrayFrames([frame] * FRAMES, frame_rate=Fraction(24))


def backend(monkeypatch: pytest.MonkeyPatch, *people: tuple[tuple[int, int, int, int], float]):
    make = finding.make_matter
    stand_in = Backend(StandIn(list(people)))
    monkeypatch.setattr(
        finding, "make_matter", lambda name: make("motion") if name == "motion" else stand_in
    )


def test_the_most_prominent_is_taken_and_one_line_tells_of_the_other(clip, monkeypatch) -> None:
    backend(monkeypatch, (LEFT, 0.4), (RIGHT, 0.7))
    display = Display()
    matter, frames, place = finding.find_subject(CLIP, clip, None, None, display)
    assert isinstance(matter, PersonMatter)
    assert place.boxes is not None
    assert place.boxes[0].tolist() == list(RIGHT)
    assert len(display.lines) == 1
    assert "of 2 people the most prominent was taken, number 2" in display.lines[0]
    probability = next(matter(frames, place.boxes))
    assert probability[20:60, 84:100].min() > 0.9
    assert probability[20:60, 24:40].max() < 0.1


def test_another_is_chosen_by_number_or_pixel(clip, monkeypatch) -> None:
    backend(monkeypatch, (LEFT, 0.4), (RIGHT, 0.7))
    for choice in (1, (30.0, 40.0)):
        display = Display()
        _, _, place = finding.find_subject(CLIP, clip, "pose", choice, display)
        assert place.boxes is not None
        assert place.boxes[0].tolist() == list(LEFT)
        assert display.lines == []


def test_equals_are_refused(clip, monkeypatch) -> None:
    backend(monkeypatch, (LEFT, 0.68), (RIGHT, 0.7))
    with pytest.raises(InputError, match="2 people of comparable prominence"):
        finding.find_subject(CLIP, clip, None, None, Display())


def test_motion_is_taken_where_nobody_is_seen_unless_pose_was_named(clip, monkeypatch) -> None:
    backend(monkeypatch)
    display = Display()
    matter, _, _ = finding.find_subject(CLIP, clip, None, None, display)
    assert matter.name == "motion"
    assert len(display.doubts) == 1
    assert "pose sees nobody: the matte takes what moves otherwise" in display.doubts[0]
    with pytest.raises(InputError, match="nobody was found"):
        finding.find_subject(CLIP, clip, "pose", None, display)


def test_a_matte_without_any_network_is_a_doubt_unless_motion_was_named(clip, monkeypatch) -> None:
    make = finding.make_matter
    monkeypatch.setattr(finding, "make_matter", lambda _: make("motion"))
    monkeypatch.setattr(finding, "make_detector", lambda fetch: None)
    display = Display()
    finding.find_subject(CLIP, clip, None, None, display)
    assert len(display.doubts) == 1
    assert "no network that sees people is at hand" in display.doubts[0]
    display = Display()
    finding.find_subject(CLIP, clip, "motion", None, display)
    assert not display.doubts
    assert "no network that sees people is at hand" in display.lines[0]


@pytest.mark.parametrize(("choice", "take_along"), [(None, False), (1, None)])
def test_motion_replaces_neither_the_person_alone_nor_a_number(
    clip, monkeypatch, choice, take_along
) -> None:
    backend(monkeypatch)
    with pytest.raises(InputError, match="nobody was found"):
        finding.find_subject(CLIP, clip, None, choice, Display(), take_along)


@pytest.mark.parametrize(
    ("default", "take_along", "message"),
    [
        ("selfie", True, "`take_along`: the backend selfie"),
        ("modnet", True, "`take_along`: the backend modnet"),
        ("motion", False, "`person_alone`: the backend motion"),
    ],
)
def test_things_are_refused_where_the_default_backend_cannot_tell_them(
    clip, monkeypatch, default: str, take_along: bool, message: str
) -> None:
    monkeypatch.setattr(options, "default_backend", lambda: default)
    with pytest.raises(InputError, match=message):
        MatteOptions(take_along=take_along).check(CLIP, clip)
    MatteOptions(take_along=not take_along).check(CLIP, clip)


def test_things_need_some_movement(clip) -> None:
    few = ArrayFrames(list(clip.read(0, 2)))
    with pytest.raises(InputError, match=r"`take_along`: .* has 2"):
        MatteOptions(backend="pose", take_along=True).check(CLIP, few)


def test_the_job_leaves_landmarks_and_shows_them(clip, monkeypatch, tmp_path: Path) -> None:
    backend(monkeypatch, (LEFT, 0.4))
    for name, clean in (("clean", True), ("plain", False)):
        job.run(CLIP, clip, tmp_path / name, MatteOptions(), Display(), clean_preview=clean)
    landmarks = read_landmarks(tmp_path / "clean" / "landmarks.json")
    assert len(landmarks) == FRAMES
    assert landmarks.size == (W, H)
    report = json.loads((tmp_path / "clean" / "matte.json").read_text())
    assert (report["backend"], report["doubts"]) == ("pose", [])
    clean, plain = (
        next(iter(open_frames(tmp_path / name / "preview.mp4").read())).astype(int)
        for name in ("clean", "plain")
    )
    assert np.abs(clean - plain)[10:66, 20:44].max() > 60, "lines over the person"


def test_a_doubt_names_the_preview_where_it_can_be_looked_at(
    clip, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    backend(monkeypatch, (LEFT, 0.4))
    monkeypatch.setattr(job, "doubts", lambda _, **_options: ["it jumps", "it has holes"])
    display = Display()
    for name, place in (("a", Path("footage/matte")), ("b", None)):
        job.run(CLIP, clip, tmp_path / name, MatteOptions(), display, shown_as=place)
    doubt = f"{CLIP}: the matte may be wrong: it jumps; it has holes"
    assert [line for line in display.lines if "may be wrong" in line] == [
        f"{doubt}; look at footage/matte/preview.mp4", doubt,
    ]  # fmt: skip


def test_a_smaller_picture_shows_the_landmarks_in_their_places(clip, monkeypatch, tmp_path) -> None:
    backend(monkeypatch, (LEFT, 0.4))
    job.run(CLIP, clip, tmp_path / "m", MatteOptions(), Display())
    landmarks = read_landmarks(tmp_path / "m" / "landmarks.json")
    large, small = (
        draw_landmarks(np.zeros((height, width, 3), np.uint8), landmarks, 0).max(axis=2)
        for height, width in ((4 * H, 4 * W), (H, W))
    )
    boxes = [np.array(cv2.boundingRect((drawn > 0).astype(np.uint8))) for drawn in (large, small)]
    np.testing.assert_allclose(boxes[0] / 4, boxes[1], atol=2)


@pytest.mark.parametrize("size", [Size(1920, 1080), Size(720, 1280), Size(333, 77)])
def test_a_preview_has_the_shape_of_its_clip_and_is_not_long(size: Size) -> None:
    small = job.preview_size(size)
    assert max(small) == min(960, max(size))
    assert small.width / small.height == pytest.approx(size.width / size.height, rel=0.01)


def test_with_boxes_the_person_in_them_is_taken_and_with_nobody_there_is_no_matte(clip) -> None:
    frames = np.stack(list(clip.read()))
    boxes = np.tile(np.array(RIGHT, float), (FRAMES, 1))
    matter = Backend(StandIn([(LEFT, 0.9), (RIGHT, 0.2)]))
    assert next(matter(frames, boxes))[40, 90] > 0.9
    assert next(matter(frames, None))[40, 30] > 0.9
    assert next(matter(frames, None, (90, 40)))[40, 90] > 0.9
    assert not np.any(next(Backend(StandIn([]))(frames, None)))


def test_things_are_taken_along_where_that_is_asked(clip, monkeypatch) -> None:
    backend(monkeypatch, (LEFT, 0.4))
    for take_along, kind in ((True, RiderMatter), (False, PersonMatter), (None, PersonMatter)):
        matter, _, place = finding.find_subject(CLIP, clip, None, None, Display(), take_along)
        assert type(matter) is kind
        assert place.found_by == "pose"


def test_a_bag_that_goes_with_the_person_before_a_panning_camera_joins_their_matte() -> None:
    rng = np.random.default_rng(3)
    wall = cv2.GaussianBlur(rng.integers(0, 255, (H, 400, 3)).astype(np.uint8), (0, 0), 2.5)
    wall = cv2.convertScaleAbs(wall, alpha=3, beta=-255)
    bag, frames = (46, 34, 62, 52), []
    for k in range(12):
        frame = wall[:, 9 * k : 9 * k + W].copy()
        for left, top, right, bottom in (LEFT, bag):
            frame[top:bottom, left:right] = (200, 60, 60)
        frames.append(frame)
    track = StandIn([(LEFT, 0.4)]).find(frames)[0].track
    for kind, low, high in ((RiderMatter, 0.4, 1.0), (PersonMatter, 0.0, 0.1)):
        matter = kind(StandIn([]), track, Size(W, H))  # ty: ignore[invalid-argument-type]
        mattes = np.stack(list(matter(np.stack(frames), None)))
        within = mattes[:, bag[1] + 3 : bag[3] - 3, bag[0] + 3 : bag[2] - 3]
        assert low <= within.mean() <= high
        assert mattes[:, 12:64, 22:42].min() > 0.9
        assert mattes[:, :, 100:].max() < 0.5


def test_motion_is_taken_where_the_person_is_seldom_seen_unless_they_are_asked_for_alone(
    clip, monkeypatch
) -> None:
    backend(monkeypatch, (LEFT, 0.4))
    find = StandIn.find

    def seldom(self, frames, advance=lambda: None) -> list[PosePerson]:
        people = find(self, frames)
        for person in people:
            person.track.seen[2:] = False
        return people

    monkeypatch.setattr(StandIn, "find", seldom)
    display = Display()
    matter, _, place = finding.find_subject(CLIP, clip, None, None, display)
    assert (matter.name, place.found_by) == ("motion", "motion")
    assert "sees the person in 33% of the frames only" in display.doubts[0]
    for name, choice, take_along in (
        (None, None, False),
        (None, None, True),
        (None, 1, None),
        ("pose", None, None),
    ):
        matter, _, _ = finding.find_subject(CLIP, clip, name, choice, Display(), take_along)
        assert matter.name == "pose"
