"""RealEstate10K: a line of any text, then per frame 19 numbers.

``timestamp fx fy cx cy 0 0`` and the 3×4 world → camera matrix row by row; OpenCV axes;
intrinsics as shares of width and height. In the data set's own files that line is the address of
the video, and every clip has one unit of length.
"""

from itertools import pairwise
from pathlib import Path

import torch

from dynascene.errors import InputError
from dynascene.io.cameras.checks import check_focal, check_shares, rigid_from_matrix
from dynascene.io.cameras.defaults import CameraDefaults, Notice, pixels_from_normalised
from dynascene.io.cameras.gaps import fill_timed
from dynascene.io.cameras.rows import read_rows, write_rows
from dynascene.io.text import read_lines
from dynascene.types import CameraTrack

COLUMNS = (
    "timestamp", "fx", "fy", "cx", "cy", "k1", "k2",
    *(f"m{row}{column}" for row in range(3) for column in range(4)),
)  # fmt: skip
# The data set's makers bring the nearest depths of every clip to about 1.25. Triangulated with the
# given cameras, seven clips have 1.13 … 1.54 there (the 10th percentile over frames of the 5th in a
# frame), and median depths of 2.5 … 5.1: geometric mean 3.2, spread of the logarithm 0.23.
MEDIAN_DEPTH = 3.2


def video_address(path: Path) -> str | None:
    """The address in the first line of a file of the data set; None in any other file."""
    if path.suffix.lower() != ".txt":
        return None
    heading = read_lines(path)[0].strip()
    return heading if heading.startswith(("http://", "https://")) else None


def stated_scale(path: Path) -> float | None:
    """Track units (median depths of the scene) in the unit of a camera file, where it tells.

    None for files of unknown unit: all but those of the data set RealEstate10K.
    """
    return None if video_address(path) is None else 1 / MEDIAN_DEPTH


def read_re10k(path: Path, defaults: CameraDefaults, notice: Notice) -> CameraTrack:
    """Read a track; the frame size comes from ``defaults``; gaps in the timestamps are filled.

    Timestamps that do not increase, such as 0 in every line, tell nothing: lines are frames.
    """
    rows = read_rows(path, (COLUMNS,), header=True)
    poses = []
    for place, values in rows:
        check_focal(values[1:3], place)
        check_shares(values[1:5], place)
        if any(values[5:7]):
            raise InputError(f"{place}: has lens distortion; undistort the video first")
        matrix = torch.tensor(values[7:], dtype=torch.float64).view(3, 4)
        poses.append(rigid_from_matrix(matrix, place))
    normalised = torch.tensor([values[1:5] for _, values in rows], dtype=torch.float64)
    intrinsics = pixels_from_normalised(normalised, path, defaults, notice)
    track = CameraTrack(torch.stack(poses), intrinsics, defaults.size)
    times = [row.values[0] for row in rows]
    if all(after > before for before, after in pairwise(times)):
        return fill_timed(track, times, path, notice)
    if len(set(times)) > 1:
        notice(f"{path}: its timestamps do not increase; its lines are taken as frames")
    return track


def write_re10k(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    """Write a track, with frame numbers as timestamps."""
    write_rows(path, re10k_rows(track), first_line="dynascene")


def re10k_rows(track: CameraTrack) -> list[list[float]]:
    """The lines of numbers of a file of this format, [F][19], with frame numbers as timestamps."""
    width, height = track.size
    rows = []
    for index, (pose, k) in enumerate(zip(track.cam_from_world, track.intrinsics, strict=True)):
        focal = [k[0, 0].item() / width, k[1, 1].item() / height]
        centre = [k[0, 2].item() / width, k[1, 2].item() / height]
        rows.append([index, *focal, *centre, 0, 0, *pose[:3].flatten().tolist()])
    return rows
