"""Somebody before a wall, filmed by a camera that turns on the spot."""

from fractions import Fraction

import cv2
import numpy as np

from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.types import ArrayFrames, CameraTrack, Size

SIZE, FRAMES, FOV = Size(240, 136), 9, 50.0
RATE = Fraction(12)  # long enough to tell how feet go on


def wall() -> np.ndarray:
    """A far, busy wall of soft blobs, uint8 [300, 700, 3]."""
    noise = np.random.default_rng(3).integers(0, 255, (100, 234, 3), np.uint8)
    return cv2.resize(noise, (700, 300), interpolation=cv2.INTER_CUBIC)


def pan(degrees: float, side: str = "right") -> CameraTrack:
    return make_move(f"pan-{side}:{degrees}:linear", FRAMES, intrinsics_from_fov(FOV, SIZE), SIZE)


def filmed(
    track: CameraTrack, *, rides: bool = False, comes: bool = False
) -> tuple[ArrayFrames, ArrayFrames]:
    """Somebody's upright shape before a wall that a turning camera films, and the matte.

    rides: carried along by what the camera follows. comes: towards the camera in two steps,
    over ground whose horizon is row 40; the camera is nine tenths as high as they are.
    """
    corner = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])  # OpenCV's pixel centres → ours
    K = track.intrinsics[0].numpy()
    flat = np.array([[K[0, 0], 0, 300], [0, K[1, 1], 150], [0, 0, 1.0]])
    frames, mattes = [], []
    feet = np.repeat([95, 110, 128], 3) if comes else [120] * FRAMES
    for rotation, foot in zip(track.cam_from_world[:, :3, :3].numpy(), feet, strict=True):
        there = np.linalg.inv(corner) @ K @ rotation @ np.linalg.inv(flat) @ corner
        frame = cv2.warpPerspective(wall(), there, SIZE, flags=cv2.INTER_CUBIC)
        ahead = K @ rotation @ np.array([0.1, 0.0, 1.0])  # they stand still in the place
        left = round(SIZE.width / 2 if rides else ahead[0] / ahead[2]) - 12
        matte = np.zeros((SIZE.height, SIZE.width, 1), np.uint8)
        head = round(foot - (foot - 40) / 0.9) if comes else 40
        matte[head:foot, left : left + 25] = 255
        frames.append(np.where(matte > 0, np.uint8(90), frame))
        mattes.append(matte)
    return ArrayFrames(frames, RATE), ArrayFrames(mattes, RATE)
