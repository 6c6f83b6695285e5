"""Long videos clip by clip: the last frame of one goes into the starting noise of the next.

Legend: B clips, F frames, C latent channels, h w latent grid.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def chained(
    sample: Callable[[int, int, Tensor], Tensor],
    noise: Tensor,
    length: int,
    noised: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    """The latents of a long clip, [B, F, C, h, w].

    The last clip is as long as the others and overlaps the one before; of it only new frames count.

    Args:
        sample: (start, stop, starting noise) → latents of these frames.
        noise: [B, F, C, h, w].
        length: frames of a clip.
        noised: (clean latents, noise) → the clean latents as noisy as sampling starts.
    """
    frames = noise.shape[1]
    done = sample(0, min(length, frames), noise[:, :length])
    while done.shape[1] < frames:
        stop = min(done.shape[1] + length, frames)
        start = stop - length
        last = done[:, start - 1 : start]
        fresh = noise[:, start:stop]
        part = sample(start, stop, noised(last.expand_as(fresh), fresh))
        done = torch.cat([done, part[:, done.shape[1] - start :]], dim=1)
    return done
