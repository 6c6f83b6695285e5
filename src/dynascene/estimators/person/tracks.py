"""Tracks: boxes of the same person joined from frame to frame.

F frames. A box joins the track whose predicted box it overlaps and whose colours it shares.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

from dynascene.estimators.person.detection import area, overlap
from dynascene.estimators.person.protocol import Detection

LEAST_CONFIDENCE = 0.45  # of a box that begins a track; weaker ones only continue it
BRIDGED = 24  # frames: whoever is hidden for longer comes back as somebody else
COLOUR_SHARE = 0.5  # of the likeness that colours make up, the rest is place
LEAST_LIKENESS = 0.28
SLACK = 1.0  # of the box's size: how far a person may get from where they are expected
COLOUR_BINS = 4  # per channel


@dataclass
class Track:
    """One person's boxes.

    Attributes:
        frames: numbers, rising.
        boxes: [4] each, in pixels.
        confidences: of the detections.
        colours: moving average of the colour histograms, [bins].
    """

    frames: list[int] = field(default_factory=list)
    boxes: list[np.ndarray] = field(default_factory=list)
    confidences: list[float] = field(default_factory=list)
    colours: np.ndarray = field(default_factory=lambda: np.zeros(COLOUR_BINS**3, np.float32))

    def add(self, frame: int, detection: Detection, colours: np.ndarray) -> None:
        self.frames.append(frame)
        self.boxes.append(detection.box)
        self.confidences.append(detection.confidence)
        self.colours = colours if len(self.frames) == 1 else 0.9 * self.colours + 0.1 * colours

    def box_at(self, frame: int) -> np.ndarray:
        """The box predicted for a later frame, by the last frames' motion with damping."""
        if len(self.frames) < 2:
            return self.boxes[-1]
        back = min(len(self.frames) - 1, 4)
        steps = self.frames[-1] - self.frames[-1 - back]
        speed = (self.boxes[-1] - self.boxes[-1 - back]) / steps
        centre_speed = np.tile((speed[:2] + speed[2:]) / 2, 2)
        return self.boxes[-1] + centre_speed * min(frame - self.frames[-1], 6)

    def boxes_of_all(self, count: int) -> np.ndarray:
        """[count, 4], gaps filled linearly, ends repeated."""
        boxes = np.stack(self.boxes)
        every = np.arange(count)
        return np.stack([np.interp(every, self.frames, boxes[:, i]) for i in range(4)], axis=1)


class Tracker:
    """Takes the detections of each frame in order, and extends or begins tracks."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []

    def add(self, index: int, frame: np.ndarray, detections: list[Detection]) -> None:
        """Add a frame, uint8 [H, W, 3], with its detections."""
        colours = [box_colours(frame, d.box) for d in detections]
        open_tracks = [t for t in self.tracks if index - t.frames[-1] <= BRIDGED]
        matches: set[int] = set()
        if open_tracks and detections:
            likeness = np.array(
                [
                    [_likeness(t, index, d, c) for d, c in zip(detections, colours, strict=True)]
                    for t in open_tracks
                ]
            )
            for t, d in zip(*linear_sum_assignment(-likeness), strict=True):
                if likeness[t, d] >= LEAST_LIKENESS:
                    open_tracks[t].add(index, detections[d], colours[d])
                    matches.add(int(d))
        for d, detection in enumerate(detections):
            if d not in matches and detection.confidence >= LEAST_CONFIDENCE:
                self.tracks.append(Track())
                self.tracks[-1].add(index, detection, colours[d])


def box_colours(frame: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The colour histogram [bins] in the middle of a box, with the sum 1."""
    left, top, right, bottom = box
    inset_x, inset_y = 0.2 * (right - left), 0.15 * (bottom - top)
    rows = slice(int(top + inset_y), max(int(bottom - inset_y), int(top + inset_y) + 1))
    columns = slice(int(left + inset_x), max(int(right - inset_x), int(left + inset_x) + 1))
    inner = np.ascontiguousarray(frame[rows, columns])
    if not inner.size:
        return np.full(COLOUR_BINS**3, COLOUR_BINS**-3, np.float32)
    counts = cv2.calcHist([inner], [0, 1, 2], None, [COLOUR_BINS] * 3, [0, 256] * 3).ravel()
    return counts / counts.sum()


def _likeness(track: Track, index: int, detection: Detection, colours: np.ndarray) -> float:
    """How well the position and the colours of a box fit a track, 0 … 1."""
    expected = track.box_at(index)
    size = np.sqrt(area(expected)) + 1e-6
    apart = np.abs((expected[:2] + expected[2:] - detection.box[:2] - detection.box[2:]) / 2).max()
    if apart > SLACK * size * (1 + 0.1 * (index - track.frames[-1])):
        return 0.0
    place = float(overlap(expected, detection.box[None])[0])
    shared = float(np.minimum(track.colours, colours).sum())
    return (1 - COLOUR_SHARE) * place + COLOUR_SHARE * shared
