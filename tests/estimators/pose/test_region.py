import numpy as np
import pytest

from dynascene.estimators.pose.region import Region, likeness, region_of, smoothed


def test_the_person_stands_upright_in_the_cut() -> None:
    hips, end = np.array([50.0, 40.0]), np.array([70.0, 40.0])  # lying, head to the right
    region = region_of(hips, end)
    assert region.side == pytest.approx(2.5 * 20)
    assert region.turn == pytest.approx(np.pi / 2)
    to_crop = region.crop_from_frame(100)
    middle, top = (to_crop[:, :2] @ point + to_crop[:, 2] for point in (hips, end))
    np.testing.assert_allclose(middle, [49.5, 49.5])
    np.testing.assert_allclose(top, [49.5, 49.5 - 40])


def test_points_come_back_from_the_cut() -> None:
    region = Region(31, 22, 40, 0.7)
    points = np.array([[[0.0, 0], [12, 30]], [[63, 63], [5, 50]]])
    to_crop = region.crop_from_frame(64)
    there = region.to_frame(points, 64)
    np.testing.assert_allclose(there @ to_crop[:, :2].T + to_crop[:, 2], points, atol=1e-9)


def test_what_is_cut_and_laid_back_stays_in_place() -> None:
    frame = np.zeros((90, 120, 3), np.uint8)
    frame[30:60, 50:70] = 255
    region = Region(60, 45, 60, 0.4)
    cut = region.cut(frame, 128)[..., 0].astype(np.float32)
    back = region.lay(cut, (90, 120), -5.0)
    assert back[0, 0] == -5
    assert np.abs(back[32:58, 52:68] - 255).max() < 1
    assert np.abs(back[25:28, 50:70]).max() < 1


@pytest.mark.parametrize("side", [400, 1000])
def test_a_large_square_is_shrunk_without_a_shift(side: int) -> None:
    """A dot's centre of mass stays where the map says."""
    frame = np.zeros((side, side, 3), np.uint8)
    frame[side // 4 : side // 4 + 40, side // 2 : side // 2 + 40] = 200
    region = Region((side - 1) / 2, (side - 1) / 2, side, 0.0)
    mass = region.cut(frame, 64)[..., 0].astype(float)
    row, column = (np.arange(64) @ mass.sum(axis=axis) / mass.sum() for axis in (1, 0))
    to_crop = region.crop_from_frame(64)
    expected = to_crop[:, :2] @ [side // 2 + 19.5, side // 4 + 19.5] + to_crop[:, 2]
    np.testing.assert_allclose([column, row], expected, atol=0.15)


def test_likeness_falls_with_distance_and_size() -> None:
    region = Region(50, 50, 40, 0)
    assert likeness(region, region) == 1
    assert likeness(region, Region(60, 50, 40, 1)) == pytest.approx(0.5)
    assert likeness(region, Region(50, 50, 80, 0)) == pytest.approx(0.5)
    assert likeness(region, Region(90, 50, 40, 0)) == 0


def test_an_outlier_is_smoothed_away_and_turns_go_on_past_half_a_circle() -> None:
    turns = np.linspace(3.0, 3.4, 20)
    wrapped = (turns + np.pi) % (2 * np.pi) - np.pi
    regions = [Region(2.0 * i, 10, 50, turn) for i, turn in enumerate(wrapped)]
    regions[9] = Region(90, 80, 200, 0)
    path = smoothed(regions)
    assert path[9].x == pytest.approx(18, abs=1.5)
    assert path[9].side == pytest.approx(50)
    assert np.abs(np.diff([r.turn for r in path])).max() < 0.1
