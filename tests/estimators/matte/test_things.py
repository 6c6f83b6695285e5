"""What moves and touches the person joins them; what moves elsewhere does not."""

import numpy as np

from dynascene.estimators.matte.things import REACH, joined

H, W = 60, 130


def drawn(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    picture = np.full((H, W), 0.05, np.float32)
    for left, top, right, bottom in boxes:
        picture[top:bottom, left:right] = 0.95
    return picture


RIDER, BIKE, WAVES = (30, 10, 42, 34), (26, 34, 46, 42), (70, 20, 120, 50)


def test_a_bike_joins_its_rider_and_waves_do_not() -> None:
    both = joined(drawn(RIDER), drawn(BIKE, WAVES)) > 0.5
    np.testing.assert_array_equal(both, drawn(RIDER, BIKE) > 0.5)


def test_what_motion_misses_of_the_person_stays() -> None:
    half = (30, 10, 42, 20)
    np.testing.assert_array_equal(joined(drawn(RIDER), drawn(half)), drawn(RIDER))
    np.testing.assert_array_equal(joined(drawn(), drawn(WAVES)), drawn())


def test_a_road_that_touches_the_person_goes_no_farther_than_a_vehicle() -> None:
    road = (0, 34, W, 54)
    both = joined(drawn(RIDER), drawn(road)) > 0.5
    reach = REACH * np.sqrt(12 * 24)
    rows, columns = np.nonzero(both)
    assert both[36, 36]
    assert columns.max() - 42 <= reach + 1
    assert 30 - columns.min() <= reach + 1
    assert rows.max() - 34 <= reach + 1
