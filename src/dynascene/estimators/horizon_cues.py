"""Cues for the horizon of a picture: evidence curves over candidate pitches.

A camera without roll has one unknown, its pitch (degrees, positive: it looks up). Each cue gives
every candidate a number. Only differences between candidates matter; a picture without information
gives a flat curve.

Shapes: P candidate pitches, S line segments, A azimuths, H W pixels.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

LONGEST_SEGMENTS = 300
SHORTEST_SHARE = 0.02  # of the picture's diagonal
ANGLE_NOISE = math.radians(0.8)  # lens distortion, a slight roll, walls out of true
END_NOISE = 0.6  # pixels by which the end of a segment is off
AZIMUTHS = np.radians(np.arange(0, 90, 1.5))
OUTLIER = 0.05  # of the peak of an agreeing segment's likelihood
FEW_LINES = 0.5  # total length, in diagonals, at which lines are believed half
STEP_BLUR = 0.35  # degrees; more than a slight roll lets a straight horizon wander
STEP_NOISE = 0.002  # tonal step of a smooth picture, in units of the full range, per pixel

Reduction = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Segments:
    """Line segments seen from the camera's centre.

    normal: [S, 3] unit normals of the planes through the centre and the segments.
    middle: [S, 3] unit directions to the segments' middles.
    noise: [S] standard deviation of the segments' directions in the picture, radians.
    length: [S] in diagonals of the picture.
    steepness: [S] sine of the angle to the picture's rows, 0 … 1.
    """

    normal: np.ndarray
    middle: np.ndarray
    noise: np.ndarray
    length: np.ndarray
    steepness: np.ndarray


def find_segments(grey: np.ndarray, focal: float) -> Segments:
    """The longest straight segments of a grey picture, uint8 [H, W]. focal: in its pixels."""
    return view_segments(detect_segments(grey), grey.shape, focal)


def detect_segments(grey: np.ndarray) -> np.ndarray:
    """The longest straight segments of a grey picture, uint8 [H, W]: their ends x, y, x, y [S, 4].

    A pixel's centre is at whole numbers.
    """
    height, width = grey.shape
    lines = cv2.createLineSegmentDetector().detect(grey)[0] if min(grey.shape) > 2 else None
    ends = np.zeros((0, 4)) if lines is None else lines.reshape(-1, 4).astype(np.float64)
    vector = ends[:, 2:] - ends[:, :2]
    length = np.hypot(*vector.T)
    longest = np.argsort(-length)[:LONGEST_SEGMENTS]
    longest = longest[length[longest] > SHORTEST_SHARE * math.hypot(width, height)]
    return ends[longest]


def view_segments(ends: np.ndarray, shape: tuple[int, ...], focal: float) -> Segments:
    """Segments [S, 4] of a picture of shape (H, W) as a camera of that focal length sees them."""
    height, width = shape[:2]
    vector = ends[:, 2:] - ends[:, :2]
    length = np.hypot(*vector.T)
    middle_of_picture = np.array([width, height]) / 2 - 0.5  # the detector's pixel centres are at 0
    start, end = (
        np.column_stack([ends[:, k : k + 2] - middle_of_picture, np.full(len(ends), focal)])
        for k in (0, 2)
    )
    return Segments(
        normal=_unit(np.cross(start, end)),
        middle=_unit(start + end),
        noise=np.hypot(ANGLE_NOISE, END_NOISE / length),
        length=length / math.hypot(width, height),
        steepness=np.abs(vector[:, 1]) / length,
    )


def line_cues(segments: Segments, pitches: np.ndarray) -> np.ndarray:
    """Three curves [3, P]: vertical lines, two level directions at right angles, vanishing points.

    Verticals meet at the zenith's vanishing point and level lines meet on the horizon, so both give
    the pitch. The first two curves are log-likelihoods with outliers, averaged over the length of
    the lines. The third rewards many lines through few points, and a line along the horizon, which
    passes through all of its points.
    """
    if not len(segments.length):
        return np.zeros((3, len(pitches)))
    steep = segments.length * (segments.steepness > math.sin(math.radians(60)))
    level = segments.length * (segments.steepness < math.sin(math.radians(75)))
    sine, cosine = np.sin(np.radians(pitches)), np.cos(np.radians(pitches))

    plumb = np.stack([np.zeros_like(sine), cosine, -sine], axis=-1)
    upright = _agreement(segments, plumb)
    first, second = (
        _agreement(segments, _level_directions(sine, cosine, AZIMUTHS + turn))
        for turn in (0, math.pi / 2)
    )
    pair = (_log_likelihood(np.maximum(first, second)) @ level).max(axis=1)
    mass = np.concatenate([first @ level, second @ level], axis=1)
    return np.stack([
        _log_likelihood(upright) @ steep / (steep.sum() + FEW_LINES),
        pair / (level.sum() + FEW_LINES),
        np.linalg.norm(mass, axis=1) / (level.sum() + FEW_LINES),
    ])  # fmt: skip


def _level_directions(sine: np.ndarray, cosine: np.ndarray, azimuths: np.ndarray) -> np.ndarray:
    """Level directions [P, A, 3] in the axes of a camera with each pitch."""
    right, ahead = np.sin(azimuths), np.cos(azimuths)
    return np.stack(
        [np.tile(right, (len(sine), 1)), np.outer(sine, ahead), np.outer(cosine, ahead)], axis=-1
    )


def _agreement(segments: Segments, direction: np.ndarray) -> np.ndarray:
    """How well segments point to vanishing points: directions [..., 3] → [..., S], 0 … 1."""
    direction = direction.astype(np.float32)
    normal, middle = segments.normal.astype(np.float32), segments.middle.astype(np.float32)
    # sin² of the angle between the segment's plane and the plane of its middle and the vanishing
    # point = the error of the segment's direction, as seen from the camera
    off_plane = (direction @ normal.T) ** 2
    apart = 1 - (direction @ middle.T) ** 2
    error = off_plane / np.maximum(apart, 1e-6)
    return np.exp(error / (-2 * segments.noise.astype(np.float32) ** 2))


def _log_likelihood(agreement: np.ndarray) -> np.ndarray:
    return np.log1p(agreement / OUTLIER)


def row_cues(picture: np.ndarray, rows: np.ndarray, degree: float) -> np.ndarray:
    """Two curves [2, P]: a tonal boundary across the picture, and fine detail.

    Sea and plain end in a step of tone that all columns share. Distant things near the horizon look
    small, so they are rich in detail, while ground and sky are not. Rows outside the picture give
    no evidence.

    Args:
        picture: uint8 [H, W, 3] sRGB.
        rows: [P] candidate rows.
        degree: pixels per degree.
    """
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32) / 255
    smooth = cv2.GaussianBlur(lab, (0, 0), max(STEP_BLUR * degree, 0.5))
    step = np.linalg.norm(np.median(np.diff(smooth, axis=0, prepend=smooth[:1]), axis=1), axis=-1)
    detail = np.sqrt(np.abs(cv2.Sobel(lab[..., 0], cv2.CV_32F, 1, 0))).mean(axis=1)
    boundary = np.log1p(step / STEP_NOISE)
    inside = (rows >= 0) & (rows <= len(lab))
    curves = (
        _around(boundary, rows, degree / 2, np.max) - boundary.mean(),
        _around(detail, rows, degree, np.mean) - detail.mean(),
    )
    return np.where(inside, np.stack(curves), 0)


def _around(profile: np.ndarray, rows: np.ndarray, reach: float, reduce: Reduction) -> np.ndarray:
    """The maximum or mean of a profile [H] within ``reach`` of rows [P] → [P]."""
    first = np.clip(np.floor(rows - reach), 0, len(profile) - 1).astype(int)
    last = np.clip(np.ceil(rows + reach), first + 1, len(profile)).astype(int)
    return np.array([reduce(profile[a:b]) for a, b in zip(first, last, strict=True)])


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
