"""``dynascene generate`` as a user meets it: what lies in DIR, and what bad input says."""

import json
import os
import pickle
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from dynascene.geometry.rigid import camera_centres
from dynascene.interfaces.cli.main import main
from dynascene.io.cameras import read_cameras
from dynascene.io.frames import open_frames
from dynascene.io.video_writing import H264Writer, PngSequenceWriter
from dynascene.types import Size

FRAMES, SIZE = 6, Size(64, 48)


def person_frames() -> np.ndarray:
    """A bright disc that wanders, with a soft edge: uint8 [F, H, W, 4], straight alpha."""
    y, x = np.mgrid[: SIZE.height, : SIZE.width] + 0.5
    noise = np.random.default_rng(3).integers(0, 256, (FRAMES, SIZE.height, SIZE.width, 3))
    frames = np.empty((FRAMES, SIZE.height, SIZE.width, 4), np.uint8)
    frames[..., :3] = noise
    for index in range(FRAMES):
        distance = np.hypot(x - 22 - 3 * index, y - 26)
        frames[index, ..., 3] = np.clip((12 - distance) / 3 * 255 + 127, 0, 255)
    return frames


@pytest.fixture
def person(tmp_path: Path) -> Path:
    with PngSequenceWriter(tmp_path / "person") as writer:
        for frame in person_frames():
            writer.write(frame)
    return tmp_path / "person"


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    y, x = np.mgrid[:120, :180]
    picture = np.stack([x, y, (x * y) % 256], axis=2).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "scene.png"), picture)
    return tmp_path / "scene.png"


def command(*arguments: object) -> None:
    """The command with the quick generator and without tracking, where nothing else is named."""
    given = [str(argument) for argument in arguments]
    quick = [] if "--generator" in given else ["--generator", "projection"]
    if not {"--move", "--cameras"} & set(given) and given and Path(given[0]).suffix != ".png":
        quick += [] if given[0].startswith("--") else ["--move", "static"]
    main(["generate", *given, *quick])


def test_everything_that_was_promised_lies_there(person: Path, scene: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command(person, "--scene", scene, "--move", "pan-right:8", "--layers", "--out", out)
    names = {path.name for path in out.iterdir()}
    assert names == {
        "composite.mp4", "background.mp4", "matte.mp4", "cameras.txt", "sheet.png", "report.json",
        "foreground", "background", "matte", "shadow",
    }  # fmt: skip
    for name in ("composite", "background", "matte"):
        clip = open_frames(out / f"{name}.mp4")
        assert (len(clip), clip.size) == (FRAMES, SIZE)
    assert len(read_cameras(out / "cameras.txt")) == FRAMES
    report = json.loads((out / "report.json").read_text())
    assert report["generator"] == "projection"
    assert 0 < report["least_seen"]["share"] <= report["seen_share"] <= 1
    assert 0 <= report["least_seen"]["frame"] < report["frames"]
    assert len(report["inputs"]["scene"]["sha256"]) == 64
    assert {stage["stage"] for stage in report["stages"]} >= {"open", "prepare", "frames"}
    assert all(stage["peak_memory_mib"] > 0 for stage in report["stages"])


def test_the_layers_hold_the_persons_pixels_bit_by_bit(
    person: Path, scene: Path, tmp_path: Path
) -> None:
    command(person, "--scene", scene, "--layers", "--out", tmp_path / "out")
    original = person_frames()
    for index in range(FRAMES):
        stored = cv2.imread(
            str(tmp_path / "out" / "foreground" / f"{index:05d}.png"), cv2.IMREAD_UNCHANGED
        )
        assert stored.dtype == np.uint16
        rgba = cv2.cvtColor(stored, cv2.COLOR_BGRA2RGBA)
        np.testing.assert_array_equal(rgba, original[index].astype(np.uint16) * 257)
    written = os.listdir(tmp_path / "out" / "background")
    assert len(written) == FRAMES


def test_the_same_call_gives_the_same_background(person: Path, scene: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        command(person, "--scene", scene, "--move", "orbit-left", "--out", tmp_path / name)
    a, b = (open_frames(tmp_path / name / "background.mp4").read() for name in ("a", "b"))
    assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_without_a_person_the_camera_moves_alone(scene: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command(
        "--scene", scene, "--move", "dolly-in", "--frames", "0:5", "--size", "96x64", "--out", out
    )
    frames = [open_frames(out / f"{name}.mp4") for name in ("background", "composite")]
    assert all((len(clip), clip.size) == (5, Size(96, 64)) for clip in frames)
    first, *_, last = frames[0].read()
    assert np.abs(first.astype(int) - last).mean() > 2  # it moves
    assert not (out / "matte.mp4").exists()


def test_a_still_with_alpha_becomes_a_still(scene: Path, tmp_path: Path) -> None:
    still = tmp_path / "anna.png"
    cv2.imwrite(str(still), cv2.cvtColor(person_frames()[0], cv2.COLOR_RGBA2BGRA))
    command(still, "--scene", scene, "--out", tmp_path / "out")
    composite = cv2.cvtColor(cv2.imread(str(tmp_path / "out" / "composite.png")), cv2.COLOR_BGR2RGB)
    original = person_frames()[0]
    solid = original[..., 3] == 255
    assert solid.sum() > 100
    np.testing.assert_array_equal(composite[solid], original[..., :3][solid])
    assert not list((tmp_path / "out").glob("*.mp4"))


def test_a_matte_beside_a_video_and_a_larger_background(
    person: Path, scene: Path, tmp_path: Path
) -> None:
    frames = person_frames()
    with H264Writer(tmp_path / "clip.mp4", SIZE, Fraction(25)) as writer:
        for frame in frames:
            writer.write(np.ascontiguousarray(frame[..., :3]))
    with PngSequenceWriter(tmp_path / "mattes") as writer:
        for frame in frames:
            writer.write(np.ascontiguousarray(frame[..., 3:]))
    out = tmp_path / "out"
    command(
        tmp_path / "clip.mp4", "--matte", tmp_path / "mattes", "--scene", scene,
        "--size", "160x80", "--frames", "1:5", "--out", out,
    )  # fmt: skip
    assert open_frames(out / "background.mp4").size == Size(160, 80)
    composite = open_frames(out / "composite.mp4")
    assert (composite.size, len(composite), composite.frame_rate) == (SIZE, 4, 25)


def test_a_second_run_replaces_the_first_and_nothing_else(
    person: Path, scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command(person / "00000.png", "--scene", scene, "--out", out)
    (out / "notes.txt").write_text("mine")
    command(person, "--scene", scene, "--layers", "--out", out)
    assert not (out / "composite.png").exists()
    command("--scene", scene, "--move", "static", "--frames", "0:3", "--out", out)
    assert capsys.readouterr().out.splitlines()[-1].startswith(str(out / "composite.mp4"))
    assert (out / "notes.txt").read_text() == "mine"
    names = {path.name for path in out.iterdir()}
    assert names == {
        "background.mp4", "composite.mp4", "cameras.txt", "sheet.png", "report.json", "notes.txt",
    }  # fmt: skip
    assert len(open_frames(out / "composite.mp4")) == 3


def test_the_cameras_of_a_result_give_the_same_result(scene: Path, tmp_path: Path) -> None:
    command("--scene", scene, "--move", "orbit-left:9", "--frames", "0:4", "--out", tmp_path / "a")
    cameras = tmp_path / "a" / "cameras.txt"
    command(
        "--scene", scene, "--cameras", cameras, "--camera-scale", "1", "--size", "180x120",
        "--out", tmp_path / "b",
    )  # fmt: skip
    a, b = (read_cameras(tmp_path / name / "cameras.txt").cam_from_world for name in ("a", "b"))
    assert (a - b).abs().max() < 0.02  # the framing is found anew


def test_a_scale_beside_the_cameras_counts_without_a_person_too(
    scene: Path, tmp_path: Path
) -> None:
    command(
        "--scene", scene, "--move", "truck-right:0.1", "--frames", "0:3", "--out", tmp_path / "a"
    )
    told = {"camera_height_units": 0.5, "pitch_degrees": None, "confidence": 0.9}
    (tmp_path / "a" / "scale.json").write_text(json.dumps(told))
    out = tmp_path / "b"
    command("--scene", scene, "--cameras", tmp_path / "a" / "cameras.txt", "--out", out)
    report = json.loads((out / "report.json").read_text())
    assert not any("unit of length is unknown" in notice for notice in report["notices"])
    assert len(report["inputs"]["scale"]["sha256"]) == 64
    a, b = (camera_centres(read_cameras(tmp_path / n / "cameras.txt").cam_from_world) for n in "ab")
    height = report["scene"]["camera_height_track_units"]
    assert float((b[-1] - b[0]).norm()) == pytest.approx(
        float((a[-1] - a[0]).norm()) * height / 0.5, rel=1e-3
    )


def test_a_camera_folder_may_be_this_one(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(SystemExit) as stop:
        command("--scene", scene, "--cameras", ".", "--out", tmp_path / "out")
    assert stop.value.code == 2
    assert "dynascene: ." in capsys.readouterr().err


def test_the_seed_shakes_the_camera(scene: Path, tmp_path: Path) -> None:
    poses = []
    for seed in (0, 1, 0):
        out = tmp_path / f"{len(poses)}"
        command(
            "--scene", scene, "--move", "handheld:2", "--frames", "0:9", "--seed", seed,
            "--out", out,
        )  # fmt: skip
        poses.append((out / "cameras.txt").read_text())
    assert poses[0] == poses[2] != poses[1]


def truncated_video(folder: Path) -> Path:
    path = folder / "cut.mp4"
    with H264Writer(path, SIZE, Fraction(24)) as writer:
        for frame in person_frames():
            writer.write(np.ascontiguousarray(frame[..., :3]))
    path.write_bytes(path.read_bytes()[:600])
    return path


def uneven_video(folder: Path) -> Path:
    """A clip of varying frame rate, with a matte for it."""
    times = [0.0, 0.03, 0.09, 0.12, 0.2, 0.22]
    with H264Writer(folder / "uneven.mp4", SIZE, Fraction(24), times=times) as writer:
        for frame in person_frames():
            writer.write(np.ascontiguousarray(frame[..., :3]))
    return folder / "uneven.mp4"


def empty_video(folder: Path) -> Path:
    import av

    path = folder / "empty.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    return path


def text_file(folder: Path, name: str, text: str = "this is no picture") -> Path:
    (folder / name).write_text(text)
    return folder / name


def mattes(folder: Path, count: int, size: Size, name: str = "mattes") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with PngSequenceWriter(folder / name) as writer:
        for _ in range(count):
            writer.write(np.full((size.height, size.width, 1), 255, np.uint8))
    return folder / name


def poses(folder: Path, rows: int, value: str = "0") -> Path:
    row = f"0 0.9 1.2 0.5 0.5 0 0 1 0 0 {value} 0 1 0 0 0 0 1 0"
    return text_file(folder, "poses.txt", "http://x\n" + "\n".join([row] * rows) + "\n")


def pickled_weights(folder: Path) -> Path:
    (folder / "weights.ckpt").write_bytes(pickle.dumps({"a": 1}))
    return folder / "weights.ckpt"


BAD = {
    "missing person": (lambda d: ["nobody.mp4"], "nobody.mp4"),
    "truncated video": (lambda d: [truncated_video(d)], "cut.mp4"),
    "video without frames": (lambda d: [empty_video(d)], "empty.mp4"),
    "person without alpha": (lambda d: [d / "scene.png"], "no alpha"),
    "scene that is no picture": (
        lambda d: [d / "person", "--scene", text_file(d, "place.jpg")], "place.jpg",
    ),
    "missing scene": (lambda d: [d / "person", "--scene", d / "none.jpg"], "none.jpg"),
    "matte of another size": (
        lambda d: [d / "person", "--matte", mattes(d, FRAMES, Size(32, 48))], "32x48",
    ),
    "matte of another length": (
        lambda d: [d / "person", "--matte", mattes(d, FRAMES - 2, SIZE)], "4 frames",
    ),
    "track that ends before the frames asked for": (
        lambda d: [d / "person", "--cameras", poses(d, 5), "--frames", "4:6"], "5 cameras",
    ),
    "results where somebody's matte lies": (
        lambda d: [d / "person", "--matte", mattes(d / "deep" / "out", FRAMES, SIZE, "matte"),
                   "--layers"],
        "not written by an earlier run",
    ),
    "scene with holes": (
        lambda d: [d / "person", "--scene", d / "person" / "00000.png"], "transparent",
    ),
    "guidance that is none": (lambda d: [d / "person", "--guidance", "nan"], "--guidance"),
    "keyframes as cameras": (
        lambda d: [d / "person", "--cameras",
                   text_file(d, "k.json", '{"keyframes": [{"frame": 0}, {"frame": 5, "pan": 3}]}')],
        "--move",
    ),
    "track shorter than the clip": (
        lambda d: [d / "person", "--cameras", poses(d, FRAMES - 1)], "5 cameras",
    ),
    "NaN pose": (lambda d: [d / "person", "--cameras", poses(d, FRAMES, "nan")], "poses.txt:2"),
    "missing track": (lambda d: [d / "person", "--cameras", d / "no.txt"], "no.txt"),
    "unknown format": (
        lambda d: [d / "person", "--cameras", poses(d, 6), "--camera-format", "maya"], "maya",
    ),
    "unknown move": (lambda d: [d / "person", "--move", "pan-rihgt"], "pan-right"),
    "move that leaves the place": (
        lambda d: [d / "person", "--move", "pedestal-down:0.9"], "below the ground",
    ),
    "move and track": (
        lambda d: [d / "person", "--move", "static", "--cameras", poses(d, 6)], "one of them",
    ),
    "frames out of range": (lambda d: [d / "person", "--frames", "0:99"], "0:6"),
    "frames out of range of varying frame rate": (
        lambda d: [uneven_video(d), "--matte", mattes(d, 6, SIZE), "--frames", "90:95"], "0:6",
    ),
    "more frames than cameras, without a person": (
        lambda d: ["--cameras", poses(d, 6), "--frames", "3:9"], "give it at least 9, or --frames",
    ),
    "frames the wrong way round": (lambda d: [d / "person", "--frames", "5:2"], "5:2"),
    "matte that would be gone": (
        lambda d: [d / "person", "--matte-shrink", "15.5"], "--matte-shrink 15.5: leaves nobody",
    ),
    "feather that is none": (
        lambda d: [d / "person", "--matte-feather", "-1"], "--matte-feather -1: give pixels",
    ),
    "shrinking nobody": (
        lambda d: ["--matte-shrink", "1", "--move", "static"], "PERSON",
    ),
    "frames that are none": (lambda d: [d / "person", "--frames", "all"], "A:B"),
    "no steps": (lambda d: [d / "person", "--steps", "0"], "--steps 0"),
    "size that is none": (lambda d: [d / "person", "--size", "big"], "big"),
    "size without pixels": (lambda d: [d / "person", "--size", "4x4"], "4x4"),
    "framing that is none": (lambda d: [d / "person", "--framing", "left"], "YAW,PITCH"),
    "pickle as weights": (
        lambda d: [d / "person", "--weights", pickled_weights(d)], "--weights",
    ),
    "pickle for the network": (
        lambda d: [d / "person", "--generator", "diffusion", "--weights", pickled_weights(d)],
        "weights.ckpt",
    ),
    "missing weights": (
        lambda d: [d / "person", "--generator", "diffusion", "--weights", d / "nowhere"], "nowhere",
    ),
    "unknown generator": (lambda d: [d / "person", "--generator", "magic"], "magic"),
    "nothing moves": (lambda d: [], "--move"),
    "matte without person": (lambda d: ["--matte", d / "person", "--move", "static"], "PERSON"),
    "still person with a move": (
        lambda d: [d / "person" / "00000.png", "--move", "static"], "single picture",
    ),
    "unknown option": (lambda d: [d / "person", "--scnee", "x"], "--scnee"),
    "number that is none": (lambda d: [d / "person", "--steps", "many"], "many"),
    "depth of another shape": (
        lambda d: [d / "person", "--scene-depth", d / "person" / "00000.png"], "depth",
    ),
}  # fmt: skip


def test_a_matte_is_shrunk_and_feathered(person: Path, scene: Path, tmp_path: Path) -> None:
    areas, edges = {}, {}
    for name, options in {
        "own": (),
        "less": ("--matte-shrink", "2.5"),
        "soft": ("--matte-shrink", "2.5", "--matte-feather", "6"),
    }.items():
        command(person, "--scene", scene, *options, "--out", tmp_path / name)
        (matte,) = open_frames(tmp_path / name / "matte.mp4").read(2, 3)
        areas[name] = np.sqrt(matte[..., 0].sum() / 255 / np.pi)
        edges[name] = int(((matte[..., 0] > 30) & (matte[..., 0] < 225)).sum())
    assert areas["own"] - areas["less"] == pytest.approx(2.5, abs=0.2)
    assert areas["soft"] == pytest.approx(areas["less"], abs=0.5)
    assert edges["soft"] > 1.5 * edges["less"]


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gives_one_line_and_leaves_nothing(
    name: str, person: Path, scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, expected = BAD[name]
    given = arguments(tmp_path)
    if "--scene" not in given:
        given += ["--scene", scene]
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as stop:
        command(*given, "--out", tmp_path / "deep" / "out")
    said = capsys.readouterr()
    complaint = [line for line in said.err.splitlines() if line.startswith("dynascene: ")]
    assert stop.value.code == 2
    assert len(complaint) == 1
    assert expected in complaint[0]
    assert "Traceback" not in said.err
    assert said.out == ""
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root may mount a small disk"
)
def test_a_full_disk_is_said_in_one_line(
    person: Path, scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(SystemExit) as stop:
            command(person, "--scene", scene, "--layers", "--out", disk / "out")
        complaint = capsys.readouterr().err
        assert stop.value.code == 2
        assert "no room in" in complaint
        assert "Traceback" not in complaint
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_an_interrupted_run_leaves_nothing(
    person: Path, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dynascene.generation.delivery.contact_sheet", interrupted)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as stop:
        command(person, "--scene", scene, "--out", tmp_path / "out")
    assert stop.value.code == 130
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("arguments", [["--help"], ["generate", "--help"], ["cameras", "--help"]])
def test_help_does_not_wait_for_torch(arguments: list[str]) -> None:
    program = (
        "import sys; from dynascene.interfaces.cli.main import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit as stop: assert not stop.code\n"
        "assert 'torch' not in sys.modules, 'torch was loaded'"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "dynascene" in done.stdout
