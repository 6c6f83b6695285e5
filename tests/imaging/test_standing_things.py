"""Outlines, foot lines and numbers of things on the picture of a place."""

import numpy as np
import pytest

from dynascene.imaging.standing_things import FOOT, OUTLINE, DrawnThing, draw_things

GREY = np.full((60, 90, 3), 128, np.uint8)


def is_like(picture: np.ndarray, colour: tuple[int, ...]) -> np.ndarray:
    """Pixels [H, W] whose hue is that of a line, whatever is beside it in the pixel."""
    own = picture - picture.mean(axis=2, keepdims=True)
    line = np.array(colour) - np.mean(colour)
    length = np.linalg.norm(own, axis=2)
    return (own @ line > 0.97 * length * np.linalg.norm(line)) & (length > 30)


def block(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros((180, 270), np.float32)
    mask[top:bottom, left:right] = 1
    return mask


@pytest.mark.parametrize("left", [60, 90])
def test_the_outline_runs_where_the_mask_ends(left: int) -> None:
    """The mask is three times as large as the picture that is drawn on."""
    thing = DrawnThing(block(30, left, 150, 240), np.array([[left, 165.0], [240, 165]]))
    blue = is_like(draw_things(GREY, [thing]), OUTLINE)
    row = np.flatnonzero(blue[20])  # above the number
    assert abs(row.min() - left / 3) <= 1
    assert abs(row.max() - 80) <= 1
    assert not blue[20, round(left / 3) + 3 : 77].any()
    column = np.flatnonzero(blue[:, round(left / 3) + 5])
    assert abs(column.min() - 10) <= 1
    assert abs(column.max() - 50) <= 1


def test_the_foot_line_joins_its_points() -> None:
    thing = DrawnThing(block(30, 60, 120, 240), np.array([[60.0, 135], [150, 165], [240, 150]]))
    yellow = is_like(draw_things(GREY, [thing]), FOOT)
    for column, row in ((25, 46.7), (50, 55), (65, 52.5)):
        assert abs(np.flatnonzero(yellow[:, column]).mean() - row) <= 1
    assert not yellow[:, :18].any()
    assert not yellow[:, 82:].any()


def test_each_thing_has_its_number_in_it() -> None:
    masks = [block(30, 30, 150, 120), block(30, 150, 150, 240)]
    feet = np.array([[30.0, 170], [240, 170]])
    first, second = DrawnThing(masks[0], feet), DrawnThing(masks[1], feet)
    drawn, swapped = draw_things(GREY, [first, second]), draw_things(GREY, [second, first])
    inside = [np.s_[15:45, 15:35], np.s_[15:45, 55:75]]
    for there in inside:
        assert (drawn[there] != 128).any()
        assert (drawn[there] != swapped[there]).any()
    assert (drawn[inside[0]] == swapped[inside[1]]).all()


def test_what_lies_beside_things_stays_as_it_is() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)
    thing = DrawnThing(block(90, 150, 150, 210), np.array([[150.0, 155], [400, 155]]))
    drawn = draw_things(picture, [thing])
    assert (drawn[:27] == picture[:27]).all()
    assert (drawn[:, :46] == picture[:, :46]).all()


def test_without_things_the_picture_is_copied() -> None:
    """It may be of a store, and what is drawn next does not belong there."""
    picture = np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)
    before = picture.copy()
    picture.flags.writeable = False
    drawn = draw_things(picture, [])
    assert (drawn == picture).all()
    drawn[:] = 0
    assert (picture == before).all()
