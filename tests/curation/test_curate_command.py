"""``dynascene curate`` from the command line, on small videos with known answers."""

import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tiny_stages import SameProcess

from dynascene.curation import engine_loop, plan
from dynascene.curation.pipeline import Plan
from dynascene.curation.release import read_release
from dynascene.interfaces.cli.main import main
from dynascene.io.video_writing import H264Writer
from dynascene.types import Size

FRAMES, SIDE = 36, 96


def pan(path: Path, step: int, seed: int = 0) -> None:
    """A window that moves ``step`` pixels a frame over a blurred random picture."""
    noise = np.random.default_rng(seed).integers(0, 255, (SIDE, SIDE + step * FRAMES, 3), np.uint8)
    picture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)  # ty: ignore[no-matching-overload]
    with H264Writer(path, Size(SIDE, SIDE), Fraction(24)) as writer:
        for frame in range(FRAMES):
            writer.write(np.ascontiguousarray(picture[:, frame * step : frame * step + SIDE]))


@pytest.fixture(autouse=True)
def cheap_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is in these videos, so there is nothing to cut out."""
    monkeypatch.setattr(engine_loop, "WorkProcess", SameProcess)
    for name in ("full_plan", "rebuilding_plan"):
        made = getattr(plan, name)

        def without_matte(*arguments: Any, made: Callable[..., Plan] = made) -> Plan:
            whole = made(*arguments)
            looks = [stage for stage in whole.looks if stage.name not in ("matte", "camera")]
            return replace(whole, looks=looks)

        monkeypatch.setattr(plan, name, without_matte)


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    folder = tmp_path / "footage"
    folder.mkdir()
    pan(folder / "moving.mp4", 3)
    pan(folder / "still.mp4", 0)
    (folder / "text.mp4").write_text("no video")
    return folder


def run(*arguments: object) -> int:
    """The exit code."""
    try:
        main(["curate", *map(str, arguments)])
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def curated(footage: Path, out: Path, *more: object) -> dict[str, str]:
    """What became of each video, by its name."""
    release = out.with_suffix(".parquet")
    options = ("--in-process", "--person-detector", "none", "--release", release)
    assert run(footage, "--out", out, *options, *more) == 0
    rows = read_release(release).to_pylist()
    return {row["location"]: row["code"] or "kept" for row in rows}


def test_each_video_gets_its_verdict_and_by_default_all_are_too_small(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    verdicts = curated(footage, tmp_path / "small", "--min-height", 90)
    assert verdicts["moving.mp4"] == "kept"
    assert verdicts["text.mp4"] == "not-a-video"
    assert verdicts["still.mp4"] not in ("kept", "error")
    assert "3 clips of 3 videos, 1 kept" in capsys.readouterr().out
    assert curated(footage, tmp_path / "large")["moving.mp4"] == "low-resolution"


def test_a_release_is_rebuilt_and_says_which_links_are_rotten(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    pan(footage / "other.mp4", 4, seed=1)
    curated(footage, tmp_path / "first", "--min-height", 90)
    (footage / "other.mp4").unlink()
    release = tmp_path / "first.parquet"
    place = ("--out", tmp_path / "second", "--in-process", "--person-detector", "none")
    again = ("--from-release", release, *place)
    assert run(footage, *again) == 0
    assert "1 missing, 1 readable" in capsys.readouterr().out
    assert "other.mp4,missing" in (tmp_path / "second" / "links.csv").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a video, a folder or a list, or --from-release FILE"),
        (("gone.mp4",), "gone.mp4: no such file or folder"),
        (("--from-release", "gone.parquet"), "gone.parquet: no such file"),
        (("a", "--workers", 0), "--workers 0: must be 1 or more"),
        (("a", "--workers", 1, "--in-process"), "--in-process uses no Ray"),
        (("a", "--workers", 1, "--ray-address", "h:1"), "a cluster knows its own cores"),
    ],
)
def test_wrong_arguments_are_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture, arguments: tuple[object, ...], said: str
) -> None:
    assert run(*arguments, "--out", tmp_path / "out", "--person-detector", "none") == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_without_ray_one_line_says_how_to_get_it(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert run(footage, "--out", tmp_path / "out", "--person-detector", "none") == 2
    assert 'pip install "dynascene[curation]"' in capsys.readouterr().err
