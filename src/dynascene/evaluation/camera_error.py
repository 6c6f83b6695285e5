"""Does the camera that can be found in the generated frames turn and move as the given one?

RotErr of the CameraCtrl and CamI2V papers as an angle per frame, and beside it their sums over
frames.
The estimator errs too, so it is run on the true clip as well: its floor.

F frames, H W pixels.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.estimators.camera import TrackingOptions, track_camera
from dynascene.evaluation.bootstrap import Estimate, estimate, mean_draws, place_weights
from dynascene.evaluation.metrics.trajectories import trajectory_error
from dynascene.evaluation.protocol import EvaluationShot
from dynascene.evaluation.table import Table
from dynascene.geometry.rigid import camera_centres, relative_to_first
from dynascene.types import ArrayFrames, CameraTrack

TRUE_CLIP = "the true clip"
LEAST_TRAVEL = 0.1  # of the largest distance from the first camera: nearer, direction is chance


class CameraError(NamedTuple):
    """Angles in degrees over the frames of one clip, relative to frame 0; nan: no such figure.

    rotation_mean, rotation_median: between the found and the given rotation; nan where no camera
        was found. direction: mean angle between the found and the given way from the first
        camera; nan too where the given camera only turns, or the found one. rot_err, trans_err,
        cam_mc: sums over frames as the field reports them, see TrajectoryError.
    """

    rotation_mean: float
    rotation_median: float
    direction: float
    rot_err: float
    trans_err: float
    cam_mc: float

    @property
    def is_tracked(self) -> bool:
        return not math.isnan(self.rotation_mean)


NOT_FOUND = CameraError(*6 * (float("nan"),))


def camera_error(frames: np.ndarray, given: CameraTrack, matte: np.ndarray | None) -> CameraError:
    """How far the camera tracked in uint8 frames [F, H, W, 3] is from the given one.

    given: one camera per frame, for frames of this size, with square pixels; the estimator is told
    its first focal length. matte: uint8 [F, H, W, 1], 255 = where not to look, or None.
    """
    hidden = None if matte is None else ArrayFrames(list(matte))
    options = TrackingOptions(float(given.intrinsics[0, 0, 0]))
    track = track_camera(ArrayFrames(list(frames)), hidden, options).track
    if track is None:
        return NOT_FOUND
    rotation = rotation_angles(track.cam_from_world, given.cam_from_world)[1:]
    direction = direction_angles(track.cam_from_world, given.cam_from_world)
    return CameraError(
        float(rotation.mean()),
        float(rotation.quantile(0.5)),
        float(direction.mean()) if len(direction) else float("nan"),
        *trajectory_error(track.cam_from_world, given.cam_from_world),
    )


def rotation_angles(poses: Tensor, given: Tensor) -> Tensor:
    """Degrees between the rotations of two tracks [F, 4, 4], each relative to its frame 0: [F]."""
    a, b = (relative_to_first(track)[:, :3, :3] for track in (poses, given))
    # arccos((tr(R₁ᵀR₂) − 1) / 2), as the arcsine of the half chord: exact for small angles too
    chord = (a - b).flatten(1).norm(dim=1) / math.sqrt(8)
    return torch.rad2deg(2 * torch.asin(chord.clamp(max=1)))


def direction_angles(poses: Tensor, given: Tensor) -> Tensor:
    """Degrees between the ways from the first camera, seen from there, of two tracks [F, 4, 4].

    One for each frame in which the given camera is far enough away to have a direction; none where
    the given or the found camera stays where it is.
    """
    there, wanted = (camera_centres(relative_to_first(track)) for track in (poses, given))
    away = wanted.norm(dim=1)
    judged = away > LEAST_TRAVEL * away.max()
    if away.max() < 1e-6 or there.norm(dim=1).max() < 1e-6:
        judged = torch.zeros_like(judged)
    cosine = torch.cosine_similarity(there[judged], wanted[judged], dim=1)
    return torch.rad2deg(torch.acos(cosine.clamp(-1, 1)))


def clip_camera_errors(
    shot: EvaluationShot, rendered: Mapping[str, np.ndarray]
) -> dict[str, CameraError]:
    """The errors of a clip by row, the true clip's first. rendered: uint8 [F, H, W, 3] by row."""
    batch = shot.batch
    given = CameraTrack(batch.cam_from_world[0], batch.intrinsics[0], batch.size)
    matte = (batch.matte[0].permute(0, 2, 3, 1) > 0).to(torch.uint8).numpy() * 255
    hidden = matte if matte.any() else None
    clips = {TRUE_CLIP: shot.truth, **rendered}
    return {row: camera_error(frames, given, hidden) for row, frames in clips.items()}


@dataclass
class CameraErrors:
    """The errors of a benchmark's first clips, by row of the table; the true clip's come first.

    wanted: how many clips are looked at.
    """

    wanted: int
    rows: dict[str, list[CameraError]] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)

    def add(self, shot: EvaluationShot, rendered: Mapping[str, np.ndarray]) -> None:
        """rendered: uint8 [F, H, W, 3] by row. Does nothing once there are enough clips."""
        if len(self.places) >= self.wanted:
            return
        self.keep(shot.place, clip_camera_errors(shot, rendered))

    def keep(self, place: str, errors: Mapping[str, CameraError]) -> None:
        """Take the errors of a clip's rows; none: it was not looked at."""
        if errors:
            self.places.append(place)
        for row, error in errors.items():
            self.rows.setdefault(row, []).append(error)

    def estimate(self, row: str, figure: str) -> Estimate:
        """The mean over clips of a field of CameraError, its interval drawing places."""
        values = np.array([getattr(error, figure) for error in self.rows[row]])
        present = int(np.count_nonzero(~np.isnan(values)))
        return estimate(mean_draws(values, place_weights(self.places)), present)

    def table(self) -> list[Table]:
        """One table; none where no clip was looked at. In brackets: clips with such a figure."""
        if not self.places:
            return []
        rows = [
            [
                row,
                f"{_count(errors)} of {len(errors)}",
                *(_text(self.estimate(row, figure)) for figure in CameraError._fields),
            ]
            for row, errors in self.rows.items()
        ]
        columns = ("system", "camera found", "rotation, mean °", "median °", "direction, mean °")
        columns += ("RotErr, rad", "TransErr", "CamMC")
        return [Table("Camera found in the frames (lower is better)", columns, rows)]

    def summary(self) -> dict[str, Any]:
        """As plain JSON values; nan → null."""
        return {
            row: {
                "clips": len(errors),
                "failure_rate": 1 - _count(errors) / len(errors),
                **{
                    figure: {k: _plain(v) for k, v in self.estimate(row, figure)._asdict().items()}
                    for figure in CameraError._fields
                },
                "each": [[_plain(value) for value in error] for error in errors],
            }
            for row, errors in self.rows.items()
        }


def _count(errors: Sequence[CameraError]) -> int:
    return sum(error.is_tracked for error in errors)


def _plain(value: float) -> float | int | None:
    return value if isinstance(value, int) else None if math.isnan(value) else round(value, 4)


def _text(value: Estimate) -> str:
    if math.isnan(value.mean):
        return "–"
    interval = "" if math.isnan(value.low) else f" [{value.low:.2f}, {value.high:.2f}]"
    return f"{value.mean:.2f}{interval} ({value.clips})"
