import numpy as np
import pytest

from dynascene.estimators.pose.detector import ANCHORS, PoseDetection, decode, merged, overview
from dynascene.estimators.pose.region import Region


def outputs(people: list[tuple[int, float, tuple[float, float]]]) -> tuple[np.ndarray, np.ndarray]:
    """What the network gives: (anchor, logit, offset of the hips), the body's end 50 above them."""
    numbers, logits = np.zeros((len(ANCHORS), 12)), np.full(len(ANCHORS), -20.0)
    for anchor, logit, (x, y) in people:
        numbers[anchor] = [0, 0, 40, 40, x, y, x, y - 50, 0, 0, 0, 0]
        logits[anchor] = logit
    return numbers, logits


def test_anchors_are_the_centres_of_the_cells() -> None:
    assert ANCHORS.shape == (2254, 2)
    assert ANCHORS[0].tolist() == ANCHORS[1].tolist() == [4, 4]
    assert ANCHORS[2].tolist() == [12, 4]
    assert ANCHORS[-1].tolist() == [208, 208]


def test_boxes_that_overlap_are_averaged_by_their_scores() -> None:
    sure, doubtful = 0.9, 0.6
    logits = [float(np.log(p / (1 - p))) for p in (sure, doubtful)]
    first = 2 * (28 * 10 + 10)
    numbers, scores = outputs([(first, logits[0], (1, 2)), (first + 1, logits[1], (7, 2))])
    ((points, score),) = decode(numbers, scores)
    assert score == pytest.approx(sure)
    x = (sure * 1 + doubtful * 7) / (sure + doubtful)
    np.testing.assert_allclose(points[0], ANCHORS[first] + [x - 0.5, 1.5])
    np.testing.assert_allclose(points[1] - points[0], [0, -50])


def test_people_apart_stay_apart_and_the_unsure_are_dropped() -> None:
    far = 2 * (28 * 24 + 24)
    numbers, scores = outputs([(0, 3, (0, 0)), (far, 2, (0, 0)), (600, -0.1, (0, 0))])
    people = decode(numbers, scores)
    assert len(people) == 2
    assert people[0][1] > people[1][1]


def test_the_overview_covers_the_frame_along_its_longer_side() -> None:
    whole, *parts = overview(90, 160)
    assert whole == Region(79.5, 44.5, 160, 0)
    assert [part.side for part in parts] == [90] * len(parts)
    assert parts[0].x - 45 == pytest.approx(-0.5)
    assert parts[-1].x + 45 == pytest.approx(159.5)
    assert overview(160, 90)[1].x == 44.5
    assert len(overview(90, 90)) == 1


def test_the_surer_of_two_detections_of_one_person_stays() -> None:
    one, again, other = (Region(x, 50, 40, 0) for x in (50, 53, 90))
    people = merged([PoseDetection(again, 0.6), PoseDetection(one, 0.9), PoseDetection(other, 0.7)])
    assert [p.region for p in people] == [one, other]
