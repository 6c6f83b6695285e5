"""The camera of a draft, as the page draws its path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dynascene.estimators.camera.classification import KIND_WORDS
from dynascene.generation.camera_input import read_filmed
from dynascene.generation.clip_scale import clip_beside
from dynascene.generation.footage import TRACKING
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.geometry.tracks import relative_track
from dynascene.interfaces.app.drafts import Draft
from dynascene.io.keyframes import is_keyframe_file, read_keyframes
from dynascene.io.text import parse_json
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack, FrameSource

ASSUMED_FOV = 60.0  # degrees, of a move, whose own view the place decides


def camera_track_of(draft: Draft, source: FrameSource) -> CameraTrack | None:
    """The camera of each frame in use; None where it is still to be tracked.

    Raises InputError where a file or a move cannot be used.
    """
    camera, size, count = draft.camera_input(), source.size, len(source)
    if camera.move is None:
        rate = float(source.frame_rate)
        beside = clip_beside(camera, draft.person().person, Log())
        filmed = read_filmed(camera, size, count, draft.frames, Log(), rate, beside)
        return None if filmed is None else relative_track(filmed.track)
    view = intrinsics_from_fov(ASSUMED_FOV, size)
    if is_keyframe_file(Path(camera.move)):
        return read_keyframes(Path(camera.move), count, view, size)
    rate = float(source.frame_rate)
    return make_move(camera.move, count, view, size, seed=draft.seed, frame_rate=rate)


def drawn_path(track: CameraTrack) -> dict[str, Any]:
    """What the page's drawing takes: 12 numbers of each pose, fx, fy, cx, cy, and the size."""
    return {
        "size": list(track.size),
        "cam_from_world": track.cam_from_world[:, :3].flatten(1).tolist(),
        "view": track.intrinsics[:, [0, 1, 0, 1], [0, 1, 2, 2]].tolist(),
    }


def tracking_words(draft: Draft) -> str:
    """What the tracker said of the clip's camera; empty where there is no report."""
    if draft.tracked is None:
        return ""
    try:
        report = parse_json((Path(draft.tracked).parent / TRACKING).read_text(encoding="utf-8"))
        kind, verdict, reasons = (
            report["kind"],
            report["verdict"],
            "; ".join(report.get("reasons", ())),
        )
        words = f"The camera {KIND_WORDS[kind]}; the track is {verdict}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""
    return f"{words} ({reasons})." if reasons else f"{words}."
