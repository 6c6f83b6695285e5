"""``dynascene track``: the files beside each other, what is refused, what failure leaves."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tyro
from panned_person import FOV, SIZE, filmed, pan
from PIL import Image

from dynascene.errors import InputError
from dynascene.generation.camera_input import FilmedCamera
from dynascene.generation.clip_scale import clip_beside
from dynascene.generation.footage import film_camera, with_footage
from dynascene.generation.request import CameraInput, PersonInput
from dynascene.interfaces.cli.parsing import CONFIG
from dynascene.interfaces.cli.tracking import COMMANDS
from dynascene.io.cameras import CameraDefaults, detect_format, read_cameras
from dynascene.io.frames import open_frames
from dynascene.jobs.log import Log
from dynascene.types import ArrayFrames, Size


def run(*arguments: object) -> None:
    tyro.cli(COMMANDS["track"], args=[str(argument) for argument in arguments], config=CONFIG)


def write_frames(folder: Path, frames: list[np.ndarray]) -> Path:
    folder.mkdir()
    for index, frame in enumerate(frames):
        Image.fromarray(frame.squeeze()).save(folder / f"{index:03d}.png")
    return folder


@pytest.fixture
def still(tmp_path: Path) -> Path:
    """Three equal frames of texture."""
    coarse = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    picture = np.asarray(Image.fromarray(coarse).resize((180, 120), Image.Resampling.BICUBIC))
    return write_frames(tmp_path / "still", [picture] * 3)


def test_one_pose_per_frame_and_a_report(still: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "cameras.txt"
    run(still, "--out", out, "--focal", 150)
    track = read_cameras(out, defaults=CameraDefaults(size=Size(180, 120)))
    assert len(track) == 3
    assert track.intrinsics[0, 0, 0].item() == pytest.approx(150)
    report = json.loads((tmp_path / "cameras.track.json").read_text())
    assert (report["kind"], report["verdict"]) == ("static", "good")
    assert (report["focal"], report["focal_source"]) == (150, "given")
    assert len(report["frames"]) == 3
    assert report["excerpt"] == [0, 3]
    assert {"error", "points", "inliers", "coverage", "interpolated"} == set(report["frames"][0])
    output = capsys.readouterr()
    assert "3 frames, the camera stands still, the track is good" in output.out
    assert ".partial-" not in output.err  # notices name the file where it will be
    assert str(out) in output.err.replace("\n", "")


def test_a_matte_tells_the_scale_as_generate_does(tmp_path: Path, capsys) -> None:
    clip, out = filmed(pan(4.0), comes=True), tmp_path / "walk.txt"
    colour = write_frames(tmp_path / "colour", clip[0].frames)
    matte = write_frames(tmp_path / "matte", clip[1].frames)
    run(colour, "--matte", matte, "--fov", FOV, "--out", out)
    scale = json.loads((tmp_path / "walk.track.json").read_text())["scale"]
    person, log = PersonInput(person=colour), Log()
    rate = open_frames(colour).frame_rate  # of a folder: another would tell other steps
    frames, mattes = (ArrayFrames(part.frames, rate) for part in clip)
    by_generate = film_camera(frames, mattes, person, FOV, tmp_path, log)
    names = ["camera_height_m", "distance_m", "pitch_degrees", "confidence"]
    expected = by_generate.report["scale"]
    assert scale.keys() == expected.keys()
    assert [scale[n] for n in names] == pytest.approx([expected[n] for n in names], rel=1e-2)
    lines = [line for line in log.notices if line.startswith(("scale", "the camera was"))]
    shown = capsys.readouterr().err
    assert lines
    assert all(line in shown for line in lines)
    track = read_cameras(out, defaults=CameraDefaults(size=SIZE))
    beside = clip_beside(CameraInput(cameras=str(out)), colour, Log())
    again = with_footage(FilmedCamera(track, ""), beside)
    assert again.is_own
    assert by_generate.camera is not None
    attitude = by_generate.camera.attitude
    assert attitude is not None
    assert again.attitude is not None
    assert again.attitude[:3] == pytest.approx(attitude[:3], rel=1e-2, abs=1e-3)
    assert attitude.pitch == pytest.approx(-6, abs=1)  # the horizon is row 40 of 136
    run(colour, "--fov", FOV, "--out", out)  # nobody tells it without a matte
    assert "scale" not in json.loads((tmp_path / "walk.track.json").read_text())


def test_the_clips_own_alpha_tells_the_scale_as_a_matte_does(tmp_path: Path) -> None:
    clip, out = filmed(pan(12.0)), tmp_path / "walk.txt"
    pairs = zip(clip[0].frames, clip[1].frames, strict=True)
    both = write_frames(tmp_path / "both", [np.dstack(pair) for pair in pairs])
    colour = write_frames(tmp_path / "colour", clip[0].frames)
    matte = write_frames(tmp_path / "matte", clip[1].frames)
    scales = []
    for arguments in ([both], [colour, "--matte", matte]):
        run(*arguments, "--fov", FOV, "--person-height", "1.5", "--out", out)
        scales.append(json.loads((tmp_path / "walk.track.json").read_text())["scale"])
    assert scales[0]["camera_height_m"] is not None
    assert scales[0] == scales[1]


def test_results_among_the_frames_do_not_make_them_another_clip(still: Path) -> None:
    run(still, "--out", still / "cameras.txt")
    camera = CameraInput(cameras=str(still / "cameras.txt"))
    beside = clip_beside(camera, still, Log())
    assert beside is not None
    assert beside.is_own
    Image.new("RGB", (180, 120)).save(still / "001.png")
    changed = clip_beside(camera, still, Log())
    assert changed is not None
    assert not changed.is_own


def test_a_scale_that_lies_there_already_is_named(still: Path, tmp_path: Path, capsys) -> None:
    run(still, "--out", tmp_path / "cameras.txt")
    assert "scale.json" not in capsys.readouterr().err
    (tmp_path / "scale.json").write_text("{}")
    run(still, "--out", tmp_path / "cameras.txt")
    shown = " ".join(capsys.readouterr().err.split())
    assert "counts more than what cameras.track.json tells of the scale" in shown


def test_formats_as_in_convert(still: Path, tmp_path: Path) -> None:
    run(still, "--out", tmp_path / "a.json")
    assert detect_format(tmp_path / "a.json") == "nerfstudio"
    run(still, "--out", tmp_path / "poses.dat", "--to", "tum")
    assert detect_format(tmp_path / "poses.dat") == "tum"
    assert (tmp_path / "a.track.json").is_file()
    assert (tmp_path / "poses.track.json").is_file()


def test_a_failed_track_writes_the_report_only(tmp_path: Path) -> None:
    black = write_frames(tmp_path / "black", [np.zeros((60, 90, 3), np.uint8)] * 3)
    with pytest.raises(InputError, match="could not be tracked"):
        run(black, "--out", tmp_path / "cameras.txt")
    assert not (tmp_path / "cameras.txt").exists()
    report = json.loads((tmp_path / "cameras.track.json").read_text())
    assert report["verdict"] == "failed"
    assert report["reasons"]


def test_a_failed_track_leaves_no_older_one_beside_its_report(still: Path, tmp_path: Path) -> None:
    out = tmp_path / "cameras.txt"
    run(still, "--out", out)
    run(still, "--out", out, "--focal", 150)  # a run's own results may be replaced
    assert json.loads((tmp_path / "cameras.track.json").read_text())["focal"] == 150
    black = write_frames(tmp_path / "black", [np.zeros((60, 90, 3), np.uint8)] * 3)
    with pytest.raises(InputError, match="could not be tracked"):
        run(black, "--out", out)
    assert json.loads((tmp_path / "cameras.track.json").read_text())["verdict"] == "failed"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "black", "cameras.track.json", "still",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["cameras.txt", "cameras.track.json"])
def test_what_no_run_has_written_is_refused_before_the_work(
    name: str, still: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_text("mine")
    monkeypatch.setattr("dynascene.estimators.camera.track_camera", None)
    with pytest.raises(InputError, match="not written by an earlier run"):
        run(still, "--out", tmp_path / "cameras.txt")
    assert (tmp_path / name).read_text() == "mine"


def test_an_excerpt_with_the_matte_of_the_whole_or_its_own(still: Path, tmp_path: Path) -> None:
    out = tmp_path / "cameras.txt"
    for count in (3, 2):
        corner = np.zeros((count, 120, 180), np.uint8)
        corner[:, :4, :4] = 255
        matte = write_frames(tmp_path / f"matte{count}", list(corner))
        run(still, "--frames", "1:3", "--matte", matte, "--out", out)
        assert len(read_cameras(out, defaults=CameraDefaults(size=Size(180, 120)))) == 2
        assert json.loads((tmp_path / "cameras.track.json").read_text())["excerpt"] == [1, 3]
    with pytest.raises(InputError, match=r"frames 1:4: .*still has 3 frames"):
        run(still, "--frames", "1:4", "--out", out)


def test_a_field_of_view_is_a_focal_length(still: Path, tmp_path: Path) -> None:
    run(still, "--out", tmp_path / "a.txt", "--fov", 90)
    report = json.loads((tmp_path / "a.track.json").read_text())
    assert report["focal"] == pytest.approx(90)  # half of the width, 180, as tan 45° = 1
    assert report["focal_source"] == "given"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--person-height", "17"], "`person_height` 17: give metres"),
        (["--person-height", "1.8"], "`person_height`: .*still has no alpha .* give a `matte`"),
        (["--focal", "-3"], "positive number of pixels"),
        (["--fov", "180"], "between 1 and 170 degrees"),
        (["--fov", "60", "--focal", "150"], "give one of them"),
        (["--to", "usd"], "is unknown"),
        (["--out", "nowhere/cameras.txt"], "does not exist"),
        (["--out", "cameras.xyz"], "does not tell the camera format"),
        (["--matte", "missing.mp4"], "missing.mp4"),
    ],
)
def test_refusals_come_before_the_work(
    arguments: list[str], message: str, still: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message) as refusal:
        run(still, *arguments)
    assert "\n" not in str(refusal.value)
    assert [entry.name for entry in tmp_path.iterdir()] == ["still"]


def test_help_does_not_load_torch() -> None:
    code = (
        "import sys, dynascene.interfaces.cli.tracking\n"
        "assert not {'torch', 'cv2', 'scipy', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
