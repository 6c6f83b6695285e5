"""From the model's resolution to the picture's: the detail of the guide, put back.

A model works at a few hundred pixels across and through an autoencoder, which soften. The guide
exists at any resolution. So the model's **change** of the guide is enlarged, not its picture:
with G the guide, g what is left of it after the model's resolution and autoencoder, and x the
generated frame,

    result = w·(G + up(x − g)) + (1 − w)·up(x) = up(x) + w·(G − up(g)).

Where the model leaves the guide as it is, x = g, the result is the sharp guide itself. Where it
paints something else, the guide's detail would belong to another thing: w falls to 0 with the
difference of x and g, seen through a blur, so that texture and noise do not count.

What the picture shows, the guide shows truly; there the guide itself is kept, up to a narrow fade
at the border of what is seen. What differs there between both, such as a cast of the model's
colours, is carried on beyond the border and fades out slowly, so that no seam is left:

    r = result + e·D̃,   delivered = r + s·(G − r),

D̃: G − result, continued smoothly from what is seen; e: 1 at the border, 0 far from it; s: 1 where
the picture shows the place.

H W pixels of the result, h w pixels of the model.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

AGREEMENT = 0.12  # difference (of 0 … 1) at which the guide's detail counts 1/e
BLUR_SHARE = 1 / 128  # of the model's frame width: sigma of the blur
SEAM_SHARE = 1 / 128  # likewise, of the visibility's
NEAR_SHARE, FAR_SHARE = 1 / 64, 1 / 10  # likewise, of the differences that are carried on: …
FAR_WEIGHT = 1e-3  # … where near ones reach, they decide


def add_detail(generated: Tensor, coarse_guide: Tensor, guide: Tensor) -> Tensor:
    """Generated frames [F, 3, h, w] at the size of their guide [F, 3, H, W], all sRGB 0 … 1.

    coarse_guide: [F, 3, h, w], the guide after the model's resolution and autoencoder.
    """
    H, W = guide.shape[-2:]
    weight = resized(agreement(generated, coarse_guide), H, W).clamp(0, 1)
    detail = guide - resized(coarse_guide, H, W)
    return (resized(generated, H, W) + weight * detail).clamp(0, 1)


def keep_seen(frames: Tensor, guide: Tensor, visibility: Tensor) -> Tensor:
    """The guide where the picture shows the place, the frames elsewhere: [F, 3, H, W] each.

    visibility: [F, 1, h, w] of the guide, 0 … 1, of any size.
    """
    (H, W), (h, w) = guide.shape[-2:], visibility.shape[-2:]
    difference = carried_on(resized(guide - frames, h, w), visibility)
    result = (frames + F.interpolate(difference, (H, W), mode="bilinear")).clamp(0, 1)
    share = (2 * blurred(visibility, SEAM_SHARE * w) - 1).clamp(0, 1)
    return result + F.interpolate(share, (H, W), mode="bilinear") * (guide - result)


def carried_on(difference: Tensor, visibility: Tensor) -> Tensor:
    """e·D̃: a difference [F, C, h, w], known where visibility [F, 1, h, w] is 1, for everywhere."""
    width = visibility.shape[-1]
    seen = torch.cat([difference * visibility, visibility], dim=1)
    near, far = blurred(seen, NEAR_SHARE * width), blurred(seen, FAR_SHARE * width)
    total = near + FAR_WEIGHT * far
    reach = (2 * far[:, -1:]).clamp(max=1)
    return reach * total[:, :-1] / total[:, -1:].clamp(min=1e-6)


def agreement(generated: Tensor, coarse_guide: Tensor) -> Tensor:
    """How far two frames show the same thing: [F, 3, h, w] each → [F, 1, h, w] in 0 … 1."""
    difference = blurred(generated - coarse_guide, BLUR_SHARE * generated.shape[-1])
    squared = difference.square().mean(dim=1, keepdim=True)
    return torch.exp(-squared / AGREEMENT**2)


def resized(images: Tensor, height: int, width: int) -> Tensor:
    """[F, C, h, w] → [F, C, height, width], bicubic, anti-aliased where it shrinks."""
    if images.shape[-2:] == (height, width):
        return images
    return F.interpolate(images, (height, width), mode="bicubic", antialias=True)


def blurred(images: Tensor, sigma: float) -> Tensor:
    """Gaussian blur over space, borders replicated: [F, C, H, W] → the same."""
    radius = max(1, round(3 * sigma))
    position = torch.arange(-radius, radius + 1, dtype=images.dtype, device=images.device)
    kernel = torch.softmax(-(position**2) / (2 * sigma**2), dim=0)
    flat = F.pad(images.flatten(0, 1)[:, None], (radius,) * 4, mode="replicate")
    flat = F.conv2d(F.conv2d(flat, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1))
    return flat[:, 0].unflatten(0, images.shape[:2])
