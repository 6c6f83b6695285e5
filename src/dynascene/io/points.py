"""Files of tracked points: some points of a clip's background in each frame, as JSON.

```
{"format": "dynascene-points", "version": 1, "size": [width, height],
 "frames": [[[x, y, visibility], …], …]}        the same points in the same order in every frame
```
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dynascene.errors import InputError
from dynascene.geometry.point_rendering import NOWHERE
from dynascene.io.atomic import write_text
from dynascene.io.text import read_json
from dynascene.types import Size

FORMAT, VERSION = "dynascene-points", 1
MOST = 50  # points


@dataclass(frozen=True)
class BackgroundPoints:
    """Points of the background in F frames.

    Args:
        size: of the frames.
        points: [F, N, 3], x and y in pixels, the first pixel's centre at 0.5, and visibility
            from 0 to 1.

    Raises:
        InputError: they have another shape, a value is not finite or not in its range, or there
            are none or too many.
    """

    size: Size
    points: np.ndarray

    def __post_init__(self) -> None:
        shape = self.points.shape
        if len(shape) != 3 or shape[2] != 3 or not shape[0] or not 1 <= shape[1] <= MOST:
            raise InputError(
                f"points: have shape {list(shape)}, expected [F, N, 3] of 1 to {MOST} points"
            )
        if not np.isfinite(self.points).all():
            raise InputError("points: a value is not finite")
        if min(self.size) < 1:
            raise InputError(f"points: the size of the frames is {self.size}, expected 1x1 or more")
        visibility = self.points[..., 2]
        if visibility.min() < 0 or visibility.max() > 1:
            raise InputError(
                f"points: visibility goes from {visibility.min():g} to {visibility.max():g}, "
                "expected 0 to 1"
            )

    def __len__(self) -> int:
        return len(self.points)

    def tensor_rows(self) -> np.ndarray:
        """[F, 50, 5] as the field ``points`` has it: shares of the frame, visibility, and where
        each point is in the scene picture; rows without a point have visibility 0.

        The first frame is taken for a view of the picture: what it does not show is ``NOWHERE``.
        """
        shares = self.points[..., :2] / [*self.size]
        rows = np.zeros((len(self), MOST, 5), np.float32)
        count = self.points.shape[1]
        rows[:, :count, :2], rows[:, :count, 2] = shares, self.points[..., 2]
        rows[:, :count, 3:] = np.where(self.points[0, :, 2:] > 0, shares[0], NOWHERE)
        return rows


def write_points(points: BackgroundPoints, path: Path) -> None:
    """Write a file."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "size": [*points.size],
        "frames": np.round(points.points, 3).tolist(),
    }
    write_text(path, json.dumps(content) + "\n")


def read_points(path: Path) -> BackgroundPoints:
    """Read a file.

    Raises:
        InputError: it is none, or it is damaged.
    """
    content = read_json(path)
    try:
        if content["format"] != FORMAT or content["version"] != VERSION:
            raise InputError(f"{path}: is no {FORMAT} file of version {VERSION}")
        return BackgroundPoints(
            Size(*map(int, content["size"])), np.array(content["frames"], float)
        )
    except InputError as error:
        raise InputError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from None
    except (KeyError, TypeError, ValueError, OverflowError):  # integers may exceed any float
        raise InputError(f"{path}: is no file of points, or a damaged one") from None
