"""The demonstration needs nothing but the package and what it depends on."""

from pathlib import Path

import numpy as np

from dynascene.display import Quiet
from dynascene.generation.demo import demo_scene, run_demo
from dynascene.io.cameras import read_cameras
from dynascene.io.frames import open_frames, split_alpha


def test_the_demo_puts_the_walker_into_the_photograph(tmp_path: Path) -> None:
    run_demo(tmp_path / "out", Quiet(), frames=4)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"composite.mp4", "background.mp4", "person.mov", "person-cameras.txt"} <= names
    colour, matte = split_alpha(open_frames(tmp_path / "out" / "person.mov"))
    composite = open_frames(tmp_path / "out" / "composite.mp4")
    background = open_frames(tmp_path / "out" / "background.mp4")
    assert len(composite) == len(read_cameras(tmp_path / "out" / "person-cameras.txt")) == 4
    for person, alpha, done, place in zip(
        colour.read(), matte.read(), composite.read(), background.read(), strict=True
    ):
        solid, empty = alpha[..., 0] == 255, alpha[..., 0] == 0
        assert 0.05 < solid.mean() < 0.5
        assert np.abs(done[solid].astype(int) - person[solid]).mean() < 4
        assert np.abs(done[empty].astype(int) - place[empty]).mean() < 4


def test_the_demos_photograph_comes_with_a_dependency() -> None:
    assert demo_scene().is_file()
