"""Point tracks as known cameras see them."""

import numpy as np
from scipy.spatial.transform import Rotation

from dynascene.estimators.camera.point_tracks import PointTracks
from dynascene.types import Size

SIZE = Size(320, 180)
FOCAL = 300.0
GONE = 1e9  # depth that makes a camera's travel invisible


def space_points(count: int, seed: int = 0) -> np.ndarray:
    """[count, 3] in a box ahead, wide enough for turning cameras."""
    rng = np.random.default_rng(seed)
    return rng.uniform([-8, -3, 4], [8, 3, 12], (count, 3))


def turning(frames: int, degrees: float = 20.0) -> np.ndarray:
    """Cameras [F, 4, 4] that pan and tilt on the spot, the first at the identity."""
    share = np.linspace(0, 1, frames)
    angles = np.column_stack([0.2 * np.sin(3 * share), share, 0.05 * share]) * degrees
    poses = np.tile(np.eye(4), (frames, 1, 1))
    poses[:, :3, :3] = Rotation.from_rotvec(angles, degrees=True).as_matrix()
    return poses


def travelling(frames: int, shift: tuple[float, float, float] = (1.5, 0.1, 0.8)) -> np.ndarray:
    """Cameras [F, 4, 4] that travel by ``shift`` and pan a little."""
    poses = turning(frames, 5.0)
    centres = np.linspace(0, 1, frames)[:, None] * shift
    poses[:, :3, 3] = -np.einsum("fij,fj->fi", poses[:, :3, :3], centres)
    return poses


def see(points: np.ndarray, poses: np.ndarray, noise: float = 0.0, seed: int = 1) -> PointTracks:
    """The tracks of all points [n, 3] while they are in the picture."""
    rng = np.random.default_rng(seed)
    frames, names, pixels = [], [], []
    for frame, pose in enumerate(poses):
        seen = points @ pose[:3, :3].T + pose[:3, 3]
        at = FOCAL * seen[:, :2] / seen[:, 2:] + np.array(SIZE) / 2
        kept = (seen[:, 2] > 0.1) & (at > 0).all(axis=1) & (at < SIZE).all(axis=1)
        names.append(np.flatnonzero(kept))
        pixels.append(at[kept] + noise * rng.normal(size=(kept.sum(), 2)))
        frames.append(np.full(kept.sum(), frame))
    return PointTracks(
        np.concatenate(frames), np.concatenate(names), np.concatenate(pixels), len(poses), SIZE
    )


def angles_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Degrees between rotations [F, 3, 3]."""
    return np.degrees(Rotation.from_matrix(a @ b.transpose(0, 2, 1)).magnitude())


def noise_picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Smooth random texture with corners everywhere: uint8 [H, W, 3]."""
    import cv2

    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 6 + 1, width // 6 + 1)).astype(np.float32)
    grey = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
