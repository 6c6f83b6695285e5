"""Who stands beside the subject is left out."""

import numpy as np

from dynascene.estimators.matte.neighbours import seen_neighbours, subjects_share
from dynascene.estimators.person.subject import Subject

LEFT, RIGHT = np.array([10.0, 10, 30, 90]), np.array([40.0, 10, 60, 90])


def test_each_keeps_their_own_side() -> None:
    share = subjects_share(100, 80, LEFT, [RIGHT])
    assert share is not None
    assert share.shape == (100, 80)
    assert share[15:85, 10:30].min() == 1
    assert share[15:85, 41:59].max() == 0
    swapped = subjects_share(100, 80, RIGHT, [LEFT])
    np.testing.assert_allclose(share + swapped, 1, atol=1e-6)


def test_boxes_that_overlap_are_parted_in_the_middle() -> None:
    share = subjects_share(100, 80, LEFT, [LEFT + np.array([10, 0, 10, 0])])
    assert share is not None
    assert share[50, :23].min() == 1
    assert share[50, 27:].max() == 0


def test_without_others_nothing_changes() -> None:
    assert subjects_share(100, 80, LEFT, []) is None


def test_only_those_who_are_seen_count() -> None:
    seen = np.array([True, False, True])
    person = Subject(np.stack([RIGHT, RIGHT, 2 * RIGHT]), seen, 1.0)
    assert seen_neighbours([person], 1, 0.5) == []
    np.testing.assert_allclose(seen_neighbours([person], 2, 0.5), [RIGHT])
