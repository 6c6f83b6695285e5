"""A run that fails late keeps what it had found, and the next one can go on from there."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.estimators.camera.tracking import TrackedCamera
from dynascene.generation.unfinished import keeping_found
from dynascene.generation.workspace import result_folder
from dynascene.interfaces.cli.main import main
from dynascene.io.frames import open_frames
from dynascene.io.images import write_png
from dynascene.types import Size

H, W, FRAMES = 72, 120, 8


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
    walker: list[str], tmp_path: Path, capsys
) -> None:
    out = tmp_path / "out"
    line = failure(capsys, *walker[:3], "--weights", tmp_path / "absent", "--out", out)
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


def find_and_stop(out: Path, error: BaseException, found: str = "matte") -> None:
    with result_folder(out, shared="footage") as folder, keeping_found(folder, out, []):
        (folder / "footage" / found).mkdir(parents=True)
        raise error


def test_the_users_own_interruption_leaves_nothing(tmp_path: Path) -> None:
    for stop in (KeyboardInterrupt(), SystemExit(143)):
        with pytest.raises(type(stop)):
            find_and_stop(tmp_path / "out", stop)
        assert list(tmp_path.iterdir()) == []


def test_a_defect_keeps_it_and_stays_a_defect(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        find_and_stop(tmp_path / "out", ZeroDivisionError("ours"))
    assert (tmp_path / "out" / "footage" / "matte").is_dir()


def test_where_nothing_was_found_nothing_is_kept(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^no$"):
        find_and_stop(tmp_path / "out", InputError("no"), found="")
    assert list(tmp_path.iterdir()) == []
