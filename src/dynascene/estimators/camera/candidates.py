"""Hypotheses of a clip's camera motion, each scored on point tracks it was not fitted to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from dynascene.estimators.camera.classification import Kind
from dynascene.estimators.camera.completion import resect_frames
from dynascene.estimators.camera.keyframes import Keyframes
from dynascene.estimators.camera.point_tracks import PointTracks
from dynascene.estimators.camera.rotation import RotationFit, fit_rotation
from dynascene.estimators.camera.structure import Mapper, Structure, open_workspace
from dynascene.estimators.camera.triangulation import LOST, explain_tracks

FocalSource = Literal["given", "estimated", "tagged", "assumed"]

USUAL_FOCAL = 0.87  # of the width: 60 degrees
STRUCTURE_STARTS = (0.6, 1.2)  # of the width, for the incremental mapper
FOCAL_PROBE = 1.25  # the held-out error has to rise when the focal length is off by that factor …
LEAST_RISE = 0.01  # … by at least this share, or the clip does not determine it
SCORE_CAP = 4.0  # pixels: further off is simply wrong
ENOUGH = 0.8  # pixels of score: no other explanation is looked for


@dataclass(frozen=True)
class CameraCandidate:
    """A hypothesis of the camera: poses and one focal length.

    Attributes:
        kind: static, rotation or general.
        method: that produced it.
        cam_from_world: [F, 4, 4]; NaN for frames without a pose.
        focal: in working pixels.
        focal_source: given, estimated, or, where the clip does not determine it, tagged (as its
            file tells the lens) or assumed.
        score: mean error on held-out tracks in pixels, each at most SCORE_CAP.
        focal_range: focal lengths that explain the held-out tracks nearly as well; None where it
            was not estimated.
    """

    kind: Kind
    method: str
    cam_from_world: np.ndarray
    focal: float
    focal_source: FocalSource
    score: float
    focal_range: tuple[float, float] | None = None


def score(tracks: PointTracks, cam_from_world: np.ndarray, focal: float) -> float:
    """Mean error on held-out tracks in pixels, each at most SCORE_CAP.

    A frame without a pose counts as SCORE_CAP.
    """
    explained = explain_tracks(tracks, cam_from_world, focal)
    unknown = int((~np.isfinite(cam_from_world[tracks.frame, 0, 0])).sum())
    errors = np.concatenate([explained.errors, np.full(unknown, LOST)])
    return float(np.minimum(errors, SCORE_CAP).mean()) if len(errors) else SCORE_CAP


def static_candidate(
    tracks: PointTracks, focal: float | None, tagged: float | None = None
) -> CameraCandidate:
    """A camera that stands still. Its motion says nothing about its focal length.

    Args:
        tracks: of the whole clip.
        focal: in working pixels, where it is given.
        tagged: the same, as the clip's file tells it.
    """
    poses = np.tile(np.eye(4), (tracks.frames, 1, 1))
    used = focal or tagged or USUAL_FOCAL * tracks.size.width
    source: FocalSource = "given" if focal else _undetermined(tagged)
    return CameraCandidate("static", "static", poses, used, source, score(tracks, poses, used))


def rotation_candidate(tracks: PointTracks, fit: RotationFit, focal_given: bool) -> CameraCandidate:
    """A camera that turns on the spot, with a given focal length or that of the fit."""
    poses = _turned_poses(fit)
    held_out = score(tracks.held_out(), poses, fit.focal)
    source: FocalSource = "given" if focal_given else "estimated"
    return CameraCandidate("rotation", "rotation", poses, fit.focal, source, held_out)


def settle_rotation(
    tracks: PointTracks, candidate: CameraCandidate, tagged: float | None = None
) -> CameraCandidate:
    """The same candidate with the range of its focal length.

    Where the clip does not determine it, it turns by the focal length that the clip's file tells
    (``tagged``, in working pixels), else its own is called assumed.
    """

    def score_at(focal: float) -> float:
        fit = fit_rotation(tracks.fitted(), focal)
        return np.inf if fit is None else score(tracks.held_out(), _turned_poses(fit), focal)

    if candidate.focal_source == "given":
        return candidate
    within = focal_range(candidate.focal, candidate.score, score_at)
    if within is not None:
        return replace(candidate, focal_range=within)
    fit = fit_rotation(tracks.fitted(), tagged) if tagged else None
    if fit is None:
        return replace(candidate, focal_source="assumed")
    return replace(rotation_candidate(tracks, fit, focal_given=True), focal_source="tagged")


def _turned_poses(fit: RotationFit) -> np.ndarray:
    poses = np.tile(np.eye(4), (len(fit.rotations), 1, 1))
    poses[:, :3, :3] = fit.rotations
    poses[~fit.reached] = np.nan
    return poses


def structure_candidate(
    tracks: PointTracks,
    keyframes: Keyframes,
    focal: float | None,
    tagged: float | None = None,
) -> CameraCandidate | None:
    """A camera that travels, by the mapper with the lowest held-out error.

    Mappers are tried in turn until one is good enough. A focal length that the clip does not
    determine is replaced by the one that the clip's file tells, else by the usual one.

    Args:
        tracks: of the whole clip.
        keyframes: for the mappers.
        focal: in working pixels; None: estimate it.
        tagged: the same, as the clip's file tells it.

    Returns:
        The best candidate; None where every mapper fails.
    """
    width = tracks.size.width
    usual = tagged or USUAL_FOCAL * width
    attempts: list[tuple[Mapper, float]] = [("global", focal or usual)]
    starts = [focal] if focal else [start * width for start in STRUCTURE_STARTS]
    attempts += [("incremental", start) for start in starts]
    best: tuple[CameraCandidate, Structure] | None = None
    with open_workspace(keyframes, tracks.size) as workspace:
        for mapper, start in attempts:
            structure = workspace.solve(mapper, start, fix_focal=focal is not None)
            if structure is None:
                continue
            candidate = _completed(tracks, keyframes, structure, mapper, focal is not None)
            if best is None or candidate.score < best[0].score:
                best = candidate, structure
            if candidate.score < ENOUGH:
                break
        if best is None:
            return None
        candidate, structure = best
        if focal is not None:
            return candidate
        within = _structure_range(tracks, keyframes, structure, workspace.refit)
        if within is not None:
            return replace(candidate, focal_range=within)
        structure = workspace.refit(structure, usual)
    candidate = _completed(tracks, keyframes, structure, candidate.method, False)
    return replace(candidate, focal_source=_undetermined(tagged))


def _completed(
    tracks: PointTracks, keyframes: Keyframes, structure: Structure, mapper: str, focal_given: bool
) -> CameraCandidate:
    poses = np.full((tracks.frames, 4, 4), np.nan)
    poses[keyframes.frames] = structure.cam_from_world
    poses = resect_frames(tracks.fitted(), poses, structure.focal)
    source: FocalSource = "given" if focal_given else "estimated"
    held_out = score(tracks.held_out(), poses, structure.focal)
    return CameraCandidate("general", mapper, poses, structure.focal, source, held_out)


def _structure_range(
    tracks: PointTracks,
    keyframes: Keyframes,
    structure: Structure,
    refit: Callable[[Structure, float], Structure],
) -> tuple[float, float] | None:
    """See ``focal_range``: by the keyframes, as the other frames follow from them."""
    held_out = tracks.held_out()
    held_out = held_out.where(np.isin(held_out.frame, keyframes.frames))

    def error(structure: Structure) -> float:
        poses = np.full((tracks.frames, 4, 4), np.nan)
        poses[keyframes.frames] = structure.cam_from_world
        return score(held_out, poses, structure.focal)

    return focal_range(
        structure.focal, error(structure), lambda focal: error(refit(structure, focal))
    )


def _undetermined(tagged: float | None) -> FocalSource:
    return "tagged" if tagged else "assumed"


def focal_range(
    focal: float, best: float, score_at: Callable[[float], float]
) -> tuple[float, float] | None:
    """The focal lengths at which the held-out error is at most LEAST_RISE above the best one.

    The error is probed on both sides; between, it is taken for a parabola over log f.

    Args:
        focal: with the lowest error.
        best: that error.
        score_at: the error of cameras fitted to another focal length.

    Returns:
        The shortest and the longest; None where the clip does not determine the focal length.
    """
    shorter, longer = (
        min(score_at(focal * factor), SCORE_CAP) for factor in (1 / FOCAL_PROBE, FOCAL_PROBE)
    )
    rise = LEAST_RISE * best
    if min(shorter, longer) <= best + rise:
        return None
    # s(t) = best + slope t + bend t², with t = −1 and 1 at the probes; s(t) = best + rise
    slope, bend = (longer - shorter) / 2, (longer + shorter) / 2 - best
    root = math.sqrt(slope**2 + 4 * bend * rise)
    low, high = ((-slope + sign * root) / (2 * bend) for sign in (-1, 1))
    return focal * FOCAL_PROBE**low, focal * FOCAL_PROBE**high
