"""Where a person is, and a picture of the place without them.

F frames, H W pixels.
"""

import math

import cv2
import numpy as np
import torch
from torch import Tensor

PERSON_FROM = 0.02  # of the matte: what is fainter is noise of codecs and networks
DILATION = 0.02  # of the frame's diagonal: beyond soft edges, motion blur and a latent cell
BLACK = -1.0


def person_region(matte: Tensor, dilation: float = DILATION) -> Tensor:
    """The person and their surroundings: matte [..., 1, H, W] → bool, same shape.

    A pixel belongs to it when a pixel of matte above PERSON_FROM lies within the radius, which is
    ``dilation`` times the frame's diagonal (Euclidean distance).
    """
    person = matte > PERSON_FROM
    radius = dilation * math.hypot(*matte.shape[-2:])
    frames = person.reshape(-1, *matte.shape[-2:]).numpy(force=True)
    grown = torch.from_numpy(np.stack([_within(frame, radius) for frame in frames]))
    return grown.reshape(person.shape).to(matte.device)


def _within(person: np.ndarray, radius: float) -> np.ndarray:
    """Pixels at most ``radius`` away from a pixel of the bool array [H, W]."""
    if not person.any():
        return person  # there is no distance to nobody
    off = (~person).astype(np.uint8)
    return cv2.distanceTransform(off, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= radius


def without_person(
    picture: Tensor, matte: Tensor, dilation: float = DILATION
) -> tuple[Tensor, Tensor]:
    """A frame [3, H, W] with its matte [1, H, W] as scene_image and scene_visibility.

    The person's region is black and not visible, dilated so that nothing of their looks is left.
    """
    region = person_region(matte, dilation)
    return picture.masked_fill(region, BLACK), (~region).to(picture.dtype)
