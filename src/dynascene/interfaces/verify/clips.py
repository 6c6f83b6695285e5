"""The clips of a data set as the page is told of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from typing import Any

from dynascene.curation.stages.seen_points import seen_points
from dynascene.curation.votes.verdict_rule import SPLIT_BEFORE, is_judged
from dynascene.datasets.filmed.manifest import ClipManifest, ClipRecord
from dynascene.datasets.filmed.opening import ClipFiles, OpenClip, clip_files, open_record
from dynascene.datasets.filmed.storage import short_hash
from dynascene.errors import InputError
from dynascene.io.frames import split_alpha, times_of
from dynascene.io.text import parse_json

VERDICT = "camera.verdict"  # the manifest's column of what curation measured
REPORTED = ("kind", "verdict", "reasons", "method", "focal", "focal_source", "clip")
POINTS_KEPT = 64  # clips


class VerifiedClips:
    """The clips that people are asked about.

    Raises InputError when there are none.
    """

    def __init__(self, manifest: ClipManifest) -> None:
        self.manifest = manifest
        self._rows = _judged_rows(manifest)
        self._points: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()
        if not self._rows:
            raise InputError(
                f"{manifest.storage.root}: holds no clip with a camera and a split to verify"
            )

    @cached_property
    def ids(self) -> dict[str, str]:
        """What addresses call each clip, by its name: always the same, and nothing to walk up."""
        return {name: short_hash(name) for name in self._rows}

    @cached_property
    def _names(self) -> dict[str, str]:
        return {identity: name for name, identity in self.ids.items()}

    def name_of(self, identity: str) -> str | None:
        """The clip's name; None where there is no such clip."""
        return self._names.get(identity)

    @cached_property
    def doubtful(self) -> frozenset[str]:
        """The clips whose camera the tracker itself doubts."""
        table = self.manifest.table
        if VERDICT in table.column_names:
            verdicts = zip(self.manifest.names, table.column(VERDICT).to_pylist(), strict=True)
        else:
            verdicts = ((name, self._report(name).get("verdict")) for name in self._rows)
        return frozenset(name for name, verdict in verdicts if verdict == "doubtful")

    def described(self, name: str) -> dict[str, Any]:
        """What the page shows of a clip, ready for JSON.

        cam_from_world: 12 numbers for each frame, the upper rows of the matrix. view: fx, fy, cx,
        cy of each in pixels of ``size``. times: seconds of each frame. Raises InputError where the
        clip is broken.
        """
        clip = self._opened(name)
        cameras = clip.cameras
        times = times_of(clip.frames)
        rate = float(clip.frames.frame_rate)
        return {
            "name": name,
            "size": list(cameras.size),
            "times": list(times or (frame / rate for frame in range(len(clip.frames)))),
            "rate": rate,
            "cam_from_world": cameras.cam_from_world[:, :3].flatten(1).tolist(),
            "view": cameras.intrinsics[:, [0, 1, 0, 1], [0, 1, 2, 2]].tolist(),
            "camera": self._report(name),
        }

    def video(self, name: str) -> Path:
        """The clip's video as a local file. Raises InputError where it is missing."""
        return self._files(name).video

    def points(self, name: str) -> dict[str, Any]:
        """Points as followed and as reprojected (SeenPoints), ready for JSON; kept for a while.

        Raises InputError where the clip is broken.
        """
        with self._lock:
            if name in self._points:
                return self._points[name]
        clip = self._opened(name)
        matte = split_alpha(clip.frames)[1] if clip.frames.channels == 4 else clip.matte
        track_points = seen_points(clip.frames, matte, clip.cameras)
        answer = {
            "points": track_points.points.round(6).tolist(),
            "frame": track_points.frame.tolist(),
            "point": track_points.point.tolist(),
            "seen": track_points.seen.round(5).tolist(),
        }
        with self._lock:
            self._points[name] = answer
            while len(self._points) > POINTS_KEPT:
                self._points.popitem(last=False)
        return answer

    def _record(self, name: str) -> ClipRecord:
        return self.manifest[self._rows[name]]

    def _files(self, name: str) -> ClipFiles:
        return clip_files(self._record(name), self.manifest.storage)

    def _opened(self, name: str) -> OpenClip:
        return open_record(self._record(name), self.manifest.storage)

    def _report(self, name: str) -> dict[str, Any]:
        """What ``dynascene track`` said; empty where it left nothing beside the cameras."""
        try:
            cameras = self._files(name).cameras
            if cameras is None:
                return {}
            path = cameras.with_name(f"{cameras.stem}.track.json")
            report = parse_json(path.read_text(encoding="utf-8"), constant=lambda _: None)
        except (OSError, ValueError, InputError):
            return {}  # a broken clip is named when it is opened; the report is an extra
        if not isinstance(report, dict):
            return {}
        return {key: report[key] for key in REPORTED if key in report}


def _judged_rows(manifest: ClipManifest) -> dict[str, int]:
    """Row numbers by clip."""
    table = manifest.table
    columns = [
        table.column(name).to_pylist() if name in table.column_names else [None] * len(table)
        for name in ("split", SPLIT_BEFORE, "has_camera")
    ]
    rows = zip(manifest.names, *columns, strict=True)
    return {name: row for row, (name, *fields) in enumerate(rows) if is_judged(*fields)}
