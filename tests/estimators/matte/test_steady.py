"""Averaging a matte with its neighbours in time, near the person."""

import cv2
import numpy as np

from dynascene.estimators.matte.finishing import steady

TEXTURE = cv2.GaussianBlur(np.random.default_rng(0).random((66, 123, 3)), (0, 0), 2)


def frames_of(count: int) -> np.ndarray:
    return np.repeat(cv2.normalize(TEXTURE, None, 0, 255, cv2.NORM_MINMAX)[None], count, 0).astype(
        np.uint8
    )


def test_a_hole_of_one_frame_is_filled_by_its_neighbours() -> None:
    probabilities = np.full((3, 66, 123), 0.01, np.float32)
    probabilities[:, 20:45, 5:30] = 0.9
    probabilities[1, 30:36, 12:18] = 0.0
    middle = list(steady(iter(probabilities), frames_of(3)))[1]
    # the frame itself counts once, each neighbour one half
    np.testing.assert_allclose(middle[31:35, 13:17], 0.45, atol=0.02)
    np.testing.assert_allclose(middle[22:28, 7:28], 0.9, atol=0.02)


def test_far_from_the_person_nothing_changes() -> None:
    random = np.random.default_rng(1)
    probabilities = (0.015 * random.random((3, 66, 123))).astype(np.float32)
    probabilities[:, 20:45, 5:30] = 0.9
    for before, after in zip(probabilities, steady(iter(probabilities), frames_of(3)), strict=True):
        np.testing.assert_array_equal(after[:, 60:], before[:, 60:])


def test_a_person_of_a_neighbouring_frame_counts_where_this_one_lacks_them() -> None:
    probabilities = np.zeros((3, 66, 123), np.float32)
    probabilities[::2, 20:45, 80:110] = 0.8
    middle = list(steady(iter(probabilities), frames_of(3)))[1]
    np.testing.assert_allclose(middle[25:40, 85:105], 0.4, atol=0.02)


def test_nobody_stays_nobody() -> None:
    probabilities = np.full((3, 66, 123), 0.007, np.float32)
    for frame in steady(iter(probabilities), frames_of(3)):
        np.testing.assert_array_equal(frame, probabilities[0])


def test_frames_too_small_for_flow_are_averaged_as_they_lie() -> None:
    frames = np.full((3, 5, 7, 3), 90, np.uint8)
    probabilities = np.full((3, 5, 7), 0.8, np.float32)
    probabilities[1] = 0.4
    np.testing.assert_allclose(list(steady(iter(probabilities), frames))[1], 0.6, atol=1e-6)
