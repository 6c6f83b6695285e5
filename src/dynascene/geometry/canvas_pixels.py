"""The pixels of a canvas, stored as OpenCV samples them, in half of the memory of floats.

H W pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.geometry.panorama import PanoramaWindow

PHOTOGRAPHED = 3  # the channel that says where a layer is photographed
SOLID = 4  # and the one that says where it is solid
FIRST_GROUP, SOLID_GROUP = 0, 1  # colours and photographed together; each other channel is alone
ONE = np.iinfo(np.uint16).max
PIXELS_AT_ONCE = 2**18  # that are painted or read


@dataclass(frozen=True)
class CanvasPixels:
    """One level of a canvas.

    Attributes:
        groups: uint16, ``ONE`` stands for 1: [H, W, 4], sRGB colour (3) and 1 where photographed;
            [H, W], 1 where solid; once a network has painted (see repainting.py) another [H, W], 1
            where painted. OpenCV samples two channels together less exactly, so none has two.
        border: columns of the other side that are repeated beyond each border, so that samples
            cross the seam of a full circle; H and W count them here, and nowhere else.
    """

    groups: list[np.ndarray]
    border: int

    @classmethod
    def empty(cls, window: PanoramaWindow) -> CanvasPixels:
        """Those of a window, black and nowhere photographed or solid."""
        border = 1 if window.is_full_circle else 0
        width, height = window.size
        shape = height, width + 2 * border
        return cls([np.zeros((*shape, 4), np.uint16), np.zeros(shape, np.uint16)], border)

    def at(self, place: tuple) -> Tensor:
        """float32 [5 or 6, …] in 0 … 1 of the pixels at an index of rows and columns."""
        first, *others = (_units(group[place]) for group in self._inner())
        return torch.cat([first.movedim(-1, 0), *(other[None] for other in others)])

    def put(self, place: tuple, values: Tensor) -> None:
        """Change pixels; arguments as ``at`` takes and gives them. ``close`` has to follow."""
        first, *others = self._inner()
        first[place] = _stored(values[:4].movedim(0, -1))
        for group, plane in zip(others, values[4:], strict=True):
            group[place] = _stored(plane)

    def write(self, rows: slice, values: Tensor) -> None:
        """Change whole rows: [5 or 6, h, W] in 0 … 1; ``close`` has to follow."""
        self.put((rows, slice(None)), values)

    def is_photographed(self, rows: Tensor, columns: Tensor) -> Tensor:
        """Where these rows [h] and columns [w] are photographed all through, bool [h, w]."""
        first = self._inner()[FIRST_GROUP]
        return torch.from_numpy(first[rows[:, None].numpy(), columns.numpy(), PHOTOGRAPHED] == ONE)

    @property
    def solid(self) -> np.ndarray:
        """Where it is solid, uint16 [H, W], to be changed in place; ``close`` has to follow."""
        return self._inner()[SOLID_GROUP]

    def with_paint(self) -> CanvasPixels:
        """A copy that says where it is painted: nowhere, if these did not say it."""
        groups = [group.copy() for group in self.groups]
        return CanvasPixels(groups if len(groups) > 2 else [*groups, 0 * groups[1]], self.border)

    def without_paint(self) -> CanvasPixels:
        """The same arrays, without the one that says where it is painted."""
        return CanvasPixels(self.groups[:2], self.border)

    def close(self) -> None:
        """Repeat the columns on either side of the seam beyond the other border."""
        if self.border:
            for group in self.groups:
                group[:, 0], group[:, -1] = group[:, -2], group[:, 1]

    def coarser(self) -> CanvasPixels:
        """The next level, of half as many rows and columns: means over areas."""
        groups = [_halved(group) for group in self._inner()]
        if self.border:
            sides = 0, 0, self.border, self.border
            groups = [cv2.copyMakeBorder(group, *sides, cv2.BORDER_WRAP) for group in groups]
        return CanvasPixels(groups, self.border)

    def _inner(self) -> list[np.ndarray]:
        """The groups without repeated columns."""
        return [group[:, 1:-1] for group in self.groups] if self.border else self.groups


def portions(height: int, width: int) -> Iterator[slice]:
    """Rows of a canvas, some at a time, so that what is computed of them takes little memory."""
    step = max(1, PIXELS_AT_ONCE // width)
    for start in range(0, height, step):
        yield slice(start, min(start + step, height))


def _units(stored: np.ndarray) -> Tensor:
    return torch.from_numpy(stored.astype(np.float32) / ONE)


def _stored(values: Tensor) -> np.ndarray:
    return np.rint(values.numpy() * ONE).astype(np.uint16)


def _halved(group: np.ndarray) -> np.ndarray:
    """[H, W] or [H, W, 4] → means of areas, of half the height and width."""
    if group.ndim == 3:
        return cv2.merge([_halved(channel) for channel in cv2.split(group)])
    size = [max(1, round(side / 2)) for side in group.shape]
    plane = torch.from_numpy(group.astype(np.float32))[None, None]
    return np.rint(F.interpolate(plane, size, mode="area")[0, 0].numpy()).astype(np.uint16)
