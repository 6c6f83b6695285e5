"""From the model's resolution to the picture's: joined with the guide by frequency bands.

A model works at a few hundred pixels across and through an autoencoder, which soften. The guide
exists at any resolution. So both are joined by frequency bands: with G the guide, g what is left
of it after the model's resolution and autoencoder, x the generated frame and L a low-pass,

    result = up(L x) + G − up(L g) = G + up(L(x − g)):

light, colour and large forms are the model's, what is finer is the guide's. Where the model leaves
the guide as it is, x = g, the result is the sharp guide itself.

What the picture shows, the guide shows truly; there the guide itself is kept, with a narrow fade
beyond the border of what is seen. What differs there between both, such as a cast of the model's
colours, is carried on beyond the border and fades out slowly, so that no seam is left:

    r = result + e·D̃,   delivered = r + s·(G − r),

D̃: G − result, continued smoothly from what is seen; e: 1 at the border, 0 far from it; s: 1 where
the picture shows the place, 0 a few pixels off.

H W pixels of the result, h w pixels of the model.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

# of the model's frame width: sigma of the low-pass. Half of it wins 0.3 dB in revealed regions and
# loses the texture's statistics; twice as much gives 0.1 dB away for nothing (docs/log.md)
LIGHT_SHARE = 1 / 40
SEAM_SHARE = 1 / 128  # likewise, of the visibility's
NEAR_SHARE, FAR_SHARE = 1 / 64, 1 / 10  # likewise, of the differences that are carried on: …
FAR_WEIGHT = 1e-3  # … where near ones reach, they decide


def join_bands(generated: Tensor, coarse_guide: Tensor, guide: Tensor) -> Tensor:
    """Generated frames [F, 3, h, w] at the size of their guide [F, 3, H, W], all sRGB 0 … 1.

    coarse_guide: [F, 3, h, w], the guide after the model's resolution and autoencoder.
    """
    change = blurred(generated - coarse_guide, LIGHT_SHARE * generated.shape[-1])
    return (guide + resized(change, *guide.shape[-2:])).clamp(0, 1)


def keep_seen(frames: Tensor, guide: Tensor, visibility: Tensor) -> Tensor:
    """The guide where the picture shows the place, the frames elsewhere: [F, 3, H, W] each.

    visibility: [F, 1, h, w] of the guide, 0 … 1, of any size.
    """
    (H, W), (h, w) = guide.shape[-2:], visibility.shape[-2:]
    difference = carried_on(resized(guide - frames, h, w), visibility)
    result = (frames + F.interpolate(difference, (H, W), mode="bilinear")).clamp(0, 1)
    share = (2 * blurred(visibility, SEAM_SHARE * w)).clamp(0, 1)  # of a straight border: 1 at it
    return result + F.interpolate(share, (H, W), mode="bilinear") * (guide - result)


def carried_on(difference: Tensor, visibility: Tensor) -> Tensor:
    """e·D̃: a difference [F, C, h, w], known where visibility [F, 1, h, w] is 1, for everywhere."""
    width = visibility.shape[-1]
    seen = torch.cat([difference * visibility, visibility], dim=1)
    near, far = blurred(seen, NEAR_SHARE * width), blurred(seen, FAR_SHARE * width)
    total = near + FAR_WEIGHT * far
    reach = (2 * far[:, -1:]).clamp(max=1)
    return reach * total[:, :-1] / total[:, -1:].clamp(min=1e-6)


def resized(images: Tensor, height: int, width: int) -> Tensor:
    """[F, C, h, w] → [F, C, height, width], bicubic, anti-aliased where it shrinks."""
    if images.shape[-2:] == (height, width):
        return images
    return F.interpolate(images, (height, width), mode="bicubic", antialias=True)


def blurred(images: Tensor, sigma: float) -> Tensor:
    """Gaussian blur over space, borders replicated: [F, C, H, W] → the same."""
    H, W = images.shape[-2:]
    # as matrix products: one channel's convolution with a long kernel takes 20 to 60 times as long
    return _blur_matrix(H, sigma, images) @ images @ _blur_matrix(W, sigma, images).mT


def _blur_matrix(length: int, sigma: float, like: Tensor) -> Tensor:
    """[length, length]: every row the weights of a line's pixels in one blurred pixel."""
    radius = max(1, round(3 * sigma))
    offsets = torch.arange(-radius, radius + 1, device=like.device)
    kernel = torch.softmax(-(offsets.to(like.dtype) ** 2) / (2 * sigma**2), dim=0)
    columns = (torch.arange(length, device=like.device)[:, None] + offsets).clamp(0, length - 1)
    empty = torch.zeros(length, length, dtype=like.dtype, device=like.device)
    return empty.scatter_add_(1, columns, kernel.expand(length, -1))
