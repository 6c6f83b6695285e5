"""``dynascene pose``: what it writes, says and refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
import tyro
from walking_pose import SIZE, walking_pose

from dynascene.errors import InputError
from dynascene.estimators.weights import has_weights
from dynascene.imaging.skeleton_map import draw_skeleton
from dynascene.interfaces.cli.parsing import CONFIG
from dynascene.interfaces.cli.posing import pose
from dynascene.io.frames import open_frames
from dynascene.io.images import read_image
from dynascene.io.poses.formats import read_pose
from dynascene.io.poses.openpose import write_openpose

PEOPLE = Path(__file__).parents[2].parent / "shared/data/people"
OUTPUTS = ["pose.json", "pose.mp4", "report.json", "sheet.png"]


def run(*arguments: object) -> None:
    tyro.cli(pose, args=[str(argument) for argument in arguments], config=CONFIG)


def test_a_file_of_poses(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    made = walking_pose(5)
    write_openpose(made, tmp_path / "walk.json")
    run(tmp_path / "walk.json", "--out", tmp_path / "out", "--frame-rate", 30)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == OUTPUTS
    np.testing.assert_allclose(read_pose(tmp_path / "out/pose.json").points, made.points, atol=1e-3)
    video = open_frames(tmp_path / "out/pose.mp4")
    assert (len(video), video.size, video.frame_rate) == (5, SIZE, 30)
    drawn = next(iter(video.read())).astype(float)
    assert np.abs(drawn - draw_skeleton(made, 0)).mean() < 6
    assert read_image(tmp_path / "out/sheet.png").shape[1] > 300
    assert "100 % of the joints seen" in capsys.readouterr().out
    run(tmp_path / "walk.json", "--out", tmp_path / "out")  # replaces its own results
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert report["frames"] == 5
    assert sorted(report["outputs"]) == OUTPUTS


def test_another_body(tmp_path: Path) -> None:
    write_openpose(walking_pose(4), tmp_path / "walk.json")
    other = walking_pose(1, scale=0.8, x=100, y=90)
    write_openpose(other, tmp_path / "other.json")
    like = ("--like", tmp_path / "other.json", "--fit", "place")
    run(tmp_path / "walk.json", "--out", tmp_path / "out", *like)
    moved = read_pose(tmp_path / "out/pose.json")
    np.testing.assert_allclose(moved.points[0], other.points[0], atol=0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.json", "--out", "new"], "absent.json: no such"),
        (["absent.mp4", "--out", "new"], "absent.mp4"),
        (["walk.json", "--out", "new", "--subject", "2"], "for videos"),
        (["walk.json", "--out", "new", "--vitpose", "folder"], "for videos"),
        (["walk.json", "--out", "new", "--size", "20x20"], "160x120"),
        (["walk.json", "--out", "new", "--like", "absent.json"], "absent.json: no such"),
        (["walk.json", "--out", "taken"], "would be replaced"),
        (["walk.json", "--out", "new", "--frame-rate", "0"], "frames a second"),
    ],
)
def test_refusals_leave_nothing(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_openpose(walking_pose(2), tmp_path / "walk.json")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/sheet.png").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match=message):
        run(*arguments)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(
    not (PEOPLE.is_dir() and has_weights("pose")), reason="no clip, or no weights in the cache"
)
def test_a_filmed_person_stands_upright_in_the_drawing(tmp_path: Path) -> None:
    clip = PEOPLE / "static_camera_juggle.mp4"
    run(clip, "--frames", "0:2", "--out", tmp_path / "out")
    made = read_pose(tmp_path / "out/pose.json")
    assert made.size == open_frames(clip).size
    assert made.visible.mean() > 0.7
    nose, neck, knee = made.points[0, [0, 1, 9], 1]
    assert nose < neck < knee
