"""Following with stand-ins for the networks, whose people are coloured blocks."""

from collections.abc import Sequence

import numpy as np
import pytest

from dynascene.estimators.pose.detector import PoseDetection
from dynascene.estimators.pose.following import BRIDGED, EVERY, Follower
from dynascene.estimators.pose.landmarker import POINTS, PoseReading
from dynascene.estimators.pose.prominence import liveliness, prominences
from dynascene.estimators.pose.region import Region, likeness
from dynascene.estimators.pose.track import track_of

FRAMES, H, W = 48, 90, 160
People = list[list[Region]]  # of each frame


def clip(people: People) -> np.ndarray:
    """Frames whose first pixel is their number, so that the stand-ins know where they are."""
    noise = np.random.default_rng(0).integers(60, 180, (H, W + FRAMES, 3)).astype(np.uint8)
    frames = np.stack([noise[:, :W]] * len(people))
    frames[:, 0, 0, 0] = np.arange(len(people))
    return frames


class Networks:
    """Detector and landmarker that see the people whom a script has."""

    def __init__(self, people: People) -> None:
        self.people, self.reads = people, 0

    def __call__(self, frame: np.ndarray) -> list[PoseDetection]:
        return [PoseDetection(region, 0.9) for region in self.people[frame[0, 0, 0]]]

    def look(self, frame: np.ndarray, squares: Sequence[Region]) -> list[PoseDetection]:
        return self(frame)

    def read(self, frame: np.ndarray, region: Region) -> PoseReading:
        self.reads += 1
        around = self.people[frame[0, 0, 0]]
        near = max(around, key=lambda r: likeness(r, region), default=None)
        seen = near is not None and likeness(near, region) > 0.3
        there = near if near is not None and seen else region
        points = np.full((POINTS, 2), [there.x, there.y], float)
        points[0] += there.side / 4
        points[34] -= [0, there.side / 2.5]
        return PoseReading(points, np.zeros(33), np.ones(33), 1.0 if seen else 0.1)


class Landmarker:
    def __init__(self, networks: Networks) -> None:
        self.networks = networks

    def __call__(self, frame: np.ndarray, regions: Sequence[Region]) -> list[PoseReading]:
        return [self.networks.read(frame, region) for region in regions]

    def points_both_ways(self, frame: np.ndarray, region: Region) -> tuple[PoseReading, np.ndarray]:
        return self.networks.read(frame, region), np.full(33, 0.01 * region.side)


def walker(index: int) -> Region:
    return Region(30 + 2.0 * index, 45, 40, 0)


def followed(people: People):
    networks = Networks(people)
    return Follower(networks, Landmarker(networks))(clip(people)), networks  # ty: ignore


def test_a_walker_is_one_person_in_every_frame() -> None:
    people, networks = followed([[walker(i)] for i in range(FRAMES)])
    (person,) = people
    assert sorted(person.readings) == list(range(FRAMES))
    assert networks.reads < 2 * FRAMES, "each frame once, and the frames that are looked over"


def test_who_is_hidden_for_a_while_comes_back_as_the_same() -> None:
    hidden = range(12, 12 + BRIDGED - EVERY)
    people, _ = followed([[] if i in hidden else [walker(i)] for i in range(FRAMES)])
    (person,) = people
    track = track_of(person, FRAMES)
    assert not track.seen[list(hidden)].any()
    assert track.seen.sum() == FRAMES - len(hidden)
    assert track.regions[20].x == pytest.approx(70, abs=1)


def test_people_who_pass_each_other_at_a_distance_are_two() -> None:
    script = [[walker(i), Region(140 - 2.0 * i, 20, 30, 0)] for i in range(FRAMES)]
    people, _ = followed(script)
    assert [len(person.readings) for person in people] == [FRAMES, FRAMES]


def test_who_moves_in_the_place_counts_more_than_who_sits() -> None:
    """The camera follows a walker: the place goes by, and a spectator of the same size with it."""
    script = [[Region(80, 45, 40, 0), Region(150 - 2.0 * i, 45, 40, 0)] for i in range(FRAMES)]
    people, _ = followed(script)
    tracks = [track_of(person, FRAMES) for person in people]
    wall = np.random.default_rng(1).integers(0, 255, (H // 6, W // 6 + FRAMES, 3))
    wall = np.kron(wall, np.ones((6, 6, 1))).astype(np.uint8)
    frames = np.stack([wall[:H, 2 * i : 2 * i + W] for i in range(FRAMES)])
    walker_first = tracks[0].regions[-1].x > 70
    lively, weights = liveliness(frames, tracks), prominences(frames, tracks)
    walks, sits = (0, 1) if walker_first else (1, 0)
    assert lively[walks] > 0.6
    assert lively[sits] < 0.4
    assert weights[walks] > weights[sits]


def test_a_clip_of_one_frame() -> None:
    people, _ = followed([[walker(0)]])
    track = track_of(people[0], 1)
    assert track.seen.tolist() == [True]
    assert prominences(clip([[walker(0)]]), [track])[0] > 0
