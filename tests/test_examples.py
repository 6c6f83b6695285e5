"""The examples run, on small inputs."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import cv2
import matplotlib as mpl
import numpy as np
import pytest

from dynascene import CameraInput, PersonInput, Size
from dynascene.generation.demo import demo_scene
from dynascene.io.images import write_png
from dynascene.io.video import open_video

EXAMPLES = Path(__file__).parents[1] / "examples"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_camera_of_ones_own_moves_through_a_picture(tmp_path: Path) -> None:
    clip = example("own_camera").fly_through(demo_scene(), tmp_path / "out", 5, Size(96, 54))
    frames = list(open_video(clip).read())
    assert len(frames) == 5
    assert np.abs(frames[-1].astype(float) - frames[0]).mean() > 10


def test_what_is_found_in_a_clip_is_found_once(tmp_path: Path, monkeypatch) -> None:
    """Somebody walks before a wall."""
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path / "no-weights"))
    random = np.random.default_rng(0)
    wall, coat = (random.integers(0, 255, (12, 20, 3), np.uint8) for _ in range(2))
    clip = tmp_path / "clip"
    clip.mkdir()
    for f in range(12):
        frame = cv2.resize(wall, (160, 96), interpolation=cv2.INTER_CUBIC)
        frame[26:82, 20 + 6 * f : 40 + 6 * f] = cv2.resize(coat, (20, 56)) // 2
        write_png(clip / f"{f:03d}.png", frame)
    places = [demo_scene(), tmp_path / "second.jpg"]
    places[1].write_bytes(demo_scene().read_bytes())
    made = example("many_places").put_everywhere(
        PersonInput(person=clip), CameraInput(), places, tmp_path / "out"
    )
    first, second = (json.loads((path.parent / "report.json").read_text()) for path in made)
    assert {"matte", "points"} <= {stage["stage"] for stage in first["stages"]}
    assert not {"matte", "points"} & {stage["stage"] for stage in second["stages"]}


@pytest.mark.long
def test_a_network_is_trained_exported_and_sampled(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    told, opposite = example("train_and_sample").train_and_sample(tmp_path, 1)
    assert 3 < told < 40
    assert 3 < opposite < 40


def test_the_notebook_runs(tmp_path: Path, monkeypatch) -> None:
    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    notebook = json.loads((EXAMPLES / "cameras.ipynb").read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), "cameras.ipynb", "exec"), names)
    assert names["largest_difference"] == pytest.approx(0, abs=1e-4)
