"""Figures of a camera for the clip and its frames, and the verdict on it.

F frames, N observations of point tracks; errors in pixels of the working picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dynascene.estimators.camera.candidates import CameraCandidate
from dynascene.estimators.camera.point_tracks import PointTracks
from dynascene.estimators.camera.rotation import frame_pairs, transfer_errors
from dynascene.estimators.camera.triangulation import TriangulatedTracks, explain_tracks

Verdict = Literal["good", "doubtful", "failed"]

INLIER_ERROR = 3.0  # pixels
GRID = (8, 6)  # cells across and down the picture

# At least, or at most, for a good verdict and for a doubtful one; beyond it has failed
REGISTERED = (0.9, 0.5)  # share of the frames
HELD_OUT_ERROR = (1.0, 3.0)  # pixels, median
INLIERS = (0.7, 0.4)  # share of the held-out observations
COVERAGE = (0.25, 0.08)  # share of the cells, median over frames
# Share of the points that the next frame still has, median over frames. Noise keeps 5 to 18 % by
# chance; cameras can be fitted to these few, and explain most of them.
FOLLOWED = (0.3, 0.25)


@dataclass(frozen=True)
class FrameFigures:
    """Figures of one frame.

    Attributes:
        error: median error of the frame's points, in pixels; None where no track is long enough.
        points: number of tracked points.
        inliers: how many of them are within INLIER_ERROR.
        coverage: share of the picture's cells, 0 … 1, that hold inliers.
        interpolated: whether the camera is interpolated from its neighbours.
    """

    error: float | None
    points: int
    inliers: int
    coverage: float
    interpolated: bool


@dataclass(frozen=True)
class ClipFigures:
    """Figures of the whole clip; see ``FrameFigures``.

    Attributes:
        reprojection_error: median over all observations, in pixels.
        held_out_error: median over the tracks that the cameras were not fitted to, in pixels.
        inlier_share: share of the observations of these tracks within INLIER_ERROR.
        registered_share: share of the frames whose camera is not interpolated.
        coverage: median over the frames.
        followed_share: share of a frame's points that are followed to the next one, median.
        turn_error: for a camera that turns, the median distance in pixels between a held-out point
            and the same point transferred from another frame, over pairs of frames at all
            distances; None for other cameras.
    """

    reprojection_error: float | None
    held_out_error: float | None
    inlier_share: float
    registered_share: float
    coverage: float
    followed_share: float
    turn_error: float | None


def measure(
    tracks: PointTracks, candidate: CameraCandidate
) -> tuple[ClipFigures, list[FrameFigures]]:
    """Compute the figures of a candidate over all tracks."""
    has_camera = np.isfinite(candidate.cam_from_world[:, 0, 0])
    explained = explain_tracks(tracks, candidate.cam_from_world, candidate.focal)
    held_out = explain_tracks(tracks.held_out(), candidate.cam_from_world, candidate.focal)
    frames = [
        _frame_figures(explained, tracks, f, bool(has_camera[f])) for f in range(len(has_camera))
    ]
    clip = ClipFigures(
        reprojection_error=_median(explained.errors),
        held_out_error=_median(held_out.errors),
        inlier_share=_share(held_out.errors),
        registered_share=float(has_camera.mean()),
        coverage=float(np.median([frame.coverage for frame in frames])),
        followed_share=tracks.followed_share,
        turn_error=_turn_error(tracks, candidate) if candidate.kind == "rotation" else None,
    )
    return clip, frames


def judge(candidate: CameraCandidate, figures: ClipFigures) -> tuple[Verdict, list[str]]:
    """The verdict on a camera, and the reasons against it as text."""
    values = (
        ("frames with a camera", figures.registered_share, REGISTERED),
        ("points explained", figures.inlier_share, INLIERS),
        ("picture covered by them", figures.coverage, COVERAGE),
        ("points followed to the next frame", figures.followed_share, FOLLOWED),
    )
    good, doubtful, reasons = True, True, []
    for name, value, (enough, least) in values:
        good, doubtful = good and value >= enough, doubtful and value >= least
        if value < enough:
            reasons.append(f"{name}: {value:.0%}, {enough:.0%} wanted")
    error = np.inf if figures.held_out_error is None else figures.held_out_error
    good, doubtful = good and error <= HELD_OUT_ERROR[0], doubtful and error <= HELD_OUT_ERROR[1]
    if error > HELD_OUT_ERROR[0]:
        reasons.append(f"held-out points are off by {error:.1f} px, {HELD_OUT_ERROR[0]:g} allowed")
    if candidate.focal_source == "assumed" and candidate.kind != "static":
        good = False
        reasons.append("the motion does not tell the focal length")
    return "good" if good else "doubtful" if doubtful else "failed", reasons


def _frame_figures(
    explained: TriangulatedTracks, tracks: PointTracks, frame: int, has_camera: bool
) -> FrameFigures:
    here = explained.tracks.frame == frame
    errors = explained.errors[here]
    fits = errors < INLIER_ERROR
    cells = (explained.tracks.point[here][fits] / tracks.size * GRID).astype(int)
    covered = len(np.unique(cells, axis=0)) / (GRID[0] * GRID[1])
    followed = len(tracks.at(frame)[0])
    return FrameFigures(_median(errors), followed, int(fits.sum()), covered, not has_camera)


def _turn_error(tracks: PointTracks, candidate: CameraCandidate) -> float | None:
    pairs = frame_pairs(tracks.held_out())
    if pairs is None:
        return None
    rotations = candidate.cam_from_world[:, :3, :3]
    errors = np.linalg.norm(transfer_errors(pairs, rotations, candidate.focal), axis=1)
    return _median(errors[np.isfinite(errors)])


def _median(errors: np.ndarray) -> float | None:
    return float(np.median(errors)) if len(errors) else None


def _share(errors: np.ndarray) -> float:
    return float((errors < INLIER_ERROR).mean()) if len(errors) else 0.0
