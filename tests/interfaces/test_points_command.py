"""``dynascene points``: what it writes and refuses."""

from pathlib import Path

import pytest
import tyro
from textures import textured

from dynascene.errors import InputError
from dynascene.interfaces.cli.pointing import points
from dynascene.io.images import write_png
from dynascene.io.points import read_points


def run(*arguments: object) -> None:
    tyro.cli(points, args=[str(argument) for argument in arguments])


def test_a_file_of_points(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    wall = textured((72, 140), 0, (120, 120, 120))
    (tmp_path / "clip").mkdir()
    for frame in range(4):
        write_png(tmp_path / "clip" / f"{frame}.png", wall[:, 2 * frame : 2 * frame + 128])
    run(tmp_path / "clip", "--out", tmp_path / "points.json", "--count", 7)
    made = read_points(tmp_path / "points.json")
    assert (len(made), made.size, made.points.shape[1]) == (4, (128, 72), 7)
    assert "7 points" in capsys.readouterr().out
    for arguments, message in (
        (("--count", 60), "5 to 50"),
        (("--matte", tmp_path / "absent.mp4"), "absent.mp4"),
    ):
        with pytest.raises(InputError, match=message):
            run(tmp_path / "clip", "--out", tmp_path / "other.json", *arguments)
    assert not (tmp_path / "other.json").exists()
