"""Travelling cameras through pycolmap, from points alone."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from seen_points import FOCAL, SIZE, angles_between, noise_picture, see, space_points, travelling

from dynascene.errors import InputError
from dynascene.estimators.camera import structure
from dynascene.estimators.camera.keyframes import Keyframes, choose_keyframes, join_keyframes
from dynascene.estimators.camera.point_tracks import PointTracks, follow_points
from dynascene.estimators.camera.structure import Mapper, open_workspace
from dynascene.types import ArrayFrames


@pytest.fixture
def keyframes() -> Keyframes:
    tracks = see(space_points(250), travelling(8), noise=0.1)
    matches = {
        (i, j): np.column_stack(
            np.intersect1d(tracks.at(i)[0], tracks.at(j)[0], return_indices=True)[1:]
        )
        for i in range(8)
        for j in range(i + 1, 8)
    }
    return Keyframes(list(range(8)), [tracks.at(f)[1] for f in range(8)], matches)


@pytest.mark.parametrize(
    ("mapper", "known", "quick"),
    [("global", False, False), ("global", False, True), ("incremental", True, False)],
)
def test_poses_and_focal_length(
    mapper: Mapper, known: bool, quick: bool, keyframes: Keyframes, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pycolmap")
    monkeypatch.setattr(structure, "FEW_POINTS", 60)  # of 250
    start = FOCAL if known else 0.87 * SIZE.width
    with open_workspace(keyframes, SIZE, is_quick=quick) as workspace:
        found = workspace.solve(mapper, start, known)
    assert found is not None
    assert found.focal == pytest.approx(FOCAL, rel=1e-9 if known else 0.03)
    poses = found.cam_from_world @ np.linalg.inv(found.cam_from_world[0])
    truth = travelling(8)
    assert angles_between(poses[:, :3, :3], truth[:, :3, :3]).max() < 0.3
    directions = [
        -pose[1:, :3, :3].transpose(0, 2, 1) @ pose[1:, :3, 3:] for pose in (poses, truth)
    ]
    a, b = (d[..., 0] / np.linalg.norm(d[..., 0], axis=1, keepdims=True) for d in directions)
    assert np.degrees(np.arccos((a * b).sum(axis=1).clip(-1, 1))).max() < 2


def test_pictures_without_matches_give_nothing() -> None:
    pytest.importorskip("pycolmap")
    points = [space_points(30, seed)[:, :2] * 10 + 100 for seed in range(3)]
    with open_workspace(Keyframes([0, 1, 2], points, {}), SIZE) as workspace:
        assert workspace.solve("incremental", FOCAL, True) is None


def test_without_pycolmap_one_line_says_what_to_install(
    keyframes: Keyframes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pycolmap", None)
    with pytest.raises(InputError, match="pycolmap>=4"), open_workspace(keyframes, SIZE):
        pass


def test_keyframes_have_both_ends_and_even_motion() -> None:
    tracks = see(space_points(400), travelling(60, (3.0, 0.0, 0.0)))
    chosen = choose_keyframes(tracks)
    assert (chosen[0], chosen[-1]) == (0, 59)
    assert 16 <= len(chosen) <= 60
    assert choose_keyframes(see(space_points(100), travelling(4))) == [0, 1, 2, 3]


def test_matches_join_the_same_content_off_the_person() -> None:
    """Two pictures of one texture, 30 pixels apart; the followed points are kept from joining."""
    texture = noise_picture(120, 260, 3)
    frames = ArrayFrames([np.ascontiguousarray(texture[:, :200]), texture[:, 30:230].copy()])
    matte = np.zeros((120, 200, 1), np.uint8)
    matte[40:80, 90:120] = 255
    tracks = follow_points(frames, ArrayFrames([matte] * 2))
    broken = PointTracks(
        tracks.frame, tracks.track + 9999 * tracks.frame, tracks.point, 2, tracks.size
    )
    joined = join_keyframes(broken, frames, ArrayFrames([matte] * 2))
    rows = joined.matches[0, 1]
    assert len(rows) > 30
    offset = joined.points[0][rows[:, 0]] - joined.points[1][rows[:, 1]]
    assert np.mean(np.linalg.norm(offset - [30, 0], axis=1) < 1) > 0.9
    for points in joined.points:
        inside = (points > [88, 38]).all(axis=1) & (points < [122, 82]).all(axis=1)
        assert not inside.any()


def test_quick_keyframes_join_near_ones_by_fewer_features() -> None:
    texture = noise_picture(330, 520, 2)
    frames = ArrayFrames([texture[:, 12 * f : 480 + 12 * f].copy() for f in range(4)])
    tracks = follow_points(frames, None)
    whole, quick = (join_keyframes(tracks, frames, None, is_quick=quick) for quick in (False, True))
    assert whole.frames == quick.frames == [0, 1, 2, 3]
    assert set(whole.matches) - set(quick.matches) == {(0, 3)}
    assert len(quick.points[0]) < len(whole.points[0])


def test_pycolmap_is_silent_and_others_may_speak(
    keyframes: Keyframes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    pycolmap = pytest.importorskip("pycolmap")
    before = pycolmap.logging.minloglevel

    def adjust(*_: object, **__: object) -> None:
        os.write(2, b"from another thread")
        with structure._quiet(pycolmap):
            pass  # a second user comes and goes
        assert pycolmap.logging.minloglevel > before
        raise ArithmeticError

    monkeypatch.setattr(structure, "_adjust", adjust)
    with open_workspace(keyframes, SIZE) as workspace, pytest.raises(ArithmeticError):
        workspace.solve("incremental", FOCAL, fix_focal=True)
    assert pycolmap.logging.minloglevel == before
    assert capfd.readouterr().err == "from another thread"


def test_pictures_are_written_behind_pycolmap(tmp_path: Path) -> None:
    """In a process of its own: where pycolmap is loaded before OpenCV, a PNG ends the process."""
    pytest.importorskip("pycolmap")
    code = (
        "from pathlib import Path; import numpy as np;"
        "from dynascene.estimators.camera.structure import load_pycolmap;"
        "from dynascene.io.images import read_image, write_png;"
        "load_pycolmap(); write_png(Path('a.png'), np.full((50, 60, 3), 7, np.uint8));"
        "assert (read_image(Path('a.png')) == 7).all()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-800:]
