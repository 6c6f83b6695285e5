"""What lies beside a camera file: the scale, the clip that it filmed, and which of its frames."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from panned_person import FRAMES, SIZE, pan

from dynascene.errors import InputError
from dynascene.generation.camera_input import FilmedCamera, read_filmed
from dynascene.generation.clip_scale import clip_beside
from dynascene.generation.footage import (
    with_footage,
)
from dynascene.generation.request import CameraInput, PersonInput
from dynascene.geometry.rigid import invert_rigid, rigid, rotation_about
from dynascene.io.cameras import write_cameras
from dynascene.io.checksums import sha256_of
from dynascene.jobs.log import Log

PERSON = PersonInput(person=Path("clip.mp4"))
SCALE_FIGURES = {"camera_height_units": 0.5, "pitch_degrees": -7.0, "confidence": 0.9}


def read_footage(
    camera: CameraInput, filmed: FilmedCamera, person: PersonInput | None, log: Log
) -> FilmedCamera:
    """A camera with what lies beside its file."""
    return with_footage(filmed, clip_beside(camera, person and person.person, log))


def scale_beside(folder: Path, **changes) -> None:
    """A scale.json as film_camera leaves it beside the camera file."""
    (folder / "scale.json").write_text(json.dumps(SCALE_FIGURES | changes))


def test_a_scale_beside_the_cameras_is_read(tmp_path: Path) -> None:
    camera = FilmedCamera(pan(12.0), "cameras.txt")
    with_cameras = CameraInput(cameras=str(tmp_path / "cameras.txt"))
    assert read_footage(with_cameras, camera, PERSON, Log()) is camera  # nothing lies there

    scale_beside(tmp_path)
    found = read_footage(with_cameras, camera, PERSON, Log())
    assert found.height == 0.5
    assert found.attitude is not None
    assert found.attitude.pitch == -7
    assert found.is_own
    given = read_footage(with_cameras, replace(camera, height=2.0), PERSON, Log())
    assert given.height == 2.0  # --camera-height counts more

    scale_beside(tmp_path, confidence=0.1)
    assert read_footage(with_cameras, camera, PERSON, Log()).attitude is None

    (tmp_path / "scale.json").write_text("{}")
    with pytest.raises(InputError, match=r"scale\.json: is no scale"):
        read_footage(with_cameras, camera, PERSON, Log())


def tracked_beside(folder: Path, **report) -> tuple[CameraInput, PersonInput]:
    """A clip, a camera file, and the report that dynascene track leaves beside it."""
    cameras, clip = folder / "walk.txt", folder / "walk.mp4"
    write_cameras(pan(12.0), cameras, "re10k")
    clip.write_bytes(b"pictures")
    checksums = {"video": sha256_of(clip), "cameras": sha256_of(cameras)}
    figures = {"sha256": checksums, "excerpt": [100, 100 + FRAMES]} | report
    (folder / "walk.track.json").write_text(json.dumps(figures))
    return CameraInput(cameras=str(cameras)), PersonInput(person=clip)


def test_the_report_of_tracking_tells_scale_and_clip(tmp_path: Path) -> None:
    camera, person = tracked_beside(tmp_path, scale=SCALE_FIGURES)
    filmed, log = FilmedCamera(pan(12.0), "walk.txt"), Log()
    found = read_footage(camera, filmed, person, log)
    assert (found.height, found.is_own) == (0.5, True)
    assert found.attitude is not None
    assert found.attitude.pitch == -7
    (tmp_path / "other.mp4").write_bytes(b"other pictures")
    foreign = read_footage(camera, filmed, PersonInput(person=tmp_path / "other.mp4"), log)
    assert (foreign.height, foreign.is_own) == (0.5, False)  # the camera was as high
    scale_beside(tmp_path)
    assert read_footage(camera, filmed, person, log) == found
    assert log.notices == log.doubts == []


def test_a_scale_that_contradicts_the_report_counts_and_is_doubted(tmp_path: Path) -> None:
    camera, person = tracked_beside(tmp_path, scale=SCALE_FIGURES)
    scale_beside(tmp_path, camera_height_units=0.25)
    log = Log()
    assert read_footage(camera, FilmedCamera(pan(12.0), ""), person, log).height == 0.25
    (doubt,) = log.doubts
    assert "that of scale.json counts" in doubt


def test_a_camera_tracked_without_a_matte_is_known_as_the_clips_own(tmp_path: Path) -> None:
    camera, person = tracked_beside(tmp_path)
    filmed = FilmedCamera(pan(12.0), "walk.txt")
    assert read_footage(camera, filmed, person, Log()) == replace(filmed, is_own=True)
    assert read_footage(camera, filmed, None, Log()) == filmed


def test_a_camera_of_an_excerpt_is_cut_by_the_clips_own_frames(tmp_path: Path) -> None:
    camera, person = tracked_beside(tmp_path)
    own = clip_beside(camera, person.person, Log())
    assert own is not None
    assert (own.is_own, own.excerpt) == (True, (100, 100 + FRAMES))
    poses, log = pan(12.0).cam_from_world, Log()
    first, last = 102, 100 + FRAMES
    cut = read_filmed(camera, SIZE, last - first, (first, last), log, 24.0, own)
    assert cut is not None
    torch.testing.assert_close(cut.track.cam_from_world, poses[2:], atol=1e-6, rtol=0)
    for used in ((99, 102), (102, last + 1), (0, 3)):  # (0, 3) would fit the file's length
        with pytest.raises(InputError, match=rf"frames 100:{last}, and {used[0]}:{used[1]} are"):
            read_filmed(camera, SIZE, used[1] - used[0], used, log, 24.0, own)
    with pytest.raises(InputError, match=rf"0:{FRAMES} are used; give `frames` 100:{last}"):
        read_filmed(camera, SIZE, FRAMES, None, log, 24.0, own)


def test_a_report_of_another_length_than_its_cameras_is_one_line(tmp_path: Path) -> None:
    camera, person = tracked_beside(tmp_path, excerpt=[0, FRAMES + 1])
    beside = clip_beside(camera, person.person, Log())
    with pytest.raises(InputError, match=r"cameras, and the report beside it tells of"):
        read_filmed(camera, SIZE, FRAMES, None, Log(), 24.0, beside)


def test_the_frames_of_another_clip_count_from_the_files_first_camera(tmp_path: Path) -> None:
    camera, _ = tracked_beside(tmp_path)
    (tmp_path / "other.mp4").write_bytes(b"other pictures")
    beside = clip_beside(camera, tmp_path / "other.mp4", Log())
    assert beside is not None
    assert (beside.is_own, beside.excerpt) == (False, None)
    cut = read_filmed(camera, SIZE, 2, (1, 3), Log(), 24.0, beside)
    assert cut is not None
    torch.testing.assert_close(
        cut.track.cam_from_world, pan(12.0).cam_from_world[1:3], atol=1e-6, rtol=0
    )


def test_a_scale_by_hand_keeps_what_the_report_knows_of_the_clip(tmp_path: Path) -> None:
    camera, person = tracked_beside(tmp_path)
    scale_beside(tmp_path)
    own = clip_beside(camera, person.person, Log())
    assert own is not None
    assert own.scale is not None
    assert (own.is_own, own.excerpt) == (True, (100, 100 + FRAMES))
    (tmp_path / "other.mp4").write_bytes(b"other pictures")
    foreign = clip_beside(camera, tmp_path / "other.mp4", Log())
    assert foreign is not None
    assert not foreign.is_own


@pytest.mark.parametrize(("has_scale", "notices"), [(True, 1), (False, 0)])
def test_the_report_does_not_count_for_a_camera_file_that_was_changed(
    tmp_path: Path, has_scale: bool, notices: int
) -> None:
    report = {"scale": SCALE_FIGURES} if has_scale else {}
    camera, person = tracked_beside(tmp_path, **report)
    write_cameras(pan(5.0), tmp_path / "walk.txt", "re10k")  # by another tracker, or by hand
    filmed, log = FilmedCamera(pan(5.0), "walk.txt"), Log()
    assert read_footage(camera, filmed, person, log) == filmed
    assert len(log.notices) == notices
    assert all("walk.track.json" in notice for notice in log.notices)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"sha256": 5, "excerpt": [0, 9]}',
        '{"sha256": {"video": ""}, "excerpt": [0, 9]}',
        '{"sha256": {}, "excerpt": [0, 9], "scale": {}}',
        '{"sha256": {"video": "", "cameras": ""}, "excerpt": [9, 0]}',
        '{"sha256": {"video": "", "cameras": ""}, "excerpt": "all"}',
    ],
)
def test_a_damaged_report_of_tracking_is_one_line(tmp_path: Path, text: str) -> None:
    camera, person = tracked_beside(tmp_path)
    (tmp_path / "walk.track.json").write_text(text)
    with pytest.raises(InputError, match=r"walk\.track\.json: is no scale"):
        read_footage(camera, FilmedCamera(pan(12.0), "walk.txt"), person, Log())


def test_a_report_of_curation_tells_no_scale(tmp_path: Path) -> None:
    camera, person = tracked_beside(tmp_path)
    (tmp_path / "walk.track.json").write_text('{"kind": "rotation"}')
    filmed = FilmedCamera(pan(12.0), "walk.txt")
    assert read_footage(camera, filmed, person, Log()) == filmed


def test_the_scale_of_an_excerpt_is_that_of_its_first_camera(tmp_path: Path) -> None:
    """The camera sinks by 0.3 while it tilts down by 10 degrees, then comes the excerpt."""
    scale_beside(tmp_path)  # 0.5 high, looks down by 7 degrees
    still = pan(0.0)
    down = math.cos(math.radians(7)), math.sin(math.radians(7))  # of y and z, in the first camera
    sunk = rigid(torch.eye(3, dtype=torch.float64), 0.3 * torch.tensor([0.0, *down]).double())
    tilted = rotation_about("x", -10.0).mT
    poses = still.cam_from_world.clone()
    poses[3:] = rigid(tilted, torch.zeros(3).double()) @ invert_rigid(sunk)
    whole = replace(still, cam_from_world=poses)
    part = replace(whole, cam_from_world=poses[3:], intrinsics=whole.intrinsics[3:])
    camera = CameraInput(cameras=str(tmp_path / "cameras.txt"))
    found = read_footage(camera, FilmedCamera(part, "cameras.txt", whole=whole), PERSON, Log())
    assert found.height == pytest.approx(0.2)
    assert found.attitude is not None
    assert found.attitude.pitch == pytest.approx(-17)


@pytest.mark.parametrize(
    ("pitch", "confidence", "height"),
    [
        (-7.0, 0.9, 1.5 - 10 * math.sin(math.radians(7))),  # the camera sinks as it goes ahead
        (-7.0, 0.1, 1.5),
        (None, 0.0, 1.5),
        (-12.0, 0.9, 1.5),  # it would be below the ground
    ],
)
def test_the_unit_of_an_excerpt_hangs_on_no_pitch_that_is_not_sure(
    tmp_path: Path, pitch: float | None, confidence: float, height: float
) -> None:
    """The camera goes 10 units along its axis, then comes the excerpt."""
    scale_beside(tmp_path, camera_height_units=1.5, pitch_degrees=pitch, confidence=confidence)
    whole = pan(0.0)
    whole.cam_from_world[3:, 2, 3] = -10
    part = replace(whole, cam_from_world=whole.cam_from_world[3:], intrinsics=whole.intrinsics[3:])
    camera = CameraInput(cameras=str(tmp_path / "cameras.txt"))
    found = read_footage(camera, FilmedCamera(part, "cameras.txt", whole=whole), PERSON, Log())
    assert found.height == pytest.approx(height)
    assert (found.attitude is not None) == (height < 1.5)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("camera_height_units", "1e200"), ("camera_height_units", "NaN"),
        ("camera_height_units", "-2"), ("pitch_degrees", "4000"), ("pitch_degrees", "true"),
        ("confidence", "Infinity"), ("confidence", "1" + "0" * 400), ("confidence", '"high"'),
    ],
)  # fmt: skip
def test_a_damaged_scale_names_its_file_and_field(tmp_path: Path, field: str, text: str) -> None:
    scale_beside(tmp_path)
    path = tmp_path / "scale.json"
    values = json.loads(path.read_text())
    lines = [f'"{name}": {text if name == field else json.dumps(v)}' for name, v in values.items()]
    path.write_text("{" + ", ".join(lines) + "}")
    with_cameras = CameraInput(cameras=str(tmp_path / "cameras.txt"))
    with pytest.raises(InputError, match=rf"scale\.json: .*({field}|beyond any float)"):
        read_footage(with_cameras, FilmedCamera(pan(12.0), "cameras.txt"), PERSON, Log())
