"""Files of background points."""

import math
from pathlib import Path

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.geometry.point_rendering import NOWHERE
from dynascene.io.points import BackgroundPoints, read_points, write_points
from dynascene.types import Size


def some_points() -> BackgroundPoints:
    points = np.random.default_rng(0).uniform(1, 90, (4, 3, 3))
    points[..., 2] = 1
    points[0, 1, 2] = 0
    return BackgroundPoints(Size(160, 90), points)


def test_read_as_written(tmp_path: Path) -> None:
    made = some_points()
    write_points(made, tmp_path / "points.json")
    back = read_points(tmp_path / "points.json")
    assert back.size == made.size
    np.testing.assert_allclose(back.points, made.points, atol=1e-3)


def test_rows_are_shares_with_the_place_in_the_first_frame() -> None:
    made = some_points()
    rows = made.tensor_rows()
    assert rows.shape == (4, 50, 5)
    np.testing.assert_allclose(rows[2, 0, :2] * [160, 90], made.points[2, 0, :2], rtol=1e-6)
    # the first frame is a view of the picture, and what it does not show has no place there
    expected = np.where(made.points[0, :, 2:] > 0, rows[0, :3, :2], NOWHERE)
    np.testing.assert_allclose(rows[3, :3, 3:], expected)
    assert (expected == NOWHERE).any()
    np.testing.assert_allclose(rows[:, :3, 2], made.points[..., 2])
    assert not rows[:, 3:, 2].any()


@pytest.mark.parametrize(
    ("size", "visibility", "message"),
    [
        ((0, 90), 1, "size of the frames is 0x90"),
        ((160, 90), -0.5, "visibility goes from -0.5 to 1"),
        ((160, 90), 1.5, "visibility goes from 1 to 1.5"),
        ((160, 90), math.nan, "not finite"),
    ],
)
def test_values_beyond_their_range_are_refused(size, visibility: float, message: str) -> None:
    points = np.ones((2, 3, 3))
    points[1, 2, 2] = visibility
    with pytest.raises(InputError, match=message):
        BackgroundPoints(Size(*size), points)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"format": "other"}',
        '{"format": "dynascene-points", "version": 1, "size": [9, 9], "frames": []}',
        '{"format": "dynascene-points", "version": 1, "size": [9, 9], "frames": [[[1, 2]]]}',
        '{"format": "dynascene-points", "version": 1, "size": [9, Infinity], "frames": []}',
        f'{{"format": "dynascene-points", "version": 1, "size": [9, 9], "frames": [1{"0" * 400}]}}',
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "points.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"points\.json: "):
        read_points(path)
