"""A camera that turns on the spot: one rotation per frame and one focal length for all.

Two pictures of a turning camera are related by the homography K R_b R_aᵀ K⁻¹, whatever the depth of
the scene. Neighbouring frames give a chain of rotations in closed form. Then all rotations and the
focal length are refined together over pairs of frames at many distances, by Gauss–Newton with
robust weights. F frames, P pairs of frames, N points of all pairs. Points are in pixels from the
picture's middle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix, csc_matrix, eye
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu
from scipy.spatial.transform import Rotation

from dynascene.estimators.camera.point_tracks import PointTracks

FOCAL_INTERVAL = (0.5, 4.0)  # of the width: 90 to 14 degrees
FOCAL_STARTS = (0.7, 1.2, 2.4)  # of the width
PRIOR_FOCAL, PRIOR_SPREAD = 0.95, 0.5  # median of the width, and spread of its logarithm
PRIOR_ERROR = 1.0  # pixels² that one prior spread costs, against the sum over all points
PAIR_POINTS = 80  # at most, from each pair
PAIRS_AT_ONCE = 500  # 30 MB, however long the clip is
LEAST_POINTS = 8  # fewer tell nothing about a pair
COARSE, FINE = (16.0, 4.0), (2.0, 1.0)  # pixels: residuals beyond count less and less
STEPS = 6  # for each scale
FIXED = 1e12  # curvature of a focal length that is given
SMALLEST_STEP = 1e-6  # radians
ANCHOR = 1e-3  # holds the first frame, and frames that no pair reaches


@dataclass(frozen=True)
class FramePairs:
    """Points that two frames have in common, for P pairs of frames.

    Attributes:
        a, b: [P], the frames of each pair.
        pair: [N], rising, the pair of each point.
        points_a, points_b: [N, 2], the point in each of the two frames.
    """

    a: np.ndarray
    b: np.ndarray
    pair: np.ndarray
    points_a: np.ndarray
    points_b: np.ndarray


@dataclass(frozen=True)
class RotationFit:
    """Rotations of a clip with one focal length.

    Attributes:
        rotations: cam_from_world [F, 3, 3]; the first is the identity.
        focal: in pixels of the working picture.
        residual: median error of the fitted points, in pixels.
        reached: bool [F], whether tracks connect the frame with the largest group of frames.
    """

    rotations: np.ndarray
    focal: float
    residual: float
    reached: np.ndarray


def fit_rotation(tracks: PointTracks, focal: float | None = None) -> RotationFit | None:
    """Fit the rotations that explain the tracks best.

    Args:
        tracks: of the clip.
        focal: in working pixels; None: estimate it too, within FOCAL_INTERVAL.

    Returns:
        The fit; None where no two neighbouring frames share tracks.
    """
    pairs = frame_pairs(tracks)
    if pairs is None:
        return None
    width = tracks.size.width
    if focal is not None:
        return _adjust(pairs, tracks.frames, focal, width, False, (*COARSE, *FINE))
    starts = (start * width for start in FOCAL_STARTS)
    fits = [_adjust(pairs, tracks.frames, start, width, True, COARSE) for start in starts]
    best = min(fits, key=lambda fit: fit.residual)
    return _adjust(pairs, tracks.frames, best.focal, width, True, (*COARSE[-1:], *FINE))


def frame_pairs(tracks: PointTracks) -> FramePairs | None:
    """Pairs of frames 1, 2, 4, 8 … apart that share tracks; None where there are none."""
    middle = np.array([tracks.size.width, tracks.size.height]) / 2
    rows = []
    for distance in baselines(tracks.frames):
        for a in range(0, tracks.frames - distance, max(1, distance // 2)):
            _, points_a, points_b = tracks.shared(a, a + distance)
            step = max(1, math.ceil(len(points_a) / PAIR_POINTS))
            if len(points_a) >= LEAST_POINTS:
                rows.append((a, a + distance, points_a[::step] - middle, points_b[::step] - middle))
    if not rows:
        return None
    a, b, points_a, points_b = zip(*rows, strict=True)
    pair = np.repeat(np.arange(len(rows)), [len(points) for points in points_a])
    return FramePairs(
        np.array(a), np.array(b), pair, np.concatenate(points_a), np.concatenate(points_b)
    )


def baselines(frames: int) -> list[int]:
    """Distances of 1, 2, 4, 8 … frames that fit into a clip of ``frames`` frames."""
    return [2**power for power in range(frames.bit_length()) if 2**power < frames]


def turn_between(points_a: np.ndarray, points_b: np.ndarray, focal: float) -> np.ndarray:
    """The rotation [3, 3] from the rays of points [n, 2] in a to those in b, robust to outliers."""
    a, b = _unit(_rays(points_a, focal)), _unit(_rays(points_b, focal))
    weights = np.ones(len(a))
    for _ in range(10):  # Kabsch, again and again with outliers counting less
        u, _, vt = np.linalg.svd((b * weights[:, None]).T @ a)
        turn = u @ np.diag([1, 1, np.linalg.det(u @ vt)]) @ vt
        residual = focal * np.linalg.norm(a @ turn.T - b, axis=1)
        weights = 1 / (1 + (residual / max(1.0, float(np.median(residual)))) ** 2)
    return turn


def transfer_errors(pairs: FramePairs, rotations: np.ndarray, focal: float) -> np.ndarray:
    """Predicted minus observed points in b: [N, 2] pixels."""
    turned = _turned(pairs, rotations, focal)
    return focal * turned[:, :2] / turned[:, 2:] - pairs.points_b


def _adjust(
    pairs: FramePairs, frames: int, focal: float, width: int, free: bool, scales: Sequence[float]
) -> RotationFit:
    rotations = _chain(pairs, frames, focal)
    low, high = (width * bound for bound in FOCAL_INTERVAL)
    hold = PRIOR_ERROR / PRIOR_SPREAD**2 if free else FIXED
    for scale in scales:
        for _ in range(STEPS):
            curvature, slope = _normal_equations(pairs, rotations, focal, scale)
            offset = math.log(focal / width / PRIOR_FOCAL) if free else 0.0
            curvature[-1, -1] += hold
            slope[-1] += hold * offset
            change = -splu(curvature.tocsc()).solve(slope)
            rotations = Rotation.from_rotvec(change[:-1].reshape(-1, 3)).as_matrix() @ rotations
            if free:
                focal = float(np.clip(focal * math.exp(np.clip(change[-1], -0.3, 0.3)), low, high))
            if np.abs(change).max() < SMALLEST_STEP:
                break
    residual = float(np.median(np.linalg.norm(transfer_errors(pairs, rotations, focal), axis=1)))
    return RotationFit(rotations @ rotations[0].T, focal, residual, _reached(pairs, frames))


def _reached(pairs: FramePairs, frames: int) -> np.ndarray:
    graph = coo_matrix((np.ones(len(pairs.a)), (pairs.a, pairs.b)), shape=(frames, frames))
    labels = connected_components(graph, directed=False)[1]
    return labels == np.bincount(labels).argmax()


def _chain(pairs: FramePairs, frames: int, focal: float) -> np.ndarray:
    """Rotations [F, 3, 3] from neighbours; a frame without one repeats the last turn."""
    bounds = np.searchsorted(pairs.pair, np.arange(len(pairs.a) + 1))
    neighbours = {
        int(b): slice(*bounds[i : i + 2])
        for i, (a, b) in enumerate(zip(pairs.a, pairs.b, strict=True))
        if b == a + 1
    }
    rotations, turn = [np.eye(3)], np.eye(3)
    for frame in range(1, frames):
        if frame in neighbours:
            points = neighbours[frame]
            turn = turn_between(pairs.points_a[points], pairs.points_b[points], focal)
        rotations.append(turn @ rotations[-1])
    return np.stack(rotations)


def _normal_equations(
    pairs: FramePairs, rotations: np.ndarray, focal: float, scale: float
) -> tuple[csc_matrix, np.ndarray]:
    """JᵀWJ (sparse) and JᵀWr over small turns of each frame and the focal length's logarithm."""
    parts = [
        _pair_blocks(_portion(pairs, first), rotations, focal, scale)
        for first in range(0, len(pairs.a), PAIRS_AT_ONCE)
    ]
    blocks, slopes = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _assembled(pairs, blocks, slopes, len(rotations))


def _portion(pairs: FramePairs, first: int) -> FramePairs:
    """PAIRS_AT_ONCE pairs from the ``first`` on."""
    numbers = slice(first, first + PAIRS_AT_ONCE)
    points = slice(*np.searchsorted(pairs.pair, [numbers.start, numbers.stop]))
    return FramePairs(
        pairs.a[numbers],
        pairs.b[numbers],
        pairs.pair[points] - first,
        pairs.points_a[points],
        pairs.points_b[points],
    )


def _pair_blocks(
    pairs: FramePairs, rotations: np.ndarray, focal: float, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """What each pair adds to JᵀWJ, [P, 7, 7], and to JᵀWr, [P, 7].

    With y = R_b R_aᵀ ray_a and R ← exp(δ) R: dy = [y]ₓ (R_b R_aᵀ δ_a − δ_b) + dy/d log f.
    """
    turns = np.einsum("pij,pkj->pik", rotations[pairs.b], rotations[pairs.a])[pairs.pair]
    y = np.einsum("nij,nj->ni", turns, _rays(pairs.points_a, focal))
    errors = focal * y[:, :2] / y[:, 2:] - pairs.points_b
    projection = np.zeros((len(y), 2, 3))  # d pixels / d y
    projection[:, 0, 0] = projection[:, 1, 1] = focal / y[:, 2]
    projection[:, :, 2] = -focal * y[:, :2] / y[:, 2:] ** 2
    of_b = -projection @ _skew(y)
    of_focal = focal * y[:, :2] / y[:, 2:]
    of_focal = of_focal - np.einsum(
        "nij,njk,nk->ni", projection, turns[:, :, :2], pairs.points_a / focal
    )
    jacobian = np.concatenate([-of_b @ turns, of_b, of_focal[..., None]], axis=2)
    weights = 1 / (1 + (errors**2).sum(axis=1) / scale**2)  # Cauchy
    weighted = jacobian * weights[:, None, None]
    starts = np.searchsorted(pairs.pair, np.arange(len(pairs.a)))
    blocks = np.add.reduceat(np.einsum("nij,nik->njk", weighted, jacobian), starts)
    slopes = np.add.reduceat(np.einsum("nij,ni->nj", weighted, errors), starts)
    return blocks, slopes


def _assembled(
    pairs: FramePairs, blocks: np.ndarray, slopes: np.ndarray, frames: int
) -> tuple[csc_matrix, np.ndarray]:
    """The whole matrix and gradient from blocks [P, 7, 7] and gradients [P, 7] of single pairs."""
    last = np.full((len(blocks), 1), 3 * frames)
    axes = np.arange(3)
    columns = np.hstack([3 * pairs.a[:, None] + axes, 3 * pairs.b[:, None] + axes, last])
    rows = np.repeat(columns[:, :, None], 7, axis=2)
    size = 3 * frames + 1
    matrix = coo_matrix(
        (blocks.ravel(), (rows.ravel(), rows.transpose(0, 2, 1).ravel())), shape=(size, size)
    ).tocsc() + ANCHOR * eye(size, format="csc")
    slope = np.bincount(columns.ravel(), slopes.ravel(), minlength=size)
    return matrix, slope


def _turned(pairs: FramePairs, rotations: np.ndarray, focal: float) -> np.ndarray:
    turns = np.einsum("pij,pkj->pik", rotations[pairs.b], rotations[pairs.a])[pairs.pair]
    return np.einsum("nij,nj->ni", turns, _rays(pairs.points_a, focal))


def _rays(points: np.ndarray, focal: float) -> np.ndarray:
    return np.column_stack([points / focal, np.ones(len(points))])


def _unit(rays: np.ndarray) -> np.ndarray:
    return rays / np.linalg.norm(rays, axis=1, keepdims=True)


def _skew(v: np.ndarray) -> np.ndarray:
    x, y, z = v.T
    o = np.zeros_like(x)
    return np.stack([o, -z, y, z, o, -x, -y, x, o], axis=1).reshape(-1, 3, 3)
