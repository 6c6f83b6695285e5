"""A clip in, a folder with its matte out."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from dynascene.display import Display
from dynascene.errors import InputError
from dynascene.estimators.matte.backends import make_detector, make_matter
from dynascene.estimators.matte.decontamination import decontaminate
from dynascene.estimators.matte.figures import MatteFigures
from dynascene.estimators.matte.finishing import full_resolution, keep_subject, steady
from dynascene.estimators.matte.locating import SubjectPlace, locate
from dynascene.estimators.matte.neighbours import seen_neighbours, subjects_share
from dynascene.estimators.matte.protocol import Matter
from dynascene.estimators.person.subject import Choice
from dynascene.io.atomic import replacing
from dynascene.io.frames import times_of
from dynascene.io.images import write_png
from dynascene.io.video_writing import H264Writer
from dynascene.types import FrameSource

EMPTY = 1e-4  # of the frame, on average: less is no person …
FULL = 0.95  # … and more leaves no place
TINT = np.array([0, 177, 64], np.uint8)  # behind the person in the preview
PREVIEW, REPORT = "preview.mp4", "matte.json"


@dataclass(frozen=True)
class MatteSummary:
    """backend and found_by: who made it and who found the subject; share: mean part of the frame
    that is person; flicker: as Figures gives it."""

    backend: str
    found_by: str
    frames: int
    share: float
    flicker: float


def run(
    clip: Path,
    source: FrameSource,
    out: Path,
    backend: str | None,
    choice: Choice,
    display: Display,
    clean_preview: bool = True,
) -> MatteSummary:
    """Write the matte of a clip: PNG frames, preview.mp4 and matte.json in the folder ``out``.

    clip: what messages call it. source: its frames, or an excerpt of them.
    clean_preview: free the preview's edges of the old background's colour, which takes time;
        whoever cleans the edges later anyway can do without.

    Raises InputError when ``out`` is not free, or no subject is found; nothing is written then.
    """
    with replacing(out) as temporary:
        matter, frames, place = _find_subject(clip, source, backend, choice, display)
        display.notice(f"backend {matter.name}, subject found by {place.found_by}")
        temporary.mkdir()
        with display.stage("matte", len(source)) as advance:
            figures = MatteFigures()
            writer = H264Writer(
                temporary / PREVIEW, source.size, source.frame_rate, times=times_of(source)
            )
            with writer as preview:
                mattes = finished_mattes(source, frames, matter, place)
                for index, (frame, matte) in enumerate(mattes):
                    write_png(temporary / f"{index:05d}.png", matte, shown_as=out)
                    own = decontaminate(frame, matte) if clean_preview else frame
                    preview.write(over_tint(own, matte))
                    figures.add(frames[index], matte)
                    advance()
        summary = MatteSummary(matter.name, place.found_by, len(source), *figures.summary())
        check_share(clip, summary, display)
        report = _report(clip, summary, place, figures)
        (temporary / REPORT).write_text(json.dumps(report, indent=1), encoding="utf-8")
    return summary


def _find_subject(
    clip: Path, source: FrameSource, backend: str | None, choice: Choice, display: Display
) -> tuple[Matter, np.ndarray, SubjectPlace]:
    """The backend, the frames as small as it wants them, and where the subject is in them."""
    matter = make_matter(backend)
    frames = working_frames(source, matter.working_pixels)
    detector = make_detector(fetch=matter.needs_boxes)
    if detector is None:
        display.notice(
            "no person detector's weights are at hand: the matte takes what moves otherwise "
            "than the place"
        )
    place = locate(clip, source, frames, detector, choice, matter.needs_boxes, display)
    if backend is None and matter.needs_boxes and place.seen is None:
        # the detector could not tell who it is, so a network of its kind would not either
        motion = make_matter("motion")
        if len(source) >= motion.least_frames:
            return motion, working_frames(source, motion.working_pixels), replace(place, boxes=None)
    return matter, frames, place


def finished_mattes(
    source: FrameSource, frames: np.ndarray, matter: Matter, place: SubjectPlace
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield each frame, uint8 [H, W, 3], with its matte, uint8 [H, W, 1].

    frames: the source's, shrunk: uint8 [F, h, w, 3].
    """
    if len(frames) < matter.least_frames:
        raise InputError(
            f"the clip has {len(frames)} frame(s), and the backend {matter.name} takes "
            f"{matter.least_frames} or more: give a matte of your own (white = person), "
            "or take a network (dynascene weights)"
        )
    opinions = matter(frames, place.boxes, place.start)
    for index, (opinion, frame) in enumerate(
        zip(steady(opinions, frames), source.read(), strict=True)
    ):
        colour = frame[..., :3]
        own = keep_subject(_without_neighbours(opinion, place, index))
        yield colour, full_resolution(own, frames[index], colour)


def _without_neighbours(opinion: np.ndarray, place: SubjectPlace, index: int) -> np.ndarray:
    """An opinion [h, w] about one frame, without the other people in it."""
    if place.boxes is None:
        return opinion
    others = seen_neighbours(list(place.others), index, place.scale)
    share = subjects_share(*opinion.shape, place.boxes[index], others)
    return opinion if share is None else opinion * share


def working_frames(source: FrameSource, pixels: int) -> np.ndarray:
    """All frames, shrunk to at most so many pixels each: uint8 [F, h, w, 3]."""
    width, height = source.size
    shrink = min(1.0, math.sqrt(pixels / (width * height)))
    size = max(16, round(width * shrink)), max(16, round(height * shrink))
    frames = np.empty((len(source), size[1], size[0], 3), np.uint8)
    for index, frame in enumerate(source.read()):
        frames[index] = cv2.resize(frame[..., :3], size, interpolation=cv2.INTER_AREA)
    return frames


def over_tint(own: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """The person's colours, uint8 [H, W, 3], over plain green: the same."""
    alpha = matte.astype(np.float32) / 255
    return np.rint(own * alpha + TINT * (1 - alpha)).astype(np.uint8)


def check_share(clip: Path, made: MatteSummary, display: Display) -> None:
    """Refuse a matte with nobody in it; doubt one that is nearly all person."""
    own = "give a matte of your own (white = person)"
    if made.share < EMPTY:
        reason = (
            "nothing was found in it that moves otherwise than the place"
            if made.backend == "motion"
            else f"{made.backend} sees no person where {made.found_by} found the subject"
        )
        raise InputError(
            f"{clip}: the matte is black, as {reason}; point at the subject with `subject` X,Y, "
            f"or {own}"
        )
    if made.share > FULL:
        display.notice(
            f"{clip}: the matte takes {made.share:.0%} of the frame for the person, which leaves "
            f"no place; look at {PREVIEW}, try another backend, or {own}"
        )


def _report(clip: Path, summary: MatteSummary, place: SubjectPlace, figures: MatteFigures) -> dict:
    return {
        "clip": clip.name,
        "backend": summary.backend,
        "subject_found_by": summary.found_by,
        "subject_seen": None if place.seen is None else round(float(place.seen.mean()), 3),
        "frames": summary.frames,
        "share": round(summary.share, 5),
        "flicker": round(summary.flicker, 4),
        "share_per_frame": [round(share, 5) for share in figures.shares],
    }
