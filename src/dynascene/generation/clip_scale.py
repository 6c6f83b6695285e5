"""The scale of a clip, told by the person in it, and how it is kept beside a camera file.

It lies in ``scale.json``, which may be mended by hand, or in the report of ``dynascene track``,
which holds only for the file that was written with it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch

from dynascene.errors import InputError
from dynascene.estimators.camera import TrackedCamera
from dynascene.estimators.scale.ground import down_vectors
from dynascene.estimators.scale.person_scale import PersonScale, person_scale
from dynascene.generation.request import (
    SCALE,
    SCALE_SOURCE,
    TRACKING_SOURCE,
    CameraInput,
    tracking_report,
)
from dynascene.geometry.framing import filmed_attitude
from dynascene.geometry.rigid import camera_centres, invert_rigid
from dynascene.io.atomic import write_text
from dynascene.io.checksums import sha256_of, sha256_of_frames
from dynascene.io.excerpt import Range
from dynascene.io.images import IMAGE_SUFFIXES
from dynascene.io.text import is_finite_number, parse_json
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack, FrameSource

LEAST_CONFIDENCE = 0.4  # in the pitch that the person tells
HIGHEST = 1e6  # track units of a camera above the ground
STEEPEST = 90.0  # degrees of pitch
ANOTHER_CLIP = ""  # in place of a checksum
T = TypeVar("T")


class StoredScale(NamedTuple):
    """What lies beside a camera file of the clip's scale.

    Attributes:
        camera_height_units: of the first camera above the ground, in the file's unit of length.
        pitch_degrees: of the first camera, positive: it looks up. None, as for the height: unknown.
        confidence: in both, 0 … 1.
    """

    camera_height_units: float | None
    pitch_degrees: float | None
    confidence: float

    def of_excerpt(self, whole: CameraTrack, part: CameraTrack) -> StoredScale:
        """The same for the first camera of an excerpt.

        The unit of length is that of the whole file, so the height follows the camera's rise only
        where the pitch, which says what is down, can be relied on; else it stays that of the file's
        first camera. So it does where the excerpt's would be below the ground: such a pitch is
        wrong, and none is told.

        whole: the track that this is the scale of. part: some of its cameras, in the same world.
        """
        height, pitch, confidence = self
        start, first = whole.cam_from_world[0], part.cam_from_world[0]
        if torch.equal(start, first):
            return self
        if pitch is None or confidence < LEAST_CONFIDENCE:
            return StoredScale(height, None, confidence)
        first = first @ invert_rigid(start)
        down = torch.from_numpy(down_vectors(np.array([pitch]), filmed_attitude(whole).roll))[0]
        x, y, z = (first[:3, :3] @ down).tolist()
        if height is not None:
            sunk = float(camera_centres(first) @ down)
            if sunk >= height:
                return StoredScale(height, None, 0.0)
            height -= sunk
        return StoredScale(height, math.degrees(math.atan2(-z, math.hypot(x, y))), confidence)


class TrackedClip(NamedTuple):
    """What lies beside a camera file of the clip whose camera it is.

    Attributes:
        scale: None where the person told none.
        is_own: whether it is the clip in use, as far as is known.
        excerpt: the frames of the clip in use that have a camera, stop excluded; None: unknown, or
            it is another clip.
    """

    scale: StoredScale | None
    is_own: bool
    excerpt: Range | None = None


def tell_scale(
    colour: FrameSource,
    matte: FrameSource,
    tracked: TrackedCamera,
    person_height: float,
    log: Log,
) -> PersonScale:
    """The scale of a tracked clip; notices say how high the camera was, or what is doubtful.

    colour, matte: the frames that were tracked. tracked: has a track. person_height: metres.
    """
    assert tracked.track is not None, "whoever failed to track has stopped"
    with log.stage("scale"):
        scale = person_scale(
            matte,
            tracked.track,
            kind=tracked.kind,
            frames=colour,
            person_height=person_height,
        )
    if scale.camera_height_m is not None and scale.confidence >= LEAST_CONFIDENCE:
        log.notice(f"the camera was about {scale.camera_height_m:.1f} m above the ground")
    if scale.why_not:
        log.notice(f"scale: {scale.why_not}")
    return scale


def scale_figures(scale: PersonScale) -> dict[str, Any]:
    """The scale as JSON values, as it is stored."""
    distance = scale.distance_m[np.isfinite(scale.distance_m)]
    return {
        "camera_height_m": _rounded(scale.camera_height_m),
        "metres_per_unit": _rounded(scale.metres_per_unit),
        "camera_height_units": _rounded(scale.camera_height_units),
        "distance_m": _rounded(float(np.median(distance)) if len(distance) else None),
        "pitch_degrees": _rounded(scale.pitch_degrees),
        "confidence": _rounded(scale.confidence),
        "why_not": scale.why_not,
    }


def clip_figures(clip: Path, cameras: Path, excerpt: Range) -> dict[str, Any]:
    """What the report of tracking tells ``clip_beside``: clip and cameras, by SHA-256, and frames.

    excerpt: the frames of the clip that were tracked, stop excluded.
    """
    checksums = {"video": sha256_of_frames(clip, IMAGE_SUFFIXES), "cameras": sha256_of(cameras)}
    return {"sha256": checksums, "excerpt": list(excerpt)}


def write_tracked_clip(tracked: TrackedClip, clip: Path, cameras: Path, count: int) -> None:
    """Write a report beside ``cameras`` with which ``clip_beside`` tells the same of a stand-in.

    tracked: of the clip that ``clip`` stands for. cameras: one for each of its ``count`` frames.
    """
    figures = clip_figures(clip, cameras, (0, count))
    if not tracked.is_own:
        figures["sha256"]["video"] = ANOTHER_CLIP
    scale = tracked.scale and tracked.scale._asdict()
    write_text(tracking_report(cameras), json.dumps({"scale": scale} | figures))


def clip_beside(camera: CameraInput, clip: Path | None, log: Log) -> TrackedClip | None:
    """What lies beside a camera file of its clip; None where nothing does.

    The report of tracking counts only for the file that was written with it: a doubt says where
    its scale does not. The scale in ``scale.json`` counts more, and whoever put it there vouches
    for the clip where no report knows it.

    clip: the one in use.
    Raises InputError where the files beside it, or the camera file, cannot be read.
    """
    sources = camera.scale_sources
    scale = _read(sources[SCALE_SOURCE], _checked) if SCALE_SOURCE in sources else None
    report = sources.get(TRACKING_SOURCE)
    tracking = _read(report, _tracking) if report is not None else None
    tracked = None
    if report is not None and tracking is not None and camera.file is not None:
        if tracking.cameras == sha256_of(camera.file):
            is_own = clip is not None and tracking.video == sha256_of_frames(clip, IMAGE_SUFFIXES)
            tracked = TrackedClip(tracking.scale, is_own, tracking.excerpt if is_own else None)
        elif tracking.scale is not None and scale is None:
            log.doubt(
                f"{camera.file}: is not the file that was written with {report.name}, so the scale "
                "in there does not count (`camera_height` tells it)"
            )
    if scale is None:
        return tracked
    if tracked is None:
        return TrackedClip(scale, is_own=clip is not None)
    if report is not None and tracked.scale not in (None, scale):
        log.doubt(
            f"{camera.file}: {SCALE} and {report.name} beside it tell different scales; that of "
            f"{SCALE} counts (without that file the other one does)"
        )
    return tracked._replace(scale=scale)


class _Tracking(NamedTuple):
    """What the report of tracking tells; video, cameras: SHA-256."""

    scale: StoredScale | None
    video: str
    cameras: str
    excerpt: Range


def _read(path: Path, read: Callable[[Any], T]) -> T:
    """What a file beside a camera file tells. InputError where it is damaged."""
    try:
        return read(parse_json(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: is no scale as dynascene writes it ({error!r}); mend it, or move it away "
            "from the camera file"
        ) from error


def _tracking(stored: dict[str, Any]) -> _Tracking | None:
    """None for a report of curation, of ``generate``, or of an older version."""
    checksums, excerpt = stored.get("sha256"), stored.get("excerpt")
    if checksums is None or excerpt is None:
        return None
    start, stop = excerpt
    if not (isinstance(start, int) and isinstance(stop, int) and 0 <= start < stop):
        raise ValueError(f"excerpt is {excerpt!r}")
    scale = None if stored.get("scale") is None else _checked(stored["scale"])
    return _Tracking(scale, checksums["video"], checksums["cameras"], (start, stop))


def _checked(stored: dict[str, Any]) -> StoredScale:
    """ValueError for a number that no clip has; None: the person told nothing."""
    height, pitch = stored["camera_height_units"], stored["pitch_degrees"]
    confidence = stored["confidence"]
    if height is not None and not (is_finite_number(height) and 0 < height <= HIGHEST):
        raise ValueError(f"camera_height_units is {height!r}")
    if pitch is not None and not (is_finite_number(pitch) and abs(pitch) <= STEEPEST):
        raise ValueError(f"pitch_degrees is {pitch!r}")
    if not (is_finite_number(confidence) and 0 <= confidence <= 1):
        raise ValueError(f"confidence is {confidence!r}")
    return StoredScale(height, pitch, confidence)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
