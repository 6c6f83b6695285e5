"""``dynascene cameras``: what the commands write, print and refuse."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import tyro
from PIL import Image

from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import parse_sensor, parse_size
from dynascene.interfaces.cli.cameras import COMMANDS
from dynascene.io.camera_figure import speeds, summarise
from dynascene.io.cameras import CameraDefaults, detect_format, read_cameras
from dynascene.types import Size


def run(*arguments: object) -> None:
    tyro.extras.subcommand_cli_from_dict(
        COMMANDS, prog="dynascene cameras", args=[str(argument) for argument in arguments]
    )


@pytest.fixture
def pan(tmp_path: Path) -> Path:
    path = tmp_path / "pan.txt"
    run("make", "pan-right:40", path, "--frames", 9, "--size", "640x360", "--fov", 50)
    return path


def test_make_writes_the_move(pan: Path) -> None:
    track = read_cameras(pan, defaults=CameraDefaults(size=Size(640, 360)))
    summary = summarise(track)
    assert detect_format(pan) == "re10k"
    assert summary.frames == 9
    assert summary.turn == pytest.approx(40)
    assert summary.path == pytest.approx(0, abs=1e-9)
    assert summary.fov == pytest.approx((50, 50))
    assert speeds(track)[1].shape == (8,)


def test_make_reads_keyframe_files(tmp_path: Path) -> None:
    keyframes = tmp_path / "move.json"
    keyframes.write_text('{"keyframes": [{"frame": 0}, {"frame": 6, "forward": 0.5}]}')
    run("make", keyframes, tmp_path / "move.txt", "--frames", 7)
    assert summarise(read_cameras(tmp_path / "move.txt")).path == pytest.approx(0.5)


def test_a_result_tells_size_and_frame_rate(
    pan: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    result = tmp_path / "result"
    result.mkdir()
    pan.rename(result / "cameras.txt")
    (result / "report.json").write_text('{"background_size": "640x360", "frame_rate": 29.97}')
    for src in (result, result / "cameras.txt"):
        run("convert", src, tmp_path / "a.nk")
        text = (tmp_path / "a.nk").read_text()
        assert "640x360" in text
        assert "fps 29.97\n" in text
    assert "24 frames a second" not in capsys.readouterr().err
    run("convert", result, tmp_path / "b.nk", "--size", "1280x720", "--frame-rate", 25)
    assert "1280x720" in (tmp_path / "b.nk").read_text()
    assert "fps 25.0\n" in (tmp_path / "b.nk").read_text()


def test_convert_there_and_back(pan: Path, tmp_path: Path) -> None:
    size = ("--size", "640x360")
    chan = ("--rotation-order", "zxy", "--sensor", "36x24")
    run("convert", pan, tmp_path / "model", *size)
    run("convert", tmp_path / "model", tmp_path / "a.chan", *chan)
    run("convert", tmp_path / "a.chan", tmp_path / "a.json", "--to", "blender", *size, *chan)
    run("convert", tmp_path / "a.json", tmp_path / "back.txt")
    first, last = read_cameras(pan), read_cameras(tmp_path / "back.txt")
    torch.testing.assert_close(last.cam_from_world, first.cam_from_world, rtol=0, atol=1e-9)
    torch.testing.assert_close(last.intrinsics, first.intrinsics)


def test_notices_go_to_stderr(pan: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    capsys.readouterr()
    run("convert", pan, tmp_path / "a.json")
    output = capsys.readouterr()
    assert output.err.splitlines() == [f"note: {pan}: stores no frame size; assuming 1280x720"]
    assert output.out == f"{tmp_path / 'a.json'}: 9 frames\n"


@pytest.mark.parametrize(("move", "frames"), [("pan-right:40", 1), ("dolly-in:0.3", 9)])
def test_show_draws_moving_and_still_cameras(
    move: str, frames: int, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    track, picture = tmp_path / "track.txt", tmp_path / "track.png"
    run("make", move, track, "--frames", frames)
    run("show", track, "--out", picture)
    assert "field of view 60.0°" in capsys.readouterr().out
    with Image.open(picture) as image:
        assert image.size[0] > 1000
        colours = np.asarray(image.convert("RGB").resize((130, 74))).reshape(-1, 3)
    assert len(np.unique(colours, axis=0)) > 50


def test_show_without_out_writes_beside(
    pan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    run("show", pan)
    assert [entry.name for entry in (tmp_path / "here").iterdir()] == ["pan.cameras.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "missing.txt"], "no such camera file"),
        (["make", "pan-sideways", "x.txt"], "pan-sideways"),
        (["make", "static", "x.txt", "--frames", "0"], "a track has 1 to"),
        (["make", "static", "x.txt", "--size", "wide"], "1280x720"),
        (["make", "static", "x.txt", "--fov", "190"], "between 1 and 170"),
        (["make", "static", "x.chan"], "`rotation_order`"),
        (["make", "static", "x.txt", "--to", "usd"], "is unknown"),
        (["make", "static", "x.txt", "--to", "qqq"], "'qqq' is unknown. Known: "),
    ],
)
def test_refusals_leave_nothing(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        run(*arguments)
    assert not list(tmp_path.iterdir())


def test_a_picture_of_no_known_kind(pan: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no picture format"):
        run("show", pan, "--out", tmp_path / "a.txt1")
    assert [entry.name for entry in tmp_path.iterdir()] == ["pan.txt"]


@pytest.mark.parametrize("text", ["1280", "1280x", "0x720", "-1x5", "12.5x7", "axb", "1x2x3", ""])
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(InputError, match="1280x720"):
        parse_size(text)


def test_sizes() -> None:
    assert parse_size("1280x720") == parse_size(" 1280X720 ") == Size(1280, 720)
    assert parse_sensor("24.576x18.672") == (24.576, 18.672)
    for text in ("36", "0x24", "3.6.1x24"):
        with pytest.raises(InputError, match="36x24"):
            parse_sensor(text)


def test_help_does_not_load_torch() -> None:
    code = (
        "import sys, dynascene.interfaces.cli.cameras\n"
        "assert not {'torch', 'matplotlib', 'scipy', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("frames", ["0", "-3", "100001", "9" * 400])
def test_a_number_of_frames_that_no_track_has_is_one_line(frames: str, tmp_path: Path) -> None:
    message = f"^--frames {frames[:40]}: a track has 1 to 100,000 frames$"
    with pytest.raises(InputError, match=message):
        run("make", "pan-right:5", tmp_path / "a.txt", "--frames", frames)
    assert not (tmp_path / "a.txt").exists()
