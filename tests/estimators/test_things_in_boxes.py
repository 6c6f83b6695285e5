"""A thing is cut out of a picture by a box around it."""

import cv2
import numpy as np
import pytest

from dynascene.estimators.things_in_boxes import cut_out_thing


def drawn(scale: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """A red round thing on textured green: the picture and where the thing is."""
    rng = np.random.default_rng(3)
    size = 90 * scale, 150 * scale
    picture = np.full((*size, 3), (60, 140, 70), np.uint8)
    inside = np.zeros(size, np.uint8)
    cv2.ellipse(inside, (80 * scale, 50 * scale), (30 * scale, 25 * scale), 0, 0, 360, 1, -1)
    picture[inside > 0] = (190, 40, 50)
    noise = rng.normal(0, 12, picture.shape)
    return (picture + noise).clip(0, 255).astype(np.uint8), inside > 0


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    return float((truth & (mask > 0.5)).sum() / (truth | (mask > 0.5)).sum())


@pytest.mark.parametrize("scale", [1, 5])
def test_what_stands_out_in_a_box_is_the_thing(scale: int) -> None:
    picture, truth = drawn(scale)
    x0, y0, x1, y1 = (scale * number for number in (44, 20, 116, 80))
    mask = cut_out_thing(picture, (x0, y0, x1, y1))
    assert mask.shape == truth.shape
    assert mask.dtype == np.float32
    assert overlap(mask, truth) > 0.95
    assert mask[y0:y1, x0:x1].sum() == mask.sum()


def test_a_thing_ends_where_its_box_ends() -> None:
    picture, _ = drawn()
    mask = cut_out_thing(picture, (44.0, 20.0, 116.0, 75.5))
    assert mask[76:].max() == 0
    assert mask[70, 80] > 0.5


def test_the_same_box_gives_the_same_mask() -> None:
    picture, _ = drawn()
    box = (44.0, 20.0, 116.0, 80.0)
    first = cut_out_thing(picture, box)
    cv2.setRNGSeed(99)
    np.testing.assert_array_equal(first, cut_out_thing(picture, box))


def test_a_small_hole_is_closed_and_a_large_one_stays() -> None:
    picture, truth = drawn()
    green = picture[5:9, 5:9]
    picture[40:44, 70:74] = green
    mask = cut_out_thing(picture, (44.0, 20.0, 116.0, 80.0))
    assert mask[41, 71] > 0.5
    picture[40:60, 75:95] = picture[2:22, 2:22]
    mask = cut_out_thing(picture, (44.0, 20.0, 116.0, 80.0))
    assert mask[50, 85] < 0.5
    assert mask[50, 60] > 0.5
    assert truth[50, 85]


def test_a_thing_at_the_pictures_border() -> None:
    picture, truth = drawn()
    picture, truth = picture[:, 80:], truth[:, 80:]
    mask = cut_out_thing(picture, (0.0, 20.0, 36.0, 80.0))
    assert overlap(mask, truth) > 0.9


def test_a_box_that_reaches_beyond_the_picture() -> None:
    picture, truth = drawn()
    picture, truth = picture[:, 80:], truth[:, 80:]
    mask = cut_out_thing(picture, (-6.5, 20.0, 36.0, 80.0))
    assert overlap(mask, truth) > 0.9


@pytest.mark.parametrize(
    "box",
    [
        (10.2, 10.1, 10.4, 10.3),
        (0.0, 0.0, 1.0, 1.0),
        (900.0, 20.0, 960.0, 60.0),
        (-900.0, 20.0, -860.0, 60.0),
        (20.0, 900.0, 60.0, 960.0),
    ],
)
def test_a_box_without_pixels_holds_nothing(box: tuple[float, float, float, float]) -> None:
    picture, _ = drawn()
    assert cut_out_thing(picture, box).max() == 0


def test_a_box_that_nothing_surrounds_is_the_thing() -> None:
    picture, _ = drawn()
    assert cut_out_thing(picture, (0.0, 0.0, 150.0, 90.0)).min() > 0.5
    corner = cut_out_thing(picture[:3, :3], (0.0, 0.0, 3.0, 2.0))  # 3 pixels surround it
    assert corner.max() == 0  # and 6 are no thing
