"""A benchmark as a file: the same clips again, wherever they lie, and no others."""

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from evaluate_command import evaluate

from dynascene.errors import InputError
from dynascene.evaluation.benchmark_manifest import (
    BenchmarkManifest,
    manifest_of,
    open_manifested,
    read_benchmark_manifest,
)
from dynascene.evaluation.filmed_benchmark import FilmedBenchmark
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.io.cameras import write_cameras
from dynascene.io.video_writing import H264Writer
from dynascene.types import CameraTrack, Size

SIZE = Size(48, 32)


def write_clip(folder: Path, shade: int) -> None:
    """A clip of 8 frames, each a little lighter."""
    folder.mkdir(parents=True)
    with H264Writer(folder / "video.mp4", SIZE, Fraction(24)) as writer:
        for k in range(8):
            writer.write(np.full((SIZE.height, SIZE.width, 3), shade + 8 * k, np.uint8))
    poses = torch.eye(4, dtype=torch.float64).repeat(8, 1, 1)
    track = CameraTrack(poses, intrinsics_from_fov(60, SIZE).expand(8, 3, 3), SIZE)
    write_cameras(track, folder / "cameras.txt")
    (folder / "meta.json").write_text("{}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate(("b", "c", "d")):
        write_clip(tmp_path / "here" / name, 20 * number)
    return tmp_path / "here"


@pytest.fixture
def manifest(folder: Path, tmp_path: Path) -> BenchmarkManifest:
    """Of the first two clips, written and read."""
    benchmark = FilmedBenchmark(str(folder), None, 2, SIZE, 3, seconds=0.1)
    names = [benchmark[k].name for k in range(2)]
    written = manifest_of(benchmark, names, 5)
    (tmp_path / "benchmark.json").write_text(written.to_json())
    assert read_benchmark_manifest(tmp_path / "benchmark.json") == written
    return written


def test_the_same_clips_lie_elsewhere_among_others(folder, manifest, tmp_path) -> None:
    assert manifest.clips == ("000 b", "001 c")
    assert set(manifest.files) == {f"{c}/{r}" for c in "bc" for r in ("video", "cameras", "meta")}
    there = tmp_path / "there"
    shutil.copytree(folder, there)
    write_clip(there / "a", 190)
    benchmark = open_manifested(manifest, f"re10k:{there}")
    first = FilmedBenchmark(str(folder), None, 2, SIZE, 3, seconds=0.1)
    assert len(benchmark) == 2
    for k in range(2):
        assert benchmark[k].name == first[k].name
        assert np.array_equal(benchmark[k].truth, first[k].truth)
    assert manifest_of(benchmark, [], 0) is manifest


def test_other_data_are_refused_by_name(folder, manifest) -> None:
    (folder / "c" / "meta.json").write_text("{ }")
    with pytest.raises(InputError, match="c/meta is another file") as caught:
        open_manifested(manifest, f"re10k:{folder}")
    assert "\n" not in str(caught.value)
    (folder / "c" / "meta.json").write_text("{}")
    open_manifested(manifest, f"re10k:{folder}")
    shutil.copy(folder / "b" / "video.mp4", folder / "b" / "scene.png")
    with pytest.raises(InputError, match="has b/scene, which is not in"):
        open_manifested(manifest, f"re10k:{folder}")
    (folder / "b" / "scene.png").unlink()
    shutil.rmtree(folder / "c")
    with pytest.raises(InputError, match="has no clip c without a person"):
        open_manifested(manifest, f"re10k:{folder}")
    with pytest.raises(InputError, match="`imagery`"):
        open_manifested(manifest, f"re10k:{folder}", folder)
    for data in ("synthetic", f"people:{folder}"):
        with pytest.raises(InputError, match="is of filmed clips"):
            open_manifested(manifest, data)


def test_rendered_shots_are_the_same_or_refused(benchmark, monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    names = [benchmark[k].name for k in range(3)]
    manifest = manifest_of(benchmark, names, 0)
    again = open_manifested(manifest, "synthetic")
    assert np.array_equal(again[1].truth, benchmark[1].truth)
    other = replace(manifest, clips=(names[0], "001 elsewhere", names[2]))
    with pytest.raises(InputError, match=r"clip 001 elsewhere is 001 .* here"):
        open_manifested(other, "synthetic")[1]
    with pytest.raises(InputError, match=r"has no photo/a\.jpg"):
        open_manifested(replace(manifest, files={"photo/a.jpg": "0"}), "synthetic:test")
    with pytest.raises(InputError, match="is of split test"):
        open_manifested(manifest, "synthetic:val")


def test_files_that_are_no_manifest(manifest, tmp_path) -> None:
    path = tmp_path / "other.json"
    values = json.loads(manifest.to_json())
    for changes, message in (
        ({"metric_version": 1}, "of metrics of version 1"),
        ({"format": 9}, r"is no benchmark\.json"),
        ({"size": None}, r"is no benchmark\.json"),
        ({"further": 1}, r"is no benchmark\.json"),
        ({"clips": ["0 a", 0.5]}, r"is no benchmark\.json .*0\.5 is no text"),
        ({"clips": 3}, r"is no benchmark\.json"),
        ({"clips": "abc"}, "clips is 'abc'"),
        ({"clips": {"a": 1}}, "clips is {'a': 1}"),
        ({"kind": 3}, r"is no benchmark\.json"),
        ({"split": ["test"]}, r"is no benchmark\.json"),
        ({"files": ["a.png"]}, r"is no benchmark\.json"),
        ({"files": {"a.png": 7}}, r"is no benchmark\.json .*7 is no text"),
        ({"metric_version": "2"}, r"is no benchmark\.json"),
        ({"frames": -3}, "frames is -3"),
        ({"frames": 1}, "frames is 1"),
        ({"frames": 10**9}, "frames is 1000000000"),
        ({"frames": True}, "frames is True"),
        ({"size": [0, 32]}, "size is 0x32"),
        ({"size": ["256", "144"]}, r"size is \['256', '144'\]"),
        ({"size": [256.9, 144]}, r"size is \[256\.9, 144\]"),
        ({"size": [True, 144]}, r"size is \[True, 144\]"),
        ({"size": "34"}, "size is '34'"),
        ({"size": [256]}, r"is no benchmark\.json"),
    ):
        path.write_text(json.dumps({**values, **changes}))
        with pytest.raises(InputError, match=message) as caught:
            read_benchmark_manifest(path)
        assert "\n" not in str(caught.value)


def test_a_manifest_says_all(folder, manifest, tmp_path) -> None:
    path = tmp_path / "benchmark.json"
    assert manifest.seconds == 0.1
    for options, message in (
        ({"clips": 2}, "`benchmark`: says which .* leave out `clips`"),
        ({"seed": 5, "seconds": 0.1}, "leave out `seconds` and `seed`"),
        ({"gap": 4}, "`gap`: .* leave out `benchmark`"),
    ):
        with pytest.raises(InputError, match=message):
            evaluate(("still",), data="synthetic", out=tmp_path / "x", benchmark=path, **options)
    out = tmp_path / "out"
    evaluate((), data=f"re10k:{folder}", out=out, benchmark=path, write_inputs=True)
    listed = json.loads((out / "inputs.json").read_text())["clips"]
    assert [(clip["name"], clip["frames"], clip["size"]) for clip in listed] == [
        ("000 b", 3, [48, 32]), ("001 c", 3, [48, 32]),
    ]  # fmt: skip
