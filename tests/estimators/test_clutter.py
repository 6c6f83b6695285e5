"""Free ground in a picture."""

import numpy as np

from dynascene.estimators.clutter import freest_point, ground_clutter

HEIGHT, WIDTH, HORIZON = 225, 360, 75


def street() -> np.ndarray:
    """Pavement with joints that lie, and bars that stand on its right half."""
    picture = np.full((HEIGHT, WIDTH, 3), 130, np.uint8)
    picture[HORIZON + 30 :: 30] = 120
    bars = np.arange(220, 340) // 8 % 2
    picture[100:200, 220:340] = np.where(bars, 240, 10)[:, None]
    return picture


def test_what_stands_about_is_no_free_ground() -> None:
    clutter = ground_clutter(street(), HORIZON)
    assert clutter is not None
    scale = clutter.shape[1] / WIDTH
    assert clutter[round(150 * scale), round(280 * scale)] > 0.9
    assert clutter[round(150 * scale), round(90 * scale)] < 0.1
    assert (clutter[: int(HORIZON * scale)] == 0).all()
    point = freest_point(clutter, HORIZON, (WIDTH, HEIGHT))
    assert point is not None
    x, y = point
    assert HORIZON < y < HEIGHT
    assert clutter[int(y * scale), int(x * scale)] < 0.1


def test_rough_ground_is_judged_by_itself() -> None:
    rough = np.random.default_rng(0).integers(60, 200, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    clutter = ground_clutter(rough, HORIZON)
    assert clutter is not None
    assert np.median(clutter) < 0.1


def test_a_picture_without_ground_has_none() -> None:
    assert ground_clutter(street(), HEIGHT - 2.0) is None


def test_the_sky_is_no_free_ground() -> None:
    """The horizon lies below the middle, and things stand in the middle of the ground."""
    horizon, clutter = 150, np.zeros((120, 192), np.float32)
    clutter[80:, 30:162] = 0.9
    point = freest_point(clutter, horizon, (WIDTH, HEIGHT))
    assert point is not None
    assert point[1] > horizon
    assert clutter[point[1] * 120 // HEIGHT, point[0] * 192 // WIDTH] == 0


def test_ground_full_of_things_has_no_free_point() -> None:
    clutter = np.zeros((120, 192), np.float32)
    clutter[80:] = 1.0
    assert freest_point(clutter, 150, (WIDTH, HEIGHT)) is None
    assert freest_point(clutter, 20, (WIDTH, HEIGHT)) is not None
