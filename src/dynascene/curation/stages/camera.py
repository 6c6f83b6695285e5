"""The camera stage: keeps clips whose camera is tracked well enough to train on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from dynascene.curation.clip import Clip
from dynascene.curation.faults import rejected_by
from dynascene.curation.stages.clip_frames import frames_of
from dynascene.curation.stages.seen_points import seen_points
from dynascene.errors import InputError
from dynascene.estimators.camera import TrackedCamera, track_camera
from dynascene.geometry.rigid import invert_rigid
from dynascene.io.atomic import write_text
from dynascene.io.cameras import write_cameras
from dynascene.io.mattes import open_matte
from dynascene.types import FrameSource

CAMERAS, REPORT = "cameras.txt", "cameras.track.json"
KINDS = {"static": "static", "rotation": "rotation-only", "general": "travelling"}


@dataclass(frozen=True)
class CameraConfig:
    """Settings of the camera stage.

    Attributes:
        worst: worst verdict of the tracker that is still kept.
        keep_static: whether clips of a static camera are kept.
    """

    worst: Literal["good", "doubtful"] = "good"
    keep_static: bool = False


class CameraMotion(NamedTuple):
    """How far a camera moves.

    Attributes:
        turn: largest angle from the first view, in degrees.
        travel: largest distance from the first position, in median depths of the tracked points; 0
            for a camera that only turns.
    """

    turn: float
    travel: float


@dataclass(frozen=True)
class CameraStage:
    """Tracks the camera on the background, and drops clips where the track is not reliable.

    Files: ``cameras``: ``cameras.txt`` in RealEstate10K's format, one camera a frame; ``track``:
    the tracker's report.
    Codes: static-camera, camera-failed, camera-doubtful, untrackable.
    Values: kind, rotation_only, verdict, error (on held-out points, in pixels of the tracker's
    working picture), registered, coverage, turn and travel (see ``CameraMotion``).
    """

    config: CameraConfig = CameraConfig()
    name = "camera"
    version = 4
    processors = 1.0
    accelerators = 0.0

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        try:
            frames = frames_of(clip)
            matte = _matte_of(clip, folder)
            camera = track_camera(frames, matte)
            clip = _with_figures(clip, camera)
            rejected_clip = self._rejection(clip, camera)
            if rejected_clip is not None or camera.track is None:
                return [rejected_clip or clip]
            motion = camera_motion(frames, matte, camera)
        except InputError as error:
            return [rejected_by(clip, self.name, "untrackable", error)]
        write_cameras(camera.track, folder / CAMERAS, "re10k")
        write_text(folder / REPORT, json.dumps(camera.report(), indent=1) + "\n")
        clip = clip.with_values(self.name, **motion._asdict())
        return [clip.with_files(cameras=CAMERAS, track=REPORT)]

    def _rejection(self, clip: Clip, camera: TrackedCamera) -> Clip | None:
        why = "; ".join(camera.reasons)
        if camera.verdict == "failed":
            return clip.rejected(self.name, "camera-failed", why, camera.verdict)
        if camera.kind == "static" and not self.config.keep_static:
            return clip.rejected(self.name, "static-camera", "the camera stands still", camera.kind)
        if camera.verdict == "doubtful" and self.config.worst == "good":
            return clip.rejected(self.name, "camera-doubtful", why, camera.verdict)
        return None


def camera_motion(
    frames: FrameSource, matte: FrameSource | None, camera: TrackedCamera
) -> CameraMotion:
    """How far a tracked camera turns and travels.

    Args:
        frames: the clip, [H, W, 3 or 4].
        matte: [H, W, 1], 255 = person, or None.
        camera: with a track.

    Raises:
        InputError: a frame cannot be read.
    """
    assert camera.track is not None
    poses = camera.track.cam_from_world.numpy()
    cosines = (np.trace(poses[:, :3, :3] @ poses[0, :3, :3].T, axis1=1, axis2=2) - 1) / 2
    turn = float(np.degrees(np.arccos(np.clip(cosines, -1, 1))).max())
    if camera.kind != "general":
        return CameraMotion(turn, 0.0)
    centres = invert_rigid(camera.track.cam_from_world)[:, :3, 3].numpy()
    reach = float(np.linalg.norm(centres - centres[0], axis=1).max())
    seen = seen_points(frames, matte, camera.track)
    points = seen.points[seen.point]
    with np.errstate(divide="ignore", invalid="ignore"):  # points may be infinitely far away
        depths = np.einsum("ni,ni->n", poses[seen.frame, 2], points) / points[:, 3]
    depths = depths[np.isfinite(depths) & (depths > 0)]
    return CameraMotion(turn, reach / float(np.median(depths)) if len(depths) else 0.0)


def _matte_of(clip: Clip, folder: Path) -> FrameSource | None:
    return open_matte(folder / clip.files["matte"]) if "matte" in clip.files else None


def _with_figures(clip: Clip, camera: TrackedCamera) -> Clip:
    clip = clip.with_values(
        CameraStage.name,
        kind=KINDS[camera.kind],
        rotation_only=camera.kind == "rotation",
        verdict=camera.verdict,
    )
    figures = camera.clip
    if figures is None:
        return clip
    return clip.with_values(
        CameraStage.name,
        error=figures.held_out_error,
        registered=figures.registered_share,
        coverage=figures.coverage,
    )
