"""OpenEXR files of several layers, for which the package OpenEXR is needed (extra ``exr``)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dynascene.io.atomic import replacing
from dynascene.io.images import clear_write_errors
from dynascene.types import Size

if TYPE_CHECKING:
    from typing_extensions import Self

FIRST_FRAME = 1  # as in the camera files for artists' tools
LARGEST = float(np.finfo(np.float16).max)
Attribute = int | float | str | Fraction | np.ndarray


class ExrSequenceWriter:
    """Frames as ``00001.exr``, ``00002.exr`` … in a folder that is made: half, 16 lines of zip.

    Is a context manager, as the writers of ``video_writing`` are.

    Raises InputError when it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._context: AbstractContextManager[Path] = replacing(folder)
        self._number = FIRST_FRAME

    def __enter__(self) -> Self:
        self._temporary = self._context.__enter__()
        with clear_write_errors(self.folder):
            self._temporary.mkdir()
        return self

    def __exit__(self, *error: object) -> bool | None:
        return self._context.__exit__(*error)  # ty: ignore[invalid-argument-type]

    def write(self, layers: Mapping[str, np.ndarray], attributes: Mapping[str, Attribute]) -> None:
        """Append a frame.

        Args:
            layers: float [H, W, 3] for the channels NAME.R, NAME.G, NAME.B, with 4 also NAME.A; or
                [H, W] for the one channel that the name is. All of one size.
            attributes: of the header; arrays are float32, [4, 4] for matrices.
        """
        import OpenEXR  # ty: ignore[import-not-found]  # it is compiled and brings no stubs

        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        channels = {name: as_half(layer) for name, layer in layers.items()}
        path = self._temporary / f"{self._number:05d}.exr"
        with clear_write_errors(self.folder):
            OpenEXR.File(header | dict(attributes), channels).write(str(path))
        self._number += 1


def as_half(layer: np.ndarray) -> np.ndarray:
    """Contiguous float16 of the same shape; what is larger than any becomes the largest."""
    return np.ascontiguousarray(layer.clip(-LARGEST, LARGEST), dtype=np.float16)


def camera_attributes(
    pose: np.ndarray, intrinsics: np.ndarray, size: Size, film_back: float
) -> dict[str, Attribute]:
    """A camera as OpenEXR's standard attributes; points are row vectors, as in that library.

    Args:
        pose: [4, 4], camera → world; both y up, the camera looks along −z.
        intrinsics: [3, 3] in pixels.
        size: of the frame.
        film_back: width in millimetres.

    Returns:
        worldToCamera; worldToNDC, to (0, 0) … (1, 1) from the upper left corner of the frame to the
        lower right one; the focal length and the size of the film back in millimetres.
    """
    camera_from_world = np.linalg.inv(pose)
    fx, fy, cx, cy = (intrinsics[i, j] for i, j in ((0, 0), (1, 1), (0, 2), (1, 2)))
    # u = cx + fx·x / −z and v = cy − fy·y / −z, in shares of the frame; the third is 1 / −z
    ndc_from_camera = np.array(
        [
            [fx / size.width, 0, -cx / size.width, 0],
            [0, -fy / size.height, -cy / size.height, 0],
            [0, 0, 0, 1],
            [0, 0, -1, 0],
        ]
    )
    focal = fx / size.width * film_back
    return {
        "worldToCamera": _for_row_vectors(camera_from_world),
        "worldToNDC": _for_row_vectors(ndc_from_camera @ camera_from_world),
        "nominalFocalLength": float(focal),
        "sensorOverallDimensions": np.array([film_back, size.height / fy * focal], np.float32),
    }


def _for_row_vectors(matrix: np.ndarray) -> np.ndarray:
    """The transpose in C's order, since the library reads memory as it lies."""
    return np.ascontiguousarray(matrix.T, dtype=np.float32)
