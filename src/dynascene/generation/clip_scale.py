"""The scale of a clip, told by the person in it, and how it is kept beside a camera file.

It lies in ``scale.json``, which may be mended by hand, or in the report of ``dynascene track``,
which holds only for the file that was written with it.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from dynascene.errors import InputError
from dynascene.estimators.camera import TrackedCamera
from dynascene.estimators.scale.ground import down_vectors
from dynascene.estimators.scale.person_scale import PersonScale, person_scale
from dynascene.generation.request import SCALE, CameraInput
from dynascene.geometry.framing import filmed_attitude
from dynascene.geometry.rigid import camera_centres, invert_rigid
from dynascene.io.atomic import write_text
from dynascene.io.checksums import sha256_of
from dynascene.io.text import is_finite_number, parse_json
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack, FrameSource

LEAST_CONFIDENCE = 0.4  # in the pitch that the person tells
HIGHEST = 1e6  # track units of a camera above the ground
STEEPEST = 90.0  # degrees of pitch
ANY_CLIP = ""  # in place of a checksum


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
        sha256: of the clip's file or folder; ``ANY_CLIP`` where whoever put the scale there vouches
            for the clip.
    """

    scale: StoredScale | None
    sha256: str

    def is_of(self, clip: Path) -> bool:
        """Whether the camera filmed this clip, as far as is known."""
        return self.sha256 == ANY_CLIP or self.sha256 == sha256_of(clip)


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


def write_scale(scale: StoredScale, folder: Path) -> None:
    """Write what of a scale counts beside a camera file in ``folder``."""
    write_text(folder / SCALE, json.dumps(scale._asdict(), indent=1) + "\n")


def clip_checksums(clip: Path, cameras: Path) -> dict[str, str]:
    """SHA-256 of a clip and of the cameras tracked in it, by which ``clip_beside`` knows both."""
    return {"video": sha256_of(clip), "cameras": sha256_of(cameras)}


def clip_beside(camera: CameraInput, log: Log) -> TrackedClip | None:
    """What lies beside a camera file of its clip; None where nothing does.

    The report of tracking counts only for the file that was written with it: a notice says where
    its scale does not.

    Raises InputError where the file beside it, or the camera file, cannot be read.
    """
    path = camera.scale_source
    if path is None or camera.file is None:
        return None
    try:
        stored = parse_json(path.read_text(encoding="utf-8"))
        if path.name == SCALE:
            return TrackedClip(_checked(stored), ANY_CLIP)
        checksums = stored.get("sha256")
        if checksums is None:  # of curation, or of an older version
            return None
        scale = None if stored.get("scale") is None else _checked(stored["scale"])
        video, cameras = checksums["video"], checksums["cameras"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: is no scale as dynascene writes it ({error!r}); mend it, or move it away "
            "from the camera file"
        ) from error
    if cameras == sha256_of(camera.file):
        return TrackedClip(scale, video)
    if scale is not None:
        log.doubt(
            f"{camera.file}: is not the file that was written with {path.name}, so the scale in "
            "there does not count (`camera_height` tells it)"
        )
    return None


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
