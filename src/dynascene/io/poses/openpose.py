"""OpenPose's JSON: one file per frame, or a list of the same for a clip, as editors save it.

```
{"people": [{"pose_keypoints_2d": [x, y, confidence, …]}, …],
 "canvas_width": 1280, "canvas_height": 720}
```

A person has 18 keypoints, or 25 with the feet. Where the canvas is told, coordinates from 0 to 1
are shares of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dynascene.body_pose import BodyPose
from dynascene.errors import InputError
from dynascene.io.atomic import write_text
from dynascene.io.poses.layouts import BODY_25, OPENPOSE_LAYOUTS, from_joints, to_joints
from dynascene.io.poses.people import Joints, PeopleInFrames, keypoint_rows
from dynascene.types import Size

KEYPOINTS = "pose_keypoints_2d"
SHARE = 2.0  # no body is as small in pixels: coordinates below are shares of the canvas


def is_openpose(document: object) -> bool:
    """Whether a JSON document is a frame of OpenPose's, or a list of such frames."""
    first = document[0] if isinstance(document, list) and document else document
    return isinstance(first, dict) and "people" in first


def people_of(documents: Sequence[object], path: Path) -> PeopleInFrames:
    """Everybody in some frames of OpenPose's.

    Raises:
        InputError: one of them has another form.
    """
    sizes = {size for document in documents if (size := _canvas(document)) is not None}
    if len(sizes) > 1:
        raise InputError(f"{path}: frames have several sizes: {', '.join(map(str, sorted(sizes)))}")
    frames = [_people(document, f"{path}: frame {i}") for i, document in enumerate(documents)]
    return PeopleInFrames(frames, sizes.pop() if sizes else None)


def write_openpose(pose: BodyPose, path: Path) -> None:
    """Write the poses of a clip as a list of frames with 25 keypoints."""
    write_text(path, json.dumps(openpose_frames(pose)) + "\n")


def openpose_frames(pose: BodyPose) -> list[dict[str, Any]]:
    """The poses of a clip as OpenPose's documents, one a frame, with 25 keypoints in pixels."""
    joints = np.concatenate([pose.points - 0.5, pose.visibility[..., None]], axis=-1)
    joints[pose.visibility == 0] = 0
    return [
        {
            "people": [{KEYPOINTS: np.round(from_joints(rows, BODY_25), 3).ravel().tolist()}],
            "canvas_width": pose.size.width,
            "canvas_height": pose.size.height,
        }
        for rows in joints
    ]


def _people(document: object, where: str) -> list[Joints]:
    if not isinstance(document, dict) or not isinstance(document.get("people"), list):
        raise InputError(f'{where}: has no list of "people"')
    canvas, everybody = _canvas(document), []
    for person in document["people"]:
        if not isinstance(person, dict) or KEYPOINTS not in person:
            raise InputError(f'{where}: a person has no "{KEYPOINTS}"')
        rows = keypoint_rows(person[KEYPOINTS] or [], where)  # null or []: no body is seen
        if not len(rows):
            continue
        if len(rows) not in OPENPOSE_LAYOUTS:
            raise InputError(f"{where}: a person has {len(rows)} keypoints, not 18 or 25")
        if canvas is not None and rows[:, :2].max() <= SHARE:
            rows[:, :2] = rows[:, :2] * [*canvas] - 0.5
        everybody.append(to_joints(rows, OPENPOSE_LAYOUTS[len(rows)]))
    return everybody


def _canvas(document: object) -> Size | None:
    if not isinstance(document, dict):
        return None
    width, height = document.get("canvas_width"), document.get("canvas_height")
    if not (isinstance(width, int) and isinstance(height, int) and min(width, height) > 0):
        return None
    return Size(width, height)
