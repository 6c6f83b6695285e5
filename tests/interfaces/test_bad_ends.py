"""Absurd arguments, names and files end in one line and exit code 2, with no warning around it."""

import errno
import os
import struct
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynascene.estimators.weight_table import WEIGHTS
from dynascene.interfaces.cli import main as cli
from dynascene.io.images import write_png

LONG = "x" * 300


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Holds a place and a person of two frames, and is the current folder."""
    monkeypatch.chdir(tmp_path)
    write_png(tmp_path / "place.png", np.full((36, 64, 3), 99, np.uint8))
    (tmp_path / "person").mkdir()
    for index in range(2):
        frame = np.zeros((36, 64, 4), np.uint8)
        frame[9:30, 20:30] = 255
        write_png(tmp_path / "person" / f"{index}.png", frame)
    return tmp_path


def complaint(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line that the command ends with."""
    with warnings.catch_warnings(record=True) as caught, pytest.raises(SystemExit) as stop:
        cli.main([str(argument) for argument in arguments])
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("dynascene:")]
    assert stop.value.code == 2
    assert len(lines) == 1
    assert len(lines[0]) < 1000  # long names stand there in full
    assert not caught
    return lines[0]


GENERATE = ("generate", "--generator", "projection", "--out", "out", "--scene")
ALONE = (*GENERATE, "place.png", "--move")
NUMBERS = [
    ((*ALONE, "static", "--frames", "0:1000000000000"), "--frames"),
    ((*ALONE, "static", "--frames", "0:999999999999"), "1 to 100,000 frames"),
    ((*ALONE, "static", "--guidance", "1e308"), "--guidance"),
    ((*ALONE, "static", "--scene-fov", "1e-308"), "--scene-fov"),
    ((*ALONE, "static", "--size", "9" * 5000 + "x3"), "size"),
    ((*ALONE, "+".join(["pan-right:1"] * 5000)), "more than 100 parts"),
    ((*ALONE, "pan-right:1e308"), "out of range"),
    ((*ALONE, "pan-right:" + "9" * 300), "pan-right"),
    (
        ("cameras", "make", "static", "a.txt", "--frames", "1000000000000"),
        "--frames 1000000000000:",
    ),
    (("cameras", "make", "static", "a.txt", "--fov", "1e-308"), "field of view"),
    (("cameras", "make", "static", "a.txt", "--size", "99999999999x3"), "frame size"),
    (("tables", "--status", "--out", "out", "--jobs", "0"), "--jobs 0: must be at least 1"),
    (("track", "person", "--focal", "1e308"), "--focal"),
    (("matte", "person", "--out", "m", "--subject", "9" * 5000), "--subject"),
    (("matte", "person", "--out", "m", "--frame-rate", "1e308"), "--frame-rate"),
]


@pytest.mark.parametrize(("arguments", "text"), NUMBERS, ids=[str(n) for n in range(len(NUMBERS))])
def test_numbers_out_of_any_sense(
    arguments: tuple[str, ...], text: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.rglob("*"))
    assert text in complaint(capsys, *arguments)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("name", [LONG, "a\0b", "loop", "loop/x", "place.png/x"])
def test_names_that_no_file_has(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "loop").symlink_to("loop")
    person = (*GENERATE, "place.png", "person")
    for arguments in (
        (*GENERATE, name, "--move", "static", "--frames", "0:1"),
        (*GENERATE, "place.png", "--move", "static", name),
        (*person, "--move", "static", "--matte", name),
        (*person, "--move", "static", "--scene-depth", name),
        (*person, "--cameras", name),
        (*person, "--move", name),
        ("matte", name, "--out", "m"),
        ("track", name, "--out", "t.txt"),
        ("cameras", "convert", name, "b.json"),
        ("cameras", "make", "static", name, "--to", "colmap"),
        ("matte", "person", "--out", name),
    ):
        if arguments[-2:] != ("--out", "loop"):  # a name that can be replaced
            complaint(capsys, *arguments)
    hidden = [p for p in folder.iterdir() if p.name.startswith(".")]
    assert hidden == []


def npy(path: Path, shape: tuple[int, ...]) -> Path:
    """A header that claims a shape, and nothing behind it."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (117 - len(header)) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + b"\0" * 64)
    return path


def test_depth_maps_that_claim_more_than_there_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for shape in ((100_000, 100_000), (10**12, 10**12), (-3, 4)):
        path = npy(folder / "a.npy", shape)
        assert "a.npy" in complaint(capsys, *ALONE, "static", "--scene-depth", path)
    np.save(folder / "b.npy", np.full((36, 64), 1e308))
    assert "must be finite" in complaint(capsys, *ALONE, "static", "--scene-depth", "b.npy")


def test_a_picture_of_too_many_pixels(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (20_000, 20_000)).save(folder / "huge.png")
    text = complaint(capsys, *GENERATE, "huge.png", "--move", "static")
    assert "20000x20000, more than 250,000,000 pixels" in text
    assert "DYNASCENE_MOST_PIXELS" in text
    monkeypatch.setenv("DYNASCENE_MOST_PIXELS", "100")
    assert "more than 100 pixels" in complaint(capsys, *ALONE, "static")


def test_lack_of_memory_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: 8 TB")):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr("dynascene.generation.job.open_inputs", fail)
        assert "not enough memory" in complaint(capsys, *ALONE, "static", "--frames", "0:1")


def test_defects_stay_defects(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("ours")

    monkeypatch.setattr("dynascene.generation.job.open_inputs", fail)
    with pytest.raises(ValueError, match="ours"):
        cli.main([*ALONE, "static", "--frames", "0:1"])


@pytest.mark.skipif(sys.platform != "linux", reason="needs a place that refuses every writer")
def test_a_place_that_refuses_every_writer(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """/proc stands for a file system that is read only: root may not write there either."""
    assert os.path.isdir("/proc/1")
    for arguments in (
        (*ALONE[:3], "--out", "/proc/1/out", "--scene", "place.png", "--move", "static"),
        ("cameras", "make", "static", "/proc/1/a.txt"),
        ("matte", "person", "--out", "/proc/1/m"),
        ("track", "person", "--out", "/proc/1/t.txt"),
    ):
        text = complaint(capsys, *arguments)
        assert "/proc/1" in text
        assert "exception" not in text


def test_a_disk_that_fills_up_behind_an_open_file_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system names no file then."""

    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cli, "_command", lambda _: full)
    line = complaint(capsys, "doctor")
    assert "no room on the disk of --out or of temporary files (No space left on device)" in line


def test_a_network_that_is_cut_off_in_the_cache_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNASCENE_CACHE", str(folder / "cache"))
    file = folder / "cache" / "weights" / "selfie" / WEIGHTS["selfie"].files[0].name
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(100))
    line = complaint(capsys, "matte", "person", "--matte-backend", "selfie", "--out", "matte")
    assert f"{file}: is not the expected file" in line
    assert not (folder / "matte").exists()
    assert file.stat().st_size == 100
