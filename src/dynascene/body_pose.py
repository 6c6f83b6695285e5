"""One skeleton for every source of body poses: the eighteen points of OpenPose, and the feet.

F frames, J = 22 joints. Left and right are the person's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dynascene.errors import InputError
from dynascene.types import Size

JOINTS = (
    "nose", "neck",
    "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear",
    "left_toe", "left_heel", "right_toe", "right_heel",
)  # fmt: skip
INDEX = {name: index for index, name in enumerate(JOINTS)}
VISIBLE = 0.3  # least visibility of a joint that is drawn, as the field's drawings have it


def joint_pairs(text: str) -> tuple[tuple[int, int], ...]:
    """The numbers of joints written as "neck-nose …"; "side_" stands for right, then left."""
    pairs: list[tuple[int, int]] = []
    for pair in text.split():
        sides = ("right_", "left_") if "side_" in pair else ("",)
        for side in sides:
            start, _, end = pair.replace("side_", side).partition("-")
            pairs.append((INDEX[start], INDEX[end]))
    return tuple(pairs)


@dataclass(frozen=True)
class BodyPose:
    """The body of one person in F frames.

    Args:
        size: of the frames.
        points: float [F, 22, 2], x and y in pixels; the first pixel's centre is at 0.5. Where the
            visibility is 0 they say nothing.
        visibility: float [F, 22] in 0 … 1: low where something hides the joint, 0 where its place
            is not known at all.

    Raises:
        InputError: shapes do not fit, a value is not finite, or a visibility is beyond 0 … 1.
    """

    size: Size
    points: np.ndarray
    visibility: np.ndarray

    def __post_init__(self) -> None:
        frames = len(self.points)
        shapes = self.points.shape, self.visibility.shape
        if not frames or shapes != ((frames, len(JOINTS), 2), (frames, len(JOINTS))):
            raise InputError(
                f"body pose: has shapes {shapes}, expected [F, {len(JOINTS)}, 2] and "
                f"[F, {len(JOINTS)}] with F ≥ 1"
            )
        if not (np.isfinite(self.points).all() and np.isfinite(self.visibility).all()):
            raise InputError("body pose: a value is not finite")
        if self.visibility.min() < 0 or self.visibility.max() > 1:
            raise InputError("body pose: visibility goes from 0 to 1")

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, frames: slice) -> BodyPose:
        """The poses of a range of frames."""
        return BodyPose(self.size, self.points[frames], self.visibility[frames])

    @property
    def visible(self) -> np.ndarray:
        """bool [F, 22], where a joint is seen."""
        return self.visibility >= VISIBLE

    def resized(self, size: Size) -> BodyPose:
        """The same poses in frames of another size."""
        scale = np.array([size.width / self.size.width, size.height / self.size.height])
        return BodyPose(size, self.points * scale, self.visibility)
