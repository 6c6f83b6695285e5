"""The camera of a filmed clip: one pose per frame, and how far to trust it.

Background points are tracked through the clip once. They decide whether the camera stands, turns or
travels. Each hypothesis is fitted to four fifths of the tracks and scored on the rest.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch

from dynascene.display import Display, Quiet
from dynascene.errors import InputError
from dynascene.estimators.camera.candidates import (
    CameraCandidate,
    FocalSource,
    rotation_candidate,
    settle_rotation,
    static_candidate,
    structure_candidate,
)
from dynascene.estimators.camera.classification import Kind, judge_turn, stands_still
from dynascene.estimators.camera.completion import interpolate_missing
from dynascene.estimators.camera.keyframes import join_keyframes
from dynascene.estimators.camera.point_tracks import PointTracks, follow_points, picture_spool
from dynascene.estimators.camera.rotation import fit_rotation
from dynascene.estimators.camera.verdict import ClipFigures, FrameFigures, Verdict, judge, measure
from dynascene.estimators.frame_spool import FrameSpool
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.rigid import orthonormalise, relative_to_first, rigid
from dynascene.types import CameraTrack, FrameSource, Size

TRAVEL_GAIN = 0.8  # travel must leave less than this share of what a turn leaves unexplained
CREDIBLE = 2.0  # pixels of score: above, a turn is no explanation at all, and travel hardly one
FEWEST_POINTS = 8  # in a frame, on average

LONGEST_FOCAL = 1e6  # pixels


@dataclass(frozen=True)
class TrackingOptions:
    """Settings of the tracker.

    Attributes:
        focal: focal length in pixels of the frames (square pixels); None: estimate it.
        tagged_focal: the same, as the clip's file tells it, for clips that do not determine it;
            None: 60 degrees are assumed there.

    Raises:
        InputError: it is not positive.
    """

    focal: float | None = None
    tagged_focal: float | None = None

    def __post_init__(self) -> None:
        if self.focal is not None and not 1 <= self.focal <= LONGEST_FOCAL:
            raise InputError(
                f"`focal` {self.focal:g}: give a positive number of pixels, 1 to {LONGEST_FOCAL:g}"
            )


@dataclass(frozen=True)
class TrackedCamera:
    """The tracked camera, with the figures that it is judged by.

    Attributes:
        track: one camera per frame, the first at the identity, for the frames' size; None where the
            verdict is failed. The unit of length is arbitrary.
        kind: static, rotation (on the spot) or general.
        verdict: good, doubtful or failed.
        reasons: what speaks against the camera.
        method: static, rotation, or the mapper of pycolmap (global, incremental); None where every
            method failed.
        focal: in pixels of the frames; None where unknown.
        focal_source: given, estimated, or, where the clip does not determine it, tagged (as its
            file tells the lens) or assumed.
        working_size: size of the picture in whose pixels all errors are.
        clip: figures of the whole clip; None where tracking failed.
        frames: figures of each frame.
        focal_range: in pixels of the frames, focal lengths that explain the clip nearly as well;
            None where it was not estimated.
    """

    track: CameraTrack | None
    kind: Kind
    verdict: Verdict
    reasons: tuple[str, ...]
    method: str | None
    focal: float | None
    focal_source: FocalSource | None
    working_size: Size
    clip: ClipFigures | None = None
    frames: tuple[FrameFigures, ...] = field(default=())
    focal_range: tuple[float, float] | None = None

    @property
    def interpolated(self) -> list[int]:
        """Numbers of the frames whose camera is interpolated from its neighbours."""
        return [index for index, frame in enumerate(self.frames) if frame.interpolated]

    def report(self) -> dict[str, Any]:
        """Everything but the track, as JSON values."""
        return {
            "kind": self.kind,
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "method": self.method,
            "focal": _rounded(self.focal),
            "focal_range": self.focal_range and [_rounded(end) for end in self.focal_range],
            "focal_source": self.focal_source,
            "working_size": list(self.working_size),
            "interpolated": self.interpolated,
            "clip": _figures(self.clip) if self.clip else None,
            "frames": [_figures(frame) for frame in self.frames],
        }


DEFAULTS = TrackingOptions()


def track_camera(
    frames: FrameSource,
    matte: FrameSource | None = None,
    options: TrackingOptions = DEFAULTS,
    display: Display | None = None,
) -> TrackedCamera:
    """Track the camera of a clip from its background.

    Args:
        frames: [H, W, 3 or 4], one continuous shot.
        matte: [H, W, 1] of the same size and number, 255 = person; the person and a margin are
            ignored. None: most of the picture is assumed to be background.
        options: the focal length, where it is known.
        display: shows the progress.

    Raises:
        InputError: there is only one frame, the matte does not fit, or pycolmap is needed and not
            installed.
        NoTemporaryFiles: the folder of temporary files has no room for the frames in working size.
    """
    if len(frames) < 2:
        raise InputError("one frame shows no motion of the camera: give at least two")
    display = display or Quiet()
    with display.stage("points", len(frames)) as step:
        pictures = picture_spool(frames.size)
        tracks = follow_points(frames, matte, step, pictures)
    scale = frames.size.width / tracks.size.width
    focal, tagged = (f and f / scale for f in (options.focal, options.tagged_focal))
    working = replace(options, focal=focal, tagged_focal=tagged)
    candidate = _best_candidate(tracks, pictures, working, display)
    if candidate is None:
        return _nothing(tracks.size)
    within = candidate.focal_range
    clip, figures = measure(tracks, candidate)
    verdict, reasons = judge(candidate, clip)
    return TrackedCamera(
        track=None if verdict == "failed" else _track(candidate, frames.size, scale),
        kind=candidate.kind,
        verdict=verdict,
        reasons=tuple(reasons),
        method=candidate.method,
        focal=candidate.focal * scale,
        focal_source=candidate.focal_source,
        working_size=tracks.size,
        clip=clip,
        frames=tuple(figures),
        focal_range=within and (within[0] * scale, within[1] * scale),
    )


def _best_candidate(
    tracks: PointTracks,
    pictures: FrameSpool,
    options: TrackingOptions,
    display: Display,
) -> CameraCandidate | None:
    """The first sufficient hypothesis of static, rotation and travel, in this order.

    The focal lengths of the options are in working pixels.
    """
    focal, tagged = options.focal, options.tagged_focal
    if len(tracks.frame) < FEWEST_POINTS * tracks.frames:
        return None
    if stands_still(tracks):
        return static_candidate(tracks, focal, tagged)
    with display.stage("rotation", 1):
        fit = fit_rotation(tracks.fitted(), focal)
        evidence = judge_turn(tracks.held_out(), fit) if fit else {}
        turned = rotation_candidate(tracks, fit, focal is not None) if fit else None
    if turned and evidence and all(judged.turns for judged in evidence.values()):
        return settle_rotation(tracks, turned, tagged)
    with display.stage("structure", 1):
        keyframes = join_keyframes(tracks.fitted(), pictures)
        travelled = structure_candidate(tracks, keyframes, focal, tagged)
    if turned and _turn_suffices(tracks, turned, travelled):
        return settle_rotation(tracks, turned, tagged)
    return travelled


def _turn_suffices(
    tracks: PointTracks, turned: CameraCandidate, travelled: CameraCandidate | None
) -> bool:
    """Whether a turn is the better explanation, since travel explains hardly more.

    Where neither is credible, the turn must be no failure: cameras that fit badly and are free to
    travel swing about.
    """
    if travelled is None:
        return turned.score < CREDIBLE
    if travelled.score <= TRAVEL_GAIN * turned.score:
        return False
    if turned.score < CREDIBLE:
        return True
    return travelled.score >= CREDIBLE and _verdict(tracks, turned) != "failed"


def _verdict(tracks: PointTracks, candidate: CameraCandidate) -> Verdict:
    clip, _ = measure(tracks, candidate)
    return judge(candidate, clip)[0]


def _track(candidate: CameraCandidate, size: Size, scale: float) -> CameraTrack:
    filled = torch.from_numpy(interpolate_missing(candidate.cam_from_world))
    poses = rigid(orthonormalise(filled[:, :3, :3]), filled[:, :3, 3])
    focal = candidate.focal * scale
    intrinsics = intrinsics_matrix(focal, focal, size.width / 2, size.height / 2)
    return CameraTrack(relative_to_first(poses), intrinsics.expand(len(poses), 3, 3), size)


def _nothing(working_size: Size) -> TrackedCamera:
    reason = "the background has too few points that one camera explains (dark, blurred, moving)"
    return TrackedCamera(None, "general", "failed", (reason,), None, None, None, working_size)


def _figures(figures: ClipFigures | FrameFigures) -> dict[str, Any]:
    return {name: _rounded(value) for name, value in asdict(figures).items()}


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
