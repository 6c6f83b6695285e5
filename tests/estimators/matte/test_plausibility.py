"""What is told of a matte: drawn shapes, one fault each."""

import cv2
import numpy as np
import pytest

from dynascene.estimators.matte.plausibility import MatteShape, doubts, shape_of

H, W = 108, 192


def drawn(*boxes: tuple[int, int, int, int], hole: tuple[int, int, int, int] | None = None):
    matte = np.zeros((H, W, 1), np.uint8)
    for left, top, right, bottom in boxes:
        matte[top:bottom, left:right] = 255
    if hole is not None:
        left, top, right, bottom = hole
        matte[top:bottom, left:right] = 0
    return matte


BODY = (80, 20, 110, 90)


def test_the_shape_is_measured() -> None:
    shape = shape_of(drawn(BODY, hole=(90, 40, 96, 50)))
    assert shape.area == pytest.approx((30 * 70 - 60) / (H * W))
    assert shape.holes == pytest.approx(60 / (30 * 70 - 60))
    assert shape.pieces == 1
    assert shape.sides == (False, False, False, False)
    assert shape_of(drawn((0, 0, 192, 50))).sides == (True, True, True, False)
    assert shape_of(drawn(BODY, (20, 20, 40, 60))).pieces == 2
    assert shape_of(drawn(BODY, (20, 20, 26, 26))).pieces == 1
    assert shape_of(drawn()) == MatteShape(0, 0, 0, (False,) * 4)


def test_a_gap_that_is_open_to_the_outside_is_no_hole() -> None:
    assert shape_of(drawn(BODY, hole=(90, 60, 96, 90))).holes == 0
    large = cv2.resize(drawn(BODY), (1920, 1080))[..., None]
    assert shape_of(large).holes == 0


def walk(change: dict[int, np.ndarray]) -> list[str]:
    """A person who grows slowly, with other mattes in some frames."""
    mattes = [drawn((80, 60 - f, 110, 100)) for f in range(30)]
    for index, matte in change.items():
        mattes[index] = matte
    return doubts([shape_of(matte) for matte in mattes])


def test_a_person_who_comes_nearer_raises_no_doubts() -> None:
    assert walk({}) == []


def test_each_fault_is_named() -> None:
    assert walk({12: drawn((80, 48, 110, 70))}) == ["its area jumps in frame 12"]
    hole = {f: drawn(BODY, hole=(90, 40, 100, 60)) for f in range(8, 30)}
    assert any("holes in 73%" in line for line in walk(hole))
    pieces = {f: drawn(BODY, (20, 20, 40, 60)) for f in range(30)}
    assert walk(pieces) == ["it is in several pieces in 100% of the frames"]
    wall = {f: drawn((80, 20, 110, 90), (110, 0, 192, 30)) for f in range(30)}
    assert walk(wall) == [
        "it reaches the upper border and a side, but not the lower border, in 100% of the frames"
    ]
    close_up = {f: drawn((60, 0, 192, 108)) for f in range(30)}
    assert walk(close_up) == []
    band = {f: drawn(BODY, (0, 80, 192, 108)) for f in range(30)}
    assert walk(band) == ["it reaches from the left border to the right in 100% of the frames"]


def test_holes_and_pieces_of_things_are_no_faults() -> None:
    """A bicycle has holes, and a ball is a piece of its own; a band across the frame is neither."""
    shapes = [shape_of(drawn(BODY, (20, 20, 40, 60), hole=(90, 40, 104, 70)))] * 30
    assert len(doubts(shapes)) == 2
    assert doubts(shapes, with_things=True) == []
    band = [shape_of(drawn(BODY, (0, 80, 192, 108)))] * 30
    assert doubts(band, with_things=True) == doubts(band) != []
