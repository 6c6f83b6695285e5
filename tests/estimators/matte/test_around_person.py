"""The part of a frame around the person: what lies beyond has no say."""

import numpy as np
import pytest

from dynascene.estimators.matte.around_person import around_person
from dynascene.estimators.matte.finishing import keep_subject


def test_it_holds_the_person_of_all_frames_and_a_margin() -> None:
    one, other = np.zeros((2, 30, 50), np.float32)
    one[10, 20], other[15, 33] = 1, 0.3
    assert around_person([one, other], 0.2, 0.06) == (slice(7, 19), slice(17, 37))
    assert around_person([one, other], 0.5, 0.0) == (slice(10, 11), slice(20, 21))
    assert around_person([one], 1.0) is None


@pytest.mark.parametrize("place", [(0, 0), (40, 60), (83, 153)])
def test_the_subject_is_the_same_wherever_it_stands(place: tuple[int, int]) -> None:
    """Also at the frame's border: a body, a hand close to it, and a part too far away."""
    parts = np.zeros((7, 7), np.float32)
    parts[:4, :3], parts[0, 5] = 0.9, 0.8
    frame = np.zeros((90, 160), np.float32)
    frame[place[0] : place[0] + 7, place[1] : place[1] + 7] = parts
    subject = keep_subject(frame)
    np.testing.assert_array_equal(subject, frame)
    frame[20, 20 if place[1] > 80 else 140] = 0.9
    np.testing.assert_array_equal(keep_subject(frame), subject)
    assert not keep_subject(np.full((90, 160), 0.4, np.float32)).any()
