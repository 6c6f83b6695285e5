"""Files of pose landmarks: the 33 points of BlazePose in each frame of a clip, as JSON.

```
{"format": "dynascene-landmarks", "version": 1, "size": [width, height], "names": [33 names],
 "frames": [{"person": 0.98, "points": [[x, y, depth, visibility, doubt], …]}, …]}
```
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dynascene.errors import InputError
from dynascene.io.atomic import write_text
from dynascene.io.text import parse_json
from dynascene.types import Size

FORMAT, VERSION = "dynascene-landmarks", 1
VISIBLE = 0.5  # least visibility …
GUESS = 0.05  # … and largest doubt, as a share of the body's extent, of a point that is seen

_SIDES = (
    "eye_inner", "eye", "eye_outer", "ear", "mouth", "shoulder", "elbow", "wrist", "little_finger",
    "index_finger", "thumb", "hip", "knee", "ankle", "heel", "toes",
)  # fmt: skip
_EYES = _SIDES[:3]
NAMES = (
    "nose",
    *(f"{side}_{part}" for side in ("left", "right") for part in _EYES),
    *(f"{side}_{part}" for part in _SIDES[3:] for side in ("left", "right")),
)
BONES = (
    (11, 12), (11, 23), (12, 24), (23, 24), (11, 13), (13, 15), (12, 14), (14, 16),
    (23, 25), (25, 27), (24, 26), (26, 28), (27, 31), (28, 32), (0, 11), (0, 12),
)  # fmt: skip


@dataclass(frozen=True)
class PoseLandmarks:
    """The landmarks of one person in F frames.

    Attributes:
        size: of the frames.
        points: [F, 33, 2] x and y in pixels; the first pixel's centre is at 0.5.
        depth: [F, 33] in pixels, smaller is nearer to the camera, 0 at the hips.
        visibility: [F, 33] in 0 … 1, low where something hides the point.
        doubt: [F, 33] in pixels, how far the mirrored picture shows it elsewhere.
        person: [F] in 0 … 1, the probability that somebody is there.
    """

    size: Size
    points: np.ndarray
    depth: np.ndarray
    visibility: np.ndarray
    doubt: np.ndarray
    person: np.ndarray

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, frames: slice) -> PoseLandmarks:
        """The landmarks of a range of frames."""
        return PoseLandmarks(
            self.size,
            self.points[frames],
            self.depth[frames],
            self.visibility[frames],
            self.doubt[frames],
            self.person[frames],
        )

    @property
    def seen(self) -> np.ndarray:
        """bool [F, 33], where a point is neither hidden nor a guess nor beyond the frame."""
        extent = np.ptp(self.points, axis=1).max(axis=-1)
        inside = ((self.points >= 0) & (self.points <= [*self.size])).all(axis=-1)
        sure = (self.visibility >= VISIBLE) & (self.doubt <= GUESS * extent[:, None])
        return sure & inside & (self.person >= VISIBLE)[:, None]


def write_landmarks(landmarks: PoseLandmarks, path: Path) -> None:
    """Write a file."""
    rows = np.concatenate(
        [
            landmarks.points,
            landmarks.depth[..., None],
            landmarks.visibility[..., None],
            landmarks.doubt[..., None],
        ],
        axis=-1,
    )
    content = {
        "format": FORMAT,
        "version": VERSION,
        "size": [*landmarks.size],
        "names": NAMES,
        "frames": [
            {"person": round(float(person), 3), "points": np.round(points, 3).tolist()}
            for person, points in zip(landmarks.person, rows, strict=True)
        ],
    }
    write_text(path, json.dumps(content))


def read_landmarks(path: Path) -> PoseLandmarks:
    """Read a file.

    Raises:
        InputError: it is none, or it is damaged.
    """
    try:
        content = parse_json(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT or content["version"] != VERSION:
            raise InputError(f"{path}: is no {FORMAT} file of version {VERSION}")
        size = Size(*map(int, content["size"]))
        frames = content["frames"]
        rows = np.array([frame["points"] for frame in frames], float)
        rows = rows.reshape(len(frames), len(NAMES), 5)
        person = np.array([frame["person"] for frame in frames], float)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, KeyError, TypeError, OverflowError) as error:  # beyond any float
        raise InputError(f"{path}: is no file of landmarks, or a damaged one") from error
    return PoseLandmarks(size, rows[..., :2], rows[..., 2], rows[..., 3], rows[..., 4], person)
