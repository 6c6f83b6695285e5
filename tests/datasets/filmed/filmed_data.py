"""Small data sets of clips whose frames tell their number by grey value and by camera."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch

from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.rigid import rotation_about
from dynascene.io.cameras import write_cameras
from dynascene.io.video_writing import H264Writer
from dynascene.types import CameraTrack, Size

SIZE = Size(64, 48)
GREY_STEP, GREY_START = 6, 20  # H.264 keeps grey to one level


def numbered(count: int, size: Size = SIZE) -> np.ndarray:
    """[F, H, W, 3]: frame k is grey 20 + 6 k."""
    greys = (GREY_START + GREY_STEP * np.arange(count)).astype(np.uint8)
    return np.broadcast_to(greys[:, None, None, None], (count, size.height, size.width, 3)).copy()


def numbers_of(video: torch.Tensor) -> list[int]:
    """The frame numbers that uint8 [F, C, H, W] shows."""
    greys = video.float().mean(dim=(1, 2, 3))
    return ((greys - GREY_START) / GREY_STEP).round().int().tolist()


def mattes(count: int, size: Size = SIZE) -> np.ndarray:
    """[F, H, W, 1]: a white box whose left border moves 1 pixel per frame, of a third's width."""
    frames = np.zeros((count, size.height, size.width, 1), np.uint8)
    for k in range(count):
        frames[k, size.height // 4 :, 8 + k : 8 + k + size.width // 3] = 255
    return frames


def track(count: int, size: Size = SIZE) -> CameraTrack:
    """Camera k turns by k degrees and has translation (k, 0, 1)."""
    poses = torch.eye(4, dtype=torch.float64).repeat(count, 1, 1)
    poses[:, :3, :3] = rotation_about("y", torch.arange(count, dtype=torch.float64))
    poses[:, 0, 3] = torch.arange(count)
    poses[:, 2, 3] = 1
    view = intrinsics_matrix(50, 52, size.width / 2 - 1, size.height / 2 + 2)
    return CameraTrack(poses, view.expand(count, 3, 3), size)


def write_video(path: Path, frames: np.ndarray) -> None:
    size = Size(frames.shape[2], frames.shape[1])
    with H264Writer(path, size, Fraction(24)) as writer:
        for frame in frames:
            writer.write(frame)


def write_clip_folder(
    folder: Path,
    count: int = 20,
    size: Size = SIZE,
    *,
    matte: bool = True,
    cameras: bool = True,
    source: str | None = None,
) -> Path:
    """A clip as the layout has it."""
    folder.mkdir(parents=True)
    write_video(folder / "video.mp4", numbered(count, size))
    if matte:
        write_video(folder / "matte.mp4", mattes(count, size))
    if cameras:
        write_cameras(track(count, size), folder / "cameras.txt")
    if source is not None:
        (folder / "meta.json").write_text(json.dumps({"source": source}))
    return folder
