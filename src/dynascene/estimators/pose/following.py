"""People followed through a clip, forwards and backwards from where they are surely seen.

F frames, h w working pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dynascene.estimators.frame_spool import FrameStack
from dynascene.estimators.person.tracks import box_colours
from dynascene.estimators.pose.detector import PoseDetector
from dynascene.estimators.pose.landmarker import LANDMARKS, PoseLandmarker, PoseReading
from dynascene.estimators.pose.region import Region, likeness

EVERY = 8  # frames between those in which people are looked for
MOST_SEEDS = 5  # people looked at in one of them
MOST_FOLLOWED, MOST_FRAMES = 8, 5  # people; times the clip's length, of all of them together
PERSON = 0.5  # least probability that somebody is there
GUESS = 0.06  # of the region: where mirror images differ by more, the landmarks are a guess
LOST = 6  # frames without a person after which one is no longer followed
SAME = 0.5  # likeness of regions of the same person
CLOSER = 1.6  # of the region: where a lost person is looked for
GROWTH = 1.3  # the most by which a region may grow or shrink from frame to frame
BRIDGED = 24  # frames: whoever is hidden for longer comes back as somebody else
LEAP, COLOURS = 0.25, 0.4  # of the region a frame; least shared colours: whoever comes back


@dataclass
class Followed:
    """One person.

    Attributes:
        readings: by frame, where the person was seen.
        apart: by frame of a first sight, how far mirror images differed, as a share of the region.
        colours: histogram of the body at first sight.
    """

    readings: dict[int, PoseReading]
    apart: dict[int, float]
    colours: np.ndarray

    @property
    def first(self) -> int:
        return min(self.readings)

    @property
    def last(self) -> int:
        return max(self.readings)

    def explains(self, frame: int, region: Region) -> bool:
        """Whether the person is seen in that region."""
        reading = self.readings.get(frame)
        return reading is not None and likeness(reading.region, region) > SAME


@dataclass(frozen=True)
class Seed:
    """Somebody seen in one frame.

    Attributes:
        frame: number.
        region: looked at.
        reading: of it.
        apart: how far its mirror image differs, as a share of the region.
    """

    frame: int
    region: Region
    reading: PoseReading
    apart: float

    @property
    def quality(self) -> float:
        """How surely it is a person, weighted by size."""
        return self.reading.person * (1 - self.apart / GUESS) * float(np.sqrt(self.region.side))


class Follower:
    """Follows everybody in a clip.

    Args:
        detector, landmarker: the networks.
    """

    def __init__(self, detector: PoseDetector, landmarker: PoseLandmarker) -> None:
        self._detector, self._landmarker = detector, landmarker

    def __call__(
        self, frames: FrameStack, advance: Callable[[], None] = lambda: None
    ) -> list[Followed]:
        """Everybody, surest first.

        Args:
            frames: uint8 [F, h, w, 3].
            advance: called once for each frame.
        """
        seeds: list[Seed] = []
        for index in range(len(frames)):
            if index % EVERY == 0 or index == len(frames) - 1:
                seeds += self._seeds(frames, index)
            advance()
        people: list[Followed] = []
        budget = MOST_FRAMES * len(frames)
        for seed in sorted(seeds, key=lambda s: -s.quality):
            owner = next((p for p in people if p.explains(seed.frame, seed.region)), None)
            if owner is not None:
                owner.apart[seed.frame] = seed.apart
            elif len(people) < MOST_FOLLOWED and budget > 0:
                person = self._follow(frames, seed, people)
                budget -= len(person.readings)
                people.append(person)
        return joined(people)

    def _seeds(self, frames: FrameStack, index: int) -> list[Seed]:
        seeds = []
        for detection in self._detector(frames[index])[:MOST_SEEDS]:
            reading, apart = self._landmarker.points_both_ways(frames[index], detection.region)
            share = float(np.median(apart)) / detection.region.side
            if reading.person >= PERSON and share < GUESS:
                seeds.append(Seed(index, detection.region, reading, share))
        return seeds

    def _follow(self, frames: FrameStack, seed: Seed, others: Sequence[Followed]) -> Followed:
        body = _body_box(seed.reading)
        person = Followed(
            {seed.frame: seed.reading},
            {seed.frame: seed.apart},
            box_colours(frames[seed.frame], body),
        )
        for step in (1, -1):
            self._follow_one_way(frames, seed, step, person, others)
        return person

    def _follow_one_way(
        self,
        frames: FrameStack,
        seed: Seed,
        step: int,
        person: Followed,
        others: Sequence[Followed],
    ) -> None:
        """Add the readings before or after a seed, until the person is lost or is somebody else."""
        region, misses, index = seed.reading.region, 0, seed.frame + step
        while 0 <= index < len(frames) and misses < LOST:
            (reading,) = self._landmarker(frames[index], [region])
            if not _plausible(reading, region):
                reading = self._found_again(frames[index], region) or reading
            if _plausible(reading, region):
                if any(other.explains(index, reading.region) for other in others):
                    return
                person.readings[index] = reading
                region, misses = reading.region, 0
            else:
                misses += 1
            index += step

    def _found_again(self, frame: np.ndarray, region: Region) -> PoseReading | None:
        """Look for a lost person around where they were."""
        around = region.grown(CLOSER)
        near = [d.region for d in self._detector.look(frame, [around])]
        near = [r for r in near if likeness(r, region) > SAME]
        if not near:
            return None
        (reading,) = self._landmarker(frame, [max(near, key=lambda r: likeness(r, region))])
        return reading


def joined(people: list[Followed]) -> list[Followed]:
    """Put together who is lost and comes back near by within a second, in the same colours."""
    rest = sorted(people, key=lambda p: p.first)
    result: list[Followed] = []
    for person in rest:
        before = next((p for p in result if _comes_back(p, person)), None)
        if before is None:
            result.append(person)
        else:
            before.readings |= person.readings
            before.apart |= person.apart
    return sorted(result, key=lambda p: -len(p.readings))


def _comes_back(before: Followed, after: Followed) -> bool:
    gap = after.first - before.last
    if not 0 < gap <= BRIDGED:
        return False
    one, other = before.readings[before.last].region, after.readings[after.first].region
    apart = float(np.hypot(one.x - other.x, one.y - other.y)) / max(one.side, other.side)
    ratio = min(one.side, other.side) / max(one.side, other.side)
    shared = float(np.minimum(before.colours, after.colours).sum())
    return apart < LEAP * (1 + gap / 4) and ratio > SAME and shared > COLOURS


def _plausible(reading: PoseReading, region: Region) -> bool:
    """Whether somebody is there, of nearly the size that the person had."""
    ratio = reading.region.side / region.side
    return reading.person >= PERSON and 1 / GROWTH < ratio < GROWTH


def _body_box(reading: PoseReading) -> np.ndarray:
    """The box [4] of the landmarks."""
    points = reading.points[:LANDMARKS]
    return np.concatenate([points.min(axis=0), points.max(axis=0)])
