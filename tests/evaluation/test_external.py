"""Videos made elsewhere are judged as the systems are, and every fault names its clip."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from evaluate_command import evaluate

from dynascene.errors import InputError
from dynascene.evaluation import opening
from dynascene.evaluation.clip_inputs import write_inputs
from dynascene.evaluation.external import ExternalVideos, clip_file_name
from dynascene.interfaces.cli.system_names import open_external
from dynascene.io.cameras import CameraDefaults, read_cameras
from dynascene.io.frames import open_frames
from dynascene.io.images import read_image
from dynascene.io.video_writing import H264Writer, PngSequenceWriter
from dynascene.jobs.log import Log
from dynascene.types import Size

METRICS = ("l1", "psnr", "ssim", "edge", "person-change")


@pytest.fixture(scope="module")
def inputs(benchmark, tmp_path_factory) -> Path:
    """The conditions of the benchmark as files."""
    folder = tmp_path_factory.mktemp("inputs") / "out"
    write_inputs(benchmark, folder, Log())
    return folder


def listed_clips(inputs: Path) -> list[dict]:
    return json.loads((inputs / "inputs.json").read_text())["clips"]


@pytest.fixture
def truth(benchmark, inputs: Path, tmp_path: Path) -> Path:
    """The true clips in a folder, each named as its inputs: pictures, an array, pictures."""
    folder = tmp_path / "truth"
    folder.mkdir()
    for index, clip in enumerate(listed_clips(inputs)):
        frames = benchmark[index].truth
        if index == 1:
            np.save(folder / f"{clip['folder']}.npy", frames)
            continue
        with PngSequenceWriter(folder / clip["folder"]) as writer:
            for frame in frames:
                writer.write(frame)
    return folder


def measure(benchmark, monkeypatch, folder: Path, out: Path) -> dict:
    monkeypatch.setattr(opening, "open_benchmark", lambda *_: benchmark)
    evaluate(
        (), data="synthetic", out=out, clips=3, external=(f"theirs={folder}",), metrics=METRICS
    )
    return json.loads((out / "metrics.json").read_text())


def test_the_truth_made_elsewhere_is_perfect(benchmark, truth, tmp_path, monkeypatch) -> None:
    figures = measure(benchmark, monkeypatch, truth, tmp_path / "out")
    row = figures["systems"]["theirs"]
    assert row["psnr"]["whole"]["mean"] == "inf"
    assert row["ssim"]["whole"]["mean"] == 1
    assert row["distance"]["whole"]["mean"] == 0
    for view in figures["field"]["views"].values():
        assert view["theirs"]["l1"]["mean"] == 0
        assert view["still"]["l1"]["mean"] > 0.01
    assert len(figures["weights"]["theirs"]["videos"]) == 64
    assert "theirs" not in figures["obedience"]  # nobody can ask it for other cameras
    assert figures["obedience"]["still"]["share"] == 0


def test_inputs_are_those_of_the_batch(benchmark, inputs: Path) -> None:
    for index, clip in enumerate(listed_clips(inputs)):
        shot, folder = benchmark[index], inputs / "clips" / clip["folder"]
        batch = shot.batch
        assert clip["name"] == shot.name
        assert clip["frames"] == 3
        assert clip["size"] == [64, 40]
        person = np.stack(list(open_frames(folder / "person").read())) / 255
        matte = np.stack([read_image(p)[..., :1] for p in sorted((folder / "matte").iterdir())])
        assert np.abs(matte / 255 - batch.matte[0].movedim(1, -1).numpy()).max() <= 0.5 / 255
        told = batch.foreground[0].movedim(1, -1).numpy()
        assert np.abs(2 * person - matte / 255 - told).max() <= 1.6 / 255
        scene = read_image(folder / "scene.png") / 127.5 - 1
        assert np.abs(scene - batch.scene_image[0].movedim(0, -1).numpy()).max() <= 1.1 / 255
        track = read_cameras(folder / "cameras.txt", defaults=CameraDefaults(size=Size(64, 40)))
        torch.testing.assert_close(
            track.cam_from_world, batch.cam_from_world[0].double(), atol=1e-6, rtol=0
        )
        values = json.loads((folder / "clip.json").read_text())
        assert np.allclose(values["intrinsics"], batch.intrinsics[0])
        assert "truth" not in " ".join(map(str, folder.rglob("*")))


def test_a_missing_clip_is_named(benchmark, truth, tmp_path, monkeypatch) -> None:
    name = clip_file_name(benchmark[1].name)
    (truth / f"{name}.npy").unlink()
    with pytest.raises(InputError, match="theirs: missing") as caught:
        measure(benchmark, monkeypatch, truth, tmp_path / "out")
    assert str(caught.value).startswith(f"clip {benchmark[1].name}, theirs")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x[:2], "2 frames, the clip has 3"),
        (lambda x: x[:, :, :32], "frames are 32×40, the clip's are 64×40"),
        (lambda x: np.where(x > x.mean(), np.nan, x / 255), "some are NaN"),
        (lambda x: x[..., :1], r"must be \[F, H, W, 3\]"),
    ],
)
def test_other_frames_are_refused_by_clip(
    change, message: str, benchmark, truth, tmp_path, monkeypatch
) -> None:
    shot = benchmark[1]
    np.save(truth / f"{clip_file_name(shot.name)}.npy", change(shot.truth))
    with pytest.raises(InputError, match=message) as caught:
        measure(benchmark, monkeypatch, truth, tmp_path / "out")
    assert shot.name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_video_of_another_size_is_refused_by_clip(
    benchmark, truth, tmp_path, monkeypatch
) -> None:
    name = clip_file_name(benchmark[1].name)
    (truth / f"{name}.npy").unlink()
    with H264Writer(truth / f"{name}.mp4", Size(32, 20), Fraction(24)) as writer:
        for _ in range(3):
            writer.write(np.zeros((20, 32, 3), np.uint8))
    with pytest.raises(InputError, match=r"theirs: frames are 32.20, the clip's are 64.40"):
        measure(benchmark, monkeypatch, truth, tmp_path / "out")


def test_names_and_folders(truth: Path, tmp_path: Path) -> None:
    assert clip_file_name("007 solid a/b: c") == "007_solid_a_b_c"
    assert open_external(f"x={truth}").name == "x"
    for text, message in (("x", "NAME=DIR"), ("x=", "NAME=DIR"), (f"={truth}", "NAME=DIR"),
                          ("x=no-folder", "NAME=DIR")):  # fmt: skip
        with pytest.raises(InputError, match=message):
            open_external(text)
    for suffix in ("mp4", "npy"):
        (tmp_path / f"001_a.{suffix}").touch()
    with pytest.raises(InputError, match="are of one clip"):
        ExternalVideos("x", tmp_path)


@pytest.mark.parametrize(
    ("systems", "options", "message"),
    [
        (("still",), {}, "leave out the systems"),
        ((), {"gap": 4}, "leave out `gap`"),
        ((), {"obedience": 0}, "leave out `obedience`"),
        ((), {"steps": 0}, "`steps` 0"),
    ],
)
def test_writing_inputs_measures_nothing(systems, options, message: str, tmp_path) -> None:
    with pytest.raises(InputError, match=message):
        evaluate(systems, data="synthetic", out=tmp_path / "x", write_inputs=True, **options)
