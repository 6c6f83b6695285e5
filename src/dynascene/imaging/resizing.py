"""Resizing of pictures."""

import torch.nn.functional as F
from torch import Tensor


def shrink(picture: Tensor, width: int) -> Tensor:
    """Shrink a picture, anti-aliased, to at most a given width.

    Args:
        picture: [C, H, W] uint8 or float.
        width: in pixels.

    Returns:
        The picture in that width; unchanged where it is not wider.
    """
    if picture.shape[-1] <= width:
        return picture.contiguous()
    height = max(1, round(picture.shape[-2] * width / picture.shape[-1]))
    return F.interpolate(picture[None], (height, width), mode="bilinear", antialias=True)[0]
