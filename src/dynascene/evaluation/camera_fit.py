"""Where must the camera have stood, for the true place to look most like the frames?

No camera is found in the frames alone: the place is known, and so is the kind of the move. Its
true views along the move are tried, and the one that a frame resembles most says how far the camera
went. So cameras are found where frames have too few pixels to track anything, and a place that is
painted wrongly gives a wrong camera.

Legend: F frames, N views, h w pixels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from torch import Tensor

from dynascene.types import Size

MOST_WIDTH = 48  # pixels at which views are compared: finer ones say no more about a move
REACH, STEPS = 2.0, 160  # shares of the move that are tried: −2 … 2, 40 in each move


def tried_shares() -> Tensor:
    """Shares of a move to try views at, [N], the opposite move and what lies beyond among them."""
    return torch.linspace(-REACH, REACH, STEPS + 1, dtype=torch.float64)


def fitting_size(size: Size) -> Size:
    """The size at which frames of another size are compared."""
    if size.width <= MOST_WIDTH:
        return size
    return Size(MOST_WIDTH, max(1, round(size.height * MOST_WIDTH / size.width)))


def best_views(frames: Tensor, weight: Tensor, views: Tensor) -> Tensor:
    """The view that each frame resembles most.

    Args:
        frames: [F, 3, H, W].
        weight: [F, 1, H, W], how much each pixel counts.
        views: [N, 3, h, w], of ``fitting_size``.

    Returns:
        Indices [F] of the views with the least squared error.
    """
    size = (views.shape[-2], views.shape[-1])
    if frames.shape[-2:] != size:
        frames, weight = (
            nnf.interpolate(x, size, mode="bilinear", antialias=True) for x in (frames, weight)
        )
    weight = weight.expand_as(frames)
    # Σ w (x − v)² without Σ w x², which is the same for all views
    views = views.flatten(1)
    error = weight.flatten(1) @ views.square().mT - 2 * (weight * frames).flatten(1) @ views.mT
    return error.argmin(1)
