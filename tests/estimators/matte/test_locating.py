"""Two boxes at the same time: two people, or one person whom a detector splits."""

import numpy as np

from dynascene.estimators.matte.locating import any_apart
from dynascene.estimators.person.subject import Subject

FRAMES = 60


def person(left: np.ndarray | float, seen: np.ndarray | slice = slice(None)) -> Subject:
    """30 pixels wide and 80 high, from ``left`` on in each frame."""
    edge = np.broadcast_to(left, FRAMES)
    boxes = np.stack([edge, np.full(FRAMES, 10), edge + 30, np.full(FRAMES, 90)], axis=1)
    flags = np.zeros(FRAMES, bool)
    flags[seen] = True
    return Subject(boxes.astype(float), flags, 1.0)


def test_two_who_stand_side_by_side_are_apart() -> None:
    assert any_apart([person(10), person(50)])
    assert any_apart([person(10), person(50, slice(0, 10))])


def test_boxes_on_one_person_are_not_apart() -> None:
    assert not any_apart([person(10), person(20)])
    assert not any_apart([person(10)])


def test_boxes_that_part_for_a_moment_are_not_apart() -> None:
    leaping = np.where(np.arange(FRAMES) < 5, 50.0, 14.0)
    assert not any_apart([person(10), person(leaping, slice(0, 8))])


def test_two_who_hide_each_other_for_most_of_the_time_are_apart() -> None:
    """Children who play: each is seen in half of the frames or more, apart in a third of them."""
    crossing = np.where(np.arange(FRAMES) < 20, 60.0, 14.0)
    assert any_apart([person(10), person(crossing, slice(0, 45))])
    assert not any_apart([person(10), person(crossing, slice(15, 35))])  # and a box that jumps


def test_who_is_seen_after_the_other_is_not_apart() -> None:
    assert not any_apart([person(10, slice(0, 30)), person(50, slice(30, 60))])
