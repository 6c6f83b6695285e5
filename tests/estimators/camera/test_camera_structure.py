"""Travelling cameras through pycolmap, from points alone."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from seen_points import FOCAL, SIZE, angles_between, noise_picture, see, space_points, travelling

from dynascene.errors import InputError
from dynascene.estimators.camera import keyframes as keyframes_module
from dynascene.estimators.camera import structure
from dynascene.estimators.camera.keyframes import (
    Keyframes,
    _match,
    _spread,
    choose_keyframes,
    join_keyframes,
)
from dynascene.estimators.camera.point_tracks import PointTracks, follow_points, picture_spool
from dynascene.estimators.camera.structure import (
    Mapper,
    Workspace,
    open_workspace,
    pinhole_camera,
)
from dynascene.types import ArrayFrames, Size


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


@pytest.mark.parametrize(("mapper", "known"), [("global", False), ("incremental", True)])
def test_poses_and_focal_length(mapper: Mapper, known: bool, keyframes: Keyframes) -> None:
    pytest.importorskip("pycolmap")
    start = FOCAL if known else 0.87 * SIZE.width
    with open_workspace(keyframes, SIZE) as workspace:
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


def test_a_workspace_solves_as_a_fresh_one_whatever_it_solved_before(keyframes: Keyframes) -> None:
    pytest.importorskip("pycolmap")
    with open_workspace(keyframes, SIZE) as fresh, open_workspace(keyframes, SIZE) as used:
        used.solve("incremental", 2 * FOCAL, fix_focal=False)
        used.solve("incremental", 2 * FOCAL, fix_focal=True)
        expected, result = (w.solve("global", FOCAL, fix_focal=True) for w in (fresh, used))
    assert expected is not None
    assert result is not None
    np.testing.assert_array_equal(result.cam_from_world, expected.cam_from_world)


def test_pairs_are_estimated_once_for_each_focal_length_they_depend_on(
    keyframes: Keyframes, monkeypatch: pytest.MonkeyPatch
) -> None:
    pycolmap = pytest.importorskip("pycolmap")
    cameras = []

    def estimate(_: Workspace, camera: Any) -> dict:
        cameras.append((camera.has_prior_focal_length, camera.params[0]))
        return {}

    def geometries(mapper: Mapper, focal: float, is_fixed: bool) -> None:
        camera = pinhole_camera(pycolmap, SIZE, focal)
        camera.has_prior_focal_length = is_fixed
        workspace._geometries_for(mapper, camera)

    monkeypatch.setattr(Workspace, "_estimate_geometries", estimate)
    with open_workspace(keyframes, SIZE) as workspace:
        for focal in (300.0, 400.0, 300.0):
            geometries("global", focal, False)  # its relative poses depend on the focal length
        geometries("incremental", 500.0, False)  # inliers alone do not, while it is free
        assert cameras == [(False, 300.0), (False, 400.0)]
        for mapper in ("incremental", "global"):
            for focal in (300.0, 400.0):
                geometries(mapper, focal, True)
        assert cameras[2:] == [(True, 300.0), (True, 400.0)]


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
    pictures = picture_spool(frames.size)
    tracks = follow_points(frames, ArrayFrames([matte] * 2), pictures=pictures)
    broken = PointTracks(
        tracks.frame, tracks.track + 9999 * tracks.frame, tracks.point, 2, tracks.size
    )
    joined = join_keyframes(broken, pictures)
    rows = joined.matches[0, 1]
    assert len(rows) > 30
    offset = joined.points[0][rows[:, 0]] - joined.points[1][rows[:, 1]]
    assert np.mean(np.linalg.norm(offset - [30, 0], axis=1) < 1) > 0.9
    for points in joined.points:
        inside = (points > [88, 38]).all(axis=1) & (points < [122, 82]).all(axis=1)
        assert not inside.any()


def test_of_equal_descriptors_none_is_matched_twice() -> None:
    """Rows 0 and 3 of ``a`` are alike, as are 1 and 4 of ``b``: nothing tells which is meant."""
    axes = np.eye(6, dtype=np.float32)
    a, b = axes[[0, 1, 2, 0, 4]], axes[[2, 4, 0, 1, 4]]
    np.testing.assert_array_equal(_match(a, b), [[1, 3], [2, 0]])
    np.testing.assert_array_equal(_match(b, a), [[0, 2], [3, 1]])


def test_points_that_are_joined_lie_all_over_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 points in one corner have many matches, one in another few: both places are kept."""
    monkeypatch.setattr(keyframes_module, "MOST_JOINED", 12)
    crowd = np.random.default_rng(0).uniform(0, 10, (300, 2))
    points = np.concatenate([crowd, [[470.0, 310.0]], [[240.0, 160.0]]])
    times = np.concatenate([np.arange(300) + 3, [1], [0]])
    chosen = np.flatnonzero(_spread(points, times, Size(480, 320)))
    assert set(chosen) == {*range(289, 300), 300}  # that without a match tells nothing


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
