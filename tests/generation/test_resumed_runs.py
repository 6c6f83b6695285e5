"""A run that fails late, or is stopped, keeps what it had found; the next one goes on from it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import cv2
import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.estimators.camera.tracking import TrackedCamera
from dynascene.interfaces.cli.main import main
from dynascene.io.frames import open_frames
from dynascene.io.images import write_png
from dynascene.types import Size

H, W, FRAMES = 72, 120, 8


@pytest.fixture(autouse=True)
def interruptible() -> Generator[None]:
    """Tests in the background of a shell are started with Ctrl-C ignored, and so are their own."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def walker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments for somebody who walks before a wall, put before another wall."""
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path / "no-weights"))
    noise = np.random.default_rng(0).integers(0, 255, (2, H // 4, W // 4, 3), np.uint8)
    wall, scene = (cv2.resize(n, (W, H), interpolation=cv2.INTER_CUBIC) for n in noise)
    (tmp_path / "clip").mkdir()
    for f in range(FRAMES):
        frame = wall.copy()
        frame[20:60, 15 + 6 * f : 30 + 6 * f] = (210, 60, 50)
        write_png(tmp_path / "clip" / f"{f:03d}.png", frame)
    write_png(tmp_path / "scene.png", scene)
    return [str(tmp_path / "clip"), "--scene", str(tmp_path / "scene.png"),
            "--generator", "projection"]  # fmt: skip


def failure(capsys: pytest.CaptureFixture, *arguments: object) -> str:
    with pytest.raises(SystemExit) as stop:
        main(["generate", *map(str, arguments)])
    assert stop.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


def untrackable(*_: object) -> TrackedCamera:
    return TrackedCamera(None, "general", "failed", ("dark",), None, None, None, Size(W, H))


TRACKING = "dynascene.generation.footage.track_camera"


def test_the_matte_outlives_a_camera_that_cannot_be_tracked(
    walker: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(TRACKING, untrackable)
        line = failure(capsys, *walker, "--out", out)
    matte = out / "footage" / "matte"
    assert f"go on with --matte {matte}" in line
    assert "--cameras FILE or --move NAME" in line
    assert len(open_frames(matte)) == FRAMES
    report = json.loads((out / "report.json").read_text())
    assert "dark" in report["failed"]
    assert sorted(path.name for path in out.iterdir()) == ["footage", "report.json"]
    assert not list(tmp_path.glob(".*partial*"))

    drawn = next(iter(open_frames(matte).read()))
    write_png(matte / "00000.png", 255 - drawn)  # mended by hand
    main(["generate", *walker, "--matte", str(matte), "--move", "static", "--out", str(out)])
    again = next(iter(open_frames(matte).read()))
    np.testing.assert_array_equal(again, 255 - drawn)
    report = json.loads((out / "report.json").read_text())
    assert "failed" not in report
    assert "footage" in report["outputs"]


def test_a_later_stage_that_fails_keeps_matte_and_camera(
    walker: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    def fail(*_: object) -> str:
        raise InputError("no space left")

    out = tmp_path / "out"
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("dynascene.generation.job.deliver", fail)
        line = failure(capsys, *walker, "--out", out)
    assert line.startswith("dynascene: no space left")
    kept = out / "footage"
    assert line.endswith(f"--matte {kept / 'matte'} --cameras {kept / 'cameras.txt'}")
    assert (kept / "scale.json").is_file()
    found = ["--matte", kept / "matte", "--cameras", kept / "cameras.txt"]
    main(["generate", *map(str, [*walker, *found, "--out", out])])
    assert (out / "composite.mp4").is_file()
    assert {p.name for p in kept.iterdir()} >= {"matte", "cameras.txt", "scale.json"}


def test_a_finished_result_is_not_touched(
    walker: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    out = tmp_path / "out"
    main(["generate", *walker, "--out", str(out)])
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}
    monkeypatch.setattr(TRACKING, untrackable)
    for name in ("footage-2", "footage-3"):
        assert str(out / name / "matte") in failure(capsys, *walker, "--out", out)
        assert len(open_frames(out / name / "matte")) == FRAMES
    assert {p: p.stat().st_mtime_ns for p in before} == before


def end(*arguments: object) -> int:
    """The exit code of a run that gets a signal on its way."""
    with pytest.raises(SystemExit) as stop:
        main(["generate", *map(str, arguments)])
    return int(stop.value.code or 0)


def sending(*signals: signal.Signals):
    def send(*_: object, **__: object) -> None:
        for number in signals:
            os.kill(os.getpid(), number)

    return send


def test_a_whole_matte_outlives_sigterm(walker, tmp_path: Path, monkeypatch, capsys) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr(TRACKING, sending(signal.SIGTERM))
    assert end(*walker, "--out", out) == 143
    matte = out / "footage" / "matte"
    *_, hint, last = capsys.readouterr().err.strip().splitlines()
    assert hint == f"what was found is kept, go on with --matte {matte}"
    assert last == "dynascene: terminated"
    assert len(open_frames(matte)) == FRAMES
    assert json.loads((out / "report.json").read_text())["failed"] == "interrupted"
    assert sorted(path.name for path in out.iterdir()) == ["footage", "report.json"]
    assert not list(tmp_path.glob(".*"))


def test_an_unfinished_matte_is_not_kept(walker, tmp_path: Path, monkeypatch, capsys) -> None:
    before = sorted(tmp_path.rglob("*"))

    def write_and_stop(path: Path, *arguments, **keywords) -> None:
        write_png(path, *arguments, **keywords)
        if path.stem.endswith(str(FRAMES - 1)):
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("dynascene.estimators.matte.job.write_png", write_and_stop)
    assert end(*walker, "--out", tmp_path / "out") == 130
    assert sorted(tmp_path.rglob("*")) == before
    assert "go on" not in capsys.readouterr().err


def test_an_interruption_while_the_scale_is_told_keeps_the_camera(
    walker, tmp_path: Path, monkeypatch, capsys
) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr("dynascene.generation.clip_scale.person_scale", sending(signal.SIGINT))
    assert end(*walker, "--out", out) == 130
    kept = out / "footage"
    found = f"--matte {kept / 'matte'} --cameras {kept / 'cameras.txt'}"
    hint = capsys.readouterr().err.strip().splitlines()[-2]
    assert hint.endswith(f"{found} (the camera's scale was not found yet)")


def test_an_impatient_second_signal_loses_nothing(
    walker, tmp_path: Path, monkeypatch, capsys
) -> None:
    """It comes while an earlier run's matte, mended by hand, is on its way to the new place."""
    out = tmp_path / "out"
    monkeypatch.setattr(TRACKING, sending(signal.SIGINT))
    assert end(*walker, "--out", out) == 130
    matte = out / "footage" / "matte"
    mended = 255 - next(iter(open_frames(matte).read()))
    write_png(matte / "00000.png", mended)
    rename = Path.rename

    def rename_and_send(path: Path, target: Path) -> Path:
        moved = rename(path, target)
        sending(signal.SIGINT, signal.SIGTERM)()
        return moved

    monkeypatch.undo()
    monkeypatch.setattr("dynascene.generation.delivery.contact_sheet", sending(signal.SIGTERM))
    monkeypatch.setattr(Path, "rename", rename_and_send)
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    assert end(*walker, "--matte", matte, "--out", out) == 143
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before
    cameras = out / "footage" / "cameras.txt"
    assert f"go on with --matte {matte} --cameras {cameras}\n" in capsys.readouterr().err
    assert cameras.with_name("scale.json").is_file()
    np.testing.assert_array_equal(next(iter(open_frames(matte).read())), mended)
    assert not list(tmp_path.glob("**/.*"))


PROGRAM = """
import sys, time
from dynascene.interfaces.cli.main import main
import dynascene.generation.footage as footage
footage.track_camera = lambda *_: time.sleep(600)
main(["generate", *sys.argv[1:]])
"""


def test_a_process_that_gets_ctrl_c_ends_with_what_it_found(walker, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *walker, "--out", str(out)],
        stderr=subprocess.PIPE, encoding="utf-8",
    ) as process:  # fmt: skip
        while not list(tmp_path.glob(".out.partial-*/footage/matte")) and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=300)
    assert process.returncode == 130
    matte = out / "footage" / "matte"
    *_, hint, last = told.strip().splitlines()
    assert hint == f"what was found is kept, go on with --matte {matte}"
    assert last == "dynascene: interrupted"
    assert len(open_frames(matte)) == FRAMES
