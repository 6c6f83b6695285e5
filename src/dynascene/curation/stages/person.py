"""The person stage: keeps clips with exactly one person, neither too small nor too large."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dynascene.curation.clip import Clip
from dynascene.curation.faults import rejected_by
from dynascene.curation.stages.sampling import frames_every, frames_spread
from dynascene.errors import InputError
from dynascene.estimators.matte.locating import any_apart
from dynascene.estimators.names import DetectorName
from dynascene.estimators.person.backends import DETECTORS, detector_named
from dynascene.estimators.person.detection import area
from dynascene.estimators.person.protocol import Detection, PersonDetector
from dynascene.estimators.person.subject import (
    COMPARABLE,
    Subject,
    comparable_people,
    find_people,
)
from dynascene.estimators.weights import has_weights
from dynascene.io.atomic import write_text
from dynascene.io.video import VideoFrames, open_video
from dynascene.types import ArrayFrames, Size

BOXES = "boxes"
SURE = 0.5  # confidence of a box that a quick look counts


@dataclass(frozen=True)
class PersonConfig:
    """Settings of the person stage. Shares are 0 … 1.

    Attributes:
        detector: finds the people.
        least_share, most_share: limits of the box's share of the frame; nine tenths of the frames
            have to keep to each.
        glances: frames of the first, quick look.
        rate: frames a second of the second look.
        side: pixels of the longer side of the frames that the detector sees.
        seen: least share of those frames in which the person is detected.
        gap: longest time without a detection, in seconds.
        confidence: least median confidence over those frames. A small detector takes chairs for
            people, with less confidence.
    """

    detector: DetectorName
    least_share: float = 0.01
    most_share: float = 0.8
    glances: int = 5
    rate: float = 6.0
    side: int = 640
    seen: float = 0.6
    gap: float = 1.5
    confidence: float = 0.65


class Presence(NamedTuple):
    """The people of a clip, over N sampled frames.

    Attributes:
        people: number of different people.
        boxes: [N, 4] of the main person, in pixels of the video.
        seen: bool [N], whether the detector found that person; other boxes are interpolated.
        confidence: median over the frames of the most confident box.
    """

    people: int
    boxes: np.ndarray
    seen: np.ndarray
    confidence: float


@dataclass(frozen=True)
class PersonStage:
    """Drops clips without exactly one person. Much less prominent passers-by do not count.

    Files: ``boxes``: a JSON list of [frame, left, top, right, bottom] in pixels, for the sampled
    frames of the video.
    Codes: no-person, several-people, lost, too-small, too-large, damaged.
    Values: people, share (of the frame, the median), smallest, largest, seen, confidence.

    Raises:
        MissingWeights: at the first call, where the detector's weights are damaged.
    """

    config: PersonConfig
    name = "person"
    version = 1
    processors = 1.0
    accelerators = 0.0

    @cached_property
    def _detector(self) -> PersonDetector:
        return detector_named(self.config.detector)

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        detector = self._detector
        try:
            video = open_video(clip.video)
            rejected_clip = self._glance(clip, video, detector)
            if rejected_clip is not None:
                return [rejected_clip]
            numbers = frames_every(video, clip.start, clip.stop, 1 / self.config.rate)
            presence = watch(video, numbers, self.config.side, detector)
        except InputError as error:
            return [rejected_by(clip, self.name, "damaged", error)]
        if presence is None:
            reason = "nobody stays in it"
            return [clip.with_values(self.name, people=0).rejected(self.name, "no-person", reason)]
        clip = clip.with_files(boxes="boxes.json")
        rows = [
            [n, *np.round(box, 2).tolist()] for n, box in zip(numbers, presence.boxes, strict=True)
        ]
        write_text(folder / clip.files[BOXES], json.dumps(rows))
        return [self._judge(clip, presence, video)]

    def _glance(self, clip: Clip, video: VideoFrames, detector: PersonDetector) -> Clip | None:
        """The dropped clip, where a few frames are enough to decide; else None."""
        numbers = frames_spread(clip.start, clip.stop, self.config.glances)
        small = video.shrunk(self.config.side)
        counts = [prominent_people(detector(frame[..., :3])) for frame in small.pick(numbers)]
        if not any(counts):
            reason = f"nobody was found in {len(counts)} frames"
            return clip.with_values(self.name, people=0).rejected(self.name, "no-person", reason, 0)
        if min(counts) > 1:
            reason = f"{min(counts)} people or more in each of {len(counts)} frames"
            clip = clip.with_values(self.name, people=min(counts))
            return clip.rejected(self.name, "several-people", reason, min(counts))
        return None

    def _judge(self, clip: Clip, presence: Presence, video: VideoFrames) -> Clip:
        config, seen = self.config, float(presence.seen.mean())
        shares = area(presence.boxes[presence.seen]) / (video.size.width * video.size.height)
        smallest, share, largest = (float(x) for x in np.percentile(shares, [10, 50, 90]))
        clip = clip.with_values(
            self.name,
            people=presence.people,
            share=share,
            smallest=smallest,
            largest=largest,
            seen=seen,
            confidence=presence.confidence,
        )
        if presence.confidence < config.confidence:
            reason = f"what looks like a person does so with confidence {presence.confidence:.2f}"
            return clip.rejected(self.name, "no-person", reason, presence.confidence)
        if presence.people > 1:
            reason = f"{presence.people} people at the same time"
            return clip.rejected(self.name, "several-people", reason, presence.people)
        gap = longest_gap(presence.seen) / config.rate
        if seen < config.seen or gap > config.gap:
            reason = f"seen in {seen:.0%} of the frames, and not for {gap:.1f} s"
            return clip.rejected(self.name, "lost", reason, seen)
        if smallest < config.least_share:
            reason = f"{smallest:.1%} of the frame, {config.least_share:.1%} wanted"
            return clip.rejected(self.name, "too-small", reason, smallest)
        if largest > config.most_share:
            reason = f"{largest:.0%} of the frame, {config.most_share:.0%} allowed"
            return clip.rejected(self.name, "too-large", reason, largest)
        return clip


def detector_at_hand(name: str | None = None) -> DetectorName:
    """The detector ``name``, or the best one whose weights are in the cache.

    Raises:
        InputError: there is none of that name, or no weights are in the cache.
    """
    if name is not None and name not in DETECTORS:
        raise InputError(f"detector {name}: there is none; known are {', '.join(DETECTORS)}")
    available = [
        detector for detector in DETECTORS if name in (None, detector) and has_weights(detector)
    ]
    if available:
        return available[0]
    missing_weights = name or "fastestdet"
    raise InputError(
        f"nobody can be counted: the weights of a person detector are not here; fetch them by "
        f"'dynascene weights {missing_weights}', or leave the test out with `person_detector` none"
    )


def prominent_people(detections: Sequence[Detection]) -> int:
    """The number of confident detections that are not much smaller than the largest."""
    sides = [
        float(area(detection.box)) ** 0.5
        for detection in detections
        if detection.confidence >= SURE
    ]
    return sum(side >= COMPARABLE * max(sides) for side in sides) or min(1, len(detections))


def watch(
    video: VideoFrames, numbers: Sequence[int], side: int, detector: PersonDetector
) -> Presence | None:
    """Follow the people through sampled frames.

    Args:
        video: the frames.
        numbers: of the samples, rising.
        side: pixels of the longer side of the frames that the detector sees.
        detector: finds the people.

    Returns:
        The main person and the number of people; None where no track is long enough.

    Raises:
        InputError: a frame cannot be read.
    """
    small = video.shrunk(side)
    frames = ArrayFrames([frame[..., :3] for frame in small.pick(numbers)])
    boxes = [detector(frame) for frame in frames.read()]
    everybody = find_people(frames, _RecordedDetector(boxes))
    if not everybody:
        return None
    surest = [max(detection.confidence for detection in frame) for frame in boxes if frame]
    people = sorted(comparable_people(everybody), key=lambda person: -person.prominence)
    path, seen = _join([one for one in people if not any_apart([people[0], one])])
    path = path * _enlargement(small.size, video.size)
    return Presence(_count_apart(people), path, seen, float(np.median(surest)))


class _RecordedDetector:
    """A detector that repeats stored detections, frame by frame."""

    name = "already found"

    def __init__(self, answers: Iterable[list[Detection]]) -> None:
        self._answers = iter(answers)

    def __call__(self, frame: np.ndarray) -> list[Detection]:
        return next(self._answers)


def _join(pieces: Sequence[Subject]) -> tuple[np.ndarray, np.ndarray]:
    """The boxes of one person from several pieces of a track, the most confident piece first."""
    boxes, seen = pieces[0].boxes.copy(), pieces[0].seen.copy()
    for piece in pieces[1:]:
        new = piece.seen & ~seen
        boxes[new], seen = piece.boxes[new], seen | new
    every, seen_frames = np.arange(len(seen)), np.nonzero(seen)[0]
    columns = [np.interp(every, seen_frames, boxes[seen_frames, side]) for side in range(4)]
    return np.stack(columns, axis=1), seen


def _count_apart(people: Sequence[Subject]) -> int:
    """The number of people that are visible at the same time, in separate boxes."""
    counted: list[Subject] = []
    for person in people:
        if all(any_apart([person, other]) for other in counted):
            counted.append(person)
    return len(counted)


def longest_gap(seen: np.ndarray) -> int:
    """The length of the longest run of False in bool [N]."""
    ends = np.nonzero(np.concatenate([[True], seen, [True]]))[0]
    return int(np.diff(ends).max()) - 1


def _enlargement(small: Size, large: Size) -> np.ndarray:
    return np.tile([large.width / small.width, large.height / small.height], 2)
