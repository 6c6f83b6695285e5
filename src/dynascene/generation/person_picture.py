"""The picture of a person, cut out.

H W pixels.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from dynascene.errors import InputError
from dynascene.estimators.matte.backends import make_matter
from dynascene.estimators.working_frames import shrunk_frames
from dynascene.io.images import read_image

LEAST = 0.01  # of the picture's pixels: less is nobody


def read_person(path: Path) -> np.ndarray:
    """A person's picture with alpha, uint8 [H, W, 4].

    A picture that leaves nothing out, with an alpha or without, is cut out by the matte backend at
    hand.

    Raises:
        InputError: it cannot be read, or nobody is cut out.
    """
    pixels = read_image(path)
    if pixels.shape[-1] == 4 and pixels[..., 3].min() < 255:
        return pixels
    colour = np.ascontiguousarray(pixels[..., :3])
    return np.concatenate([colour, _alpha(colour, path)[..., None]], axis=-1)


def _alpha(picture: np.ndarray, path: Path) -> np.ndarray:
    """uint8 [H, W], 255 on the person."""
    matter = make_matter()
    if matter.least_frames > 1:
        raise InputError(
            f"{path}: has no alpha, and nothing here cuts a person out of one picture; cut it out, "
            "or fetch 'dynascene weights pose'"
        )
    frame = shrunk_frames(picture[None], matter.working_pixels)
    height, width = frame.shape[1:3]
    (matte,) = matter(frame, np.array([[0.0, 0.0, width, height]]) if matter.needs_boxes else None)
    if (matte > 0.5).mean() < LEAST:
        raise InputError(f"{path}: has no alpha, and {matter.name} sees nobody in it; cut it out")
    size = (picture.shape[1], picture.shape[0])
    whole = cv2.resize(matte.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return np.rint(255 * whole.clip(0, 1)).astype(np.uint8)
