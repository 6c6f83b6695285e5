"""What a drawn camera looks like: the pyramid of its view, as large as its path allows."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dynascene.types import CameraTrack

FRUSTA = 10  # as many stand apart in a picture
STILL = 1e-6  # a path shorter than this counts as none


def shown_frames(count: int) -> np.ndarray:
    """The numbers of the frames whose cameras are drawn, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, FRUSTA).round().astype(int))


def symbol_depth(poses: Tensor, track: CameraTrack) -> float:
    """Depth of the drawn frusta: their pictures are a fifth of the path wide; a telephoto's frustum
    is at most half the path long.

    Args:
        poses: [F, 4, 4], world ← camera.
        track: of the same cameras.
    """
    centres = poses[:, :3, 3]
    extent = (centres.amax(0) - centres.amin(0)).max().item()
    reach = extent if extent > STILL else 1.0
    tangent = (track.size.width / 2 / track.intrinsics[0, 0, 0]).item()
    return min(0.1 * reach / tangent, 0.5 * reach)


def frustum(pose: Tensor, track: CameraTrack, frame: int, depth: float) -> np.ndarray:
    """Apex and the corners of a frame's picture at ``depth`` in the world of ``pose``: [5, 3]."""
    width, height = track.size
    corners = torch.tensor([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]])
    rays = torch.linalg.solve(track.intrinsics[frame], corners.double().mT).mT * depth
    points = torch.cat([torch.zeros(1, 3, dtype=torch.float64), rays])
    return (points @ pose[:3, :3].mT + pose[:3, 3]).numpy()


def wedge(pose: Tensor, track: CameraTrack, frame: int, depth: float) -> np.ndarray:
    """The frustum from above: apex, left and right end, [3, 2] to the right and ahead."""
    apex, *corners = frustum(pose, track, frame, depth)
    left, right = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    return np.stack([apex, left, right])[:, [0, 2]]
