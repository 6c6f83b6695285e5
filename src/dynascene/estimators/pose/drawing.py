"""Landmarks drawn into a frame."""

from __future__ import annotations

import cv2
import numpy as np

from dynascene.io.landmarks import BONES, PoseLandmarks

SEEN, DOUBTFUL = (255, 220, 0), (150, 150, 150)
WIDTH = 0.003  # of the frame's longer side
OPACITY = 0.6


def draw_landmarks(picture: np.ndarray, landmarks: PoseLandmarks, frame: int) -> np.ndarray:
    """A frame uint8 [H, W, 3], or a smaller copy, with its bones; grey where an end is unsure."""
    drawing, seen = picture.copy(), landmarks.seen[frame]
    width = max(1, round(WIDTH * max(picture.shape)))
    scale = picture.shape[1] / landmarks.size.width
    points = np.rint(landmarks.points[frame] * scale - 0.5).astype(int)
    for one, other in BONES:
        colour = SEEN if seen[one] and seen[other] else DOUBTFUL
        start, end = points[one].tolist(), points[other].tolist()
        cv2.line(drawing, start, end, colour, width, cv2.LINE_AA)
    return cv2.addWeighted(drawing, OPACITY, picture, 1 - OPACITY, 0)
