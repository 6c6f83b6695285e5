"""What moves in step with the person joins them; what passes by, or moves elsewhere, does not."""

import cv2
import numpy as np
import pytest

from dynascene.estimators.frame_spool import spooled
from dynascene.estimators.matte.things import REACH, join_things, with_things

H, W, FRAMES, SCALE = 90, 160, 24, 3  # boxes are in units of three pixels
RIDER = (60, 20, 74, 54)


def drawn(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    picture = np.full((H, W), 0.05, np.float32)
    for left, top, right, bottom in boxes:
        picture[max(0, top) : bottom, max(0, left) : max(0, right)] = 0.95
    return np.kron(picture, np.ones((SCALE, SCALE), np.float32))


def shifted(box: tuple[int, int, int, int], x: int) -> tuple[int, int, int, int]:
    return box[0] + x, box[1], box[2] + x, box[3]


def mattes_of(
    people: list[np.ndarray], opinions: list[np.ndarray], moving: list[np.ndarray] | None = None
) -> np.ndarray:
    spools = [spooled(pictures) for pictures in (people, opinions, moving or opinions)]
    return np.stack(list(with_things(*spools))) > 0.5


def test_a_bike_joins_its_rider_and_waves_do_not() -> None:
    bike, waves = (54, 50, 80, 66), (110, 30, 150, 80)
    mattes = mattes_of([drawn(RIDER)] * FRAMES, [drawn(bike, waves)] * FRAMES)
    for matte in mattes:
        np.testing.assert_array_equal(matte, drawn(RIDER, bike) > 0.5)


def test_a_case_stays_where_its_bar_is_seen_in_some_frames_only() -> None:
    case, bar = (40, 50, 54, 66), (54, 46, 60, 54)
    moving = [drawn(case, bar) if k % 3 == 0 else drawn(case) for k in range(FRAMES)]
    mattes = mattes_of([drawn(RIDER)] * FRAMES, moving)
    for k, matte in enumerate(mattes):
        truth = drawn(*(RIDER, case, bar) if k % 3 == 0 else (RIDER, case)) > 0.5
        assert (matte != truth).mean() < 1e-3  # an end of the bar


def test_it_goes_with_a_person_who_crosses_the_picture_and_grows() -> None:
    bodies, things, truth = [], [], []
    for k in range(FRAMES):
        body = (20 + 3 * k, 30 - k // 3, 34 + 3 * k + k // 3, 64 + k // 3)
        case = (body[0] - 14, body[3] - 16, body[0] - 1, body[3])
        bodies.append(drawn(body))
        things.append(drawn(case))
        truth.append(drawn(body, case) > 0.5)
    mattes = mattes_of(bodies, things)
    assert (mattes == np.stack(truth)).mean() > 0.999


def test_what_passes_by_is_left_behind() -> None:
    post = (130, 10, 138, 80)
    moving = [drawn(shifted(post, -7 * k)) for k in range(FRAMES)]  # sweeps past the body
    mattes = mattes_of([drawn(RIDER)] * FRAMES, moving)
    for matte in mattes:
        np.testing.assert_array_equal(matte, drawn(RIDER) > 0.5)


def test_a_table_of_her_colour_that_never_moves_is_left_behind() -> None:
    table, bag = (30, 40, 58, 46), (75, 40, 84, 50)
    people = [drawn(RIDER)] * FRAMES
    # of the bag, whose colour is plain, motion shows the edges alone
    edges = drawn(bag) - drawn((77, 42, 82, 48)) + 0.05
    mattes = mattes_of(people, [drawn(table, bag)] * FRAMES, [edges] * FRAMES)
    for matte in mattes:
        np.testing.assert_array_equal(matte, drawn(RIDER, bag) > 0.5)


def test_motion_adds_no_rim_and_takes_nothing_from_the_person() -> None:
    rim = cv2.dilate(drawn(RIDER), np.ones((3, 3)))
    half = drawn((60, 20, 74, 30))
    for moves in (rim, half):
        mattes = mattes_of([drawn(RIDER)] * FRAMES, [moves] * FRAMES)
        np.testing.assert_array_equal(mattes[5], drawn(RIDER) > 0.5)
    assert not mattes_of([drawn()] * FRAMES, [drawn((110, 30, 150, 80))] * FRAMES).any()


def test_a_road_that_touches_the_person_goes_no_farther_than_a_thing() -> None:
    road = drawn((0, 54, W, 70))
    size = SCALE * float(np.sqrt(14 * 34))
    both = join_things(drawn(RIDER), road, road > 0.5, road, size) > 0.5
    columns = np.nonzero(both)[1]
    assert both[SCALE * 60, SCALE * 66]
    reach = REACH * size
    assert columns.max() - SCALE * 74 == pytest.approx(reach, rel=0.1)
    assert SCALE * 60 - columns.min() == pytest.approx(reach, rel=0.1)
