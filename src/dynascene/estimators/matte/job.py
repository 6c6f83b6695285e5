"""The matte job: from a clip to a folder with its matte."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from dynascene.display import Display
from dynascene.errors import InputError
from dynascene.estimators.frame_spool import FrameStack
from dynascene.estimators.matte.decontamination import decontaminate
from dynascene.estimators.matte.figures import MatteFigures
from dynascene.estimators.matte.finding import find_subject
from dynascene.estimators.matte.finishing import full_resolution, keep_subject, steady
from dynascene.estimators.matte.hints import Hint, with_hints
from dynascene.estimators.matte.locating import SubjectPlace
from dynascene.estimators.matte.neighbours import seen_neighbours, subjects_share
from dynascene.estimators.matte.options import MatteOptions
from dynascene.estimators.matte.plausibility import doubts, shape_of
from dynascene.estimators.matte.pose import PersonMatter
from dynascene.estimators.matte.protocol import Matter
from dynascene.estimators.matte.seen_place import with_seen_place
from dynascene.estimators.matte.things import RiderMatter
from dynascene.estimators.pose.drawing import draw_landmarks
from dynascene.io.atomic import replacing
from dynascene.io.frames import times_of
from dynascene.io.images import write_png
from dynascene.io.landmarks import write_landmarks
from dynascene.io.video_writing import H264Writer
from dynascene.parallel import read_ahead
from dynascene.types import FrameSource, Size

EMPTY = 1e-4  # of the frame, on average: less is no person …
FULL = 0.95  # … and more leaves no place
TINT = np.array([0, 177, 64], np.uint8)  # behind the person in the preview
PREVIEW_SIDE = 960  # pixels of its longer side, at most
PREVIEW, REPORT, LANDMARKS = "preview.mp4", "matte.json", "landmarks.json"


@dataclass(frozen=True)
class MatteSummary:
    """A finished matte.

    Attributes:
        backend: name of the backend.
        found_by: detector or method that located the subject.
        frames: number of frames.
        share: mean share of the frame that is person, 0 … 1.
        flicker: see ``MatteFigures.summary``.
    """

    backend: str
    found_by: str
    frames: int
    share: float
    flicker: float


def run(
    clip: Path,
    source: FrameSource,
    out: Path,
    options: MatteOptions,
    display: Display,
    clean_preview: bool = True,
    shown_as: Path | None = None,
) -> MatteSummary:
    """Write the matte of a clip: PNG frames, preview.mp4 and matte.json in the folder ``out``.

    The backend pose leaves its landmarks there, too.

    Args:
        clip: the path that messages name.
        source: its frames, or an excerpt of them.
        out: the folder.
        options: how it is cut out.
        display: shows the progress.
        clean_preview: remove the old background's colour from the preview's edges, which takes
            time; needless where it is done later.
        shown_as: what messages call ``out``; None: they name no file in it.

    Raises:
        InputError: ``out`` is not free, or there is no subject; nothing is written then.
    """
    with replacing(out) as temporary:
        matter, frames, place = find_subject(
            clip, source, options.backend, options.choice, display, options.take_along
        )
        display.notice(f"backend {matter.name}, subject found by {place.found_by}")
        temporary.mkdir()
        making = finished_mattes(source, frames, matter, place, options.hints)
        with display.stage("matte", len(source)) as advance, closing(making) as mattes:
            figures, shapes = MatteFigures(), []
            size = preview_size(source.size)
            writer = H264Writer(
                temporary / PREVIEW, size, source.frame_rate, "high", times_of(source)
            )
            with writer as preview:
                for index, (frame, own) in enumerate(mattes):
                    moved = options.outline.moved(own)
                    matte = options.outline.softened(moved)
                    write_png(temporary / f"{index:05d}.png", matte, shown_as=out)
                    colour, moved, shown = (_shrunk(p, size) for p in (frame, moved, matte))
                    if clean_preview:
                        clean = over_tint(decontaminate(colour, moved), shown)
                        preview.write(_with_landmarks(clean, index, matter))
                    else:
                        preview.write(over_tint(colour, shown))
                    figures.add(frames[index], matte)
                    shapes.append(shape_of(matte))
                    advance()
        summary = MatteSummary(matter.name, place.found_by, len(source), *figures.summary())
        look = f"look at {shown_as / PREVIEW}" if shown_as else ""
        check_share(clip, summary, display, look)
        lines = doubts(shapes, with_things=isinstance(matter, RiderMatter))
        if lines:
            why = "; ".join([*lines, look] if look else lines)
            display.doubt(f"{clip}: the matte may be wrong: {why}")
        if isinstance(matter, PersonMatter) and matter.landmarks is not None:
            write_landmarks(matter.landmarks, temporary / LANDMARKS)
        report = _report(clip, summary, place, figures) | {"doubts": lines}
        (temporary / REPORT).write_text(json.dumps(report, indent=1), encoding="utf-8")
    return summary


def preview_size(size: Size) -> Size:
    """The size of the preview of a clip: enough to judge a matte by, at most PREVIEW_SIDE long."""
    scale = min(1.0, PREVIEW_SIDE / max(size))
    return Size(*(max(1, round(side * scale)) for side in size))


def _shrunk(picture: np.ndarray, size: Size) -> np.ndarray:
    """A picture uint8 [H, W, C] at a size that is not larger."""
    if picture.shape[1::-1] == size:
        return picture
    shrunk = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return shrunk.reshape(size.height, size.width, -1)


def _with_landmarks(picture: np.ndarray, index: int, matter: Matter) -> np.ndarray:
    """A picture of the preview with landmarks, where the backend has them."""
    if isinstance(matter, PersonMatter) and matter.landmarks is not None:
        return draw_landmarks(picture, matter.landmarks, index)
    return picture


def finished_mattes(
    source: FrameSource,
    frames: FrameStack,
    matter: Matter,
    place: SubjectPlace,
    hints: Sequence[Hint] = (),
) -> Generator[tuple[np.ndarray, np.ndarray]]:
    """Yield each frame, uint8 [H, W, 3], with its matte, uint8 [H, W, 1].

    Opinions are formed in a thread while the frames before them get their edges.

    Args:
        source: the frames at full size.
        frames: the same shrunk, uint8 [F, h, w, 3].
        matter: the backend.
        place: where the subject is.
        hints: clicks that mend the matte, in pixels of the source.
    """
    if len(frames) < matter.least_frames:
        raise InputError(
            f"the clip has {len(frames)} frame(s), and the backend {matter.name} takes "
            f"{matter.least_frames} or more: give a matte of your own (white = person), "
            "or take a network (dynascene weights)"
        )
    opinions = matter(frames, place.boxes, place.start)
    if hints:
        scale = frames.shape[2] / source.size.width
        clicks = [hint._replace(x=hint.x * scale, y=hint.y * scale) for hint in hints]
        opinions = with_hints(opinions, frames, clicks)
    with read_ahead(with_seen_place(steady(opinions, frames), frames)) as mended:
        for index, (opinion, frame) in enumerate(zip(mended, source.read(), strict=True)):
            colour = frame[..., :3]
            own = keep_subject(_without_neighbours(opinion.person, place, index))
            yield colour, full_resolution(own, frames[index], colour, opinion.place)


def _without_neighbours(opinion: np.ndarray, place: SubjectPlace, index: int) -> np.ndarray:
    """The probabilities [h, w] of one frame without the other people in it."""
    if place.boxes is None:
        return opinion
    others = seen_neighbours(list(place.others), index, place.scale)
    share = subjects_share(*opinion.shape, place.boxes[index], others)
    return opinion if share is None else opinion * share


def over_tint(own: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """The person's colours, uint8 [H, W, 3], over plain green: uint8 [H, W, 3]."""
    result = np.broadcast_to(TINT, own.shape).copy()
    left, top, width, height = cv2.boundingRect(matte)
    here = np.s_[top : top + height, left : left + width]
    alpha = matte[here].astype(np.float32) / 255
    result[here] = np.rint(own[here] * alpha + TINT * (1 - alpha)).astype(np.uint8)
    return result


def check_share(clip: Path, summary: MatteSummary, display: Display, look: str = "") -> None:
    """Raise InputError for an empty matte; warn where nearly everything is person.

    look: which picture of it to look at; empty: none.
    """
    own = "give a matte of your own (white = person)"
    if summary.share < EMPTY:
        reason = (
            "nothing was found in it that moves otherwise than the place"
            if summary.backend == "motion"
            else f"{summary.backend} sees no person where {summary.found_by} found the subject"
        )
        raise InputError(
            f"{clip}: the matte is black, as {reason}; point at the subject with `subject` X,Y, "
            f"or {own}"
        )
    if summary.share > FULL:
        display.doubt(
            f"{clip}: the matte takes {summary.share:.0%} of the frame for the person, which "
            f"leaves no place; {f'{look}, ' if look else ''}try another backend, or {own}"
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
