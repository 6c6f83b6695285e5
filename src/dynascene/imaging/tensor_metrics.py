"""Metrics of a clip against the truth, on float tensors, with a weight for each pixel.

B clips, F frames, H W pixels.
"""

from torch import Tensor


def weighted_psnr(frames: Tensor, truth: Tensor, weight: Tensor) -> float:
    """Peak signal-to-noise ratio in decibels, at most 100.

    Args:
        frames, truth: [B, F, 3, H, W] in 0 … 1.
        weight: [B, F, 1, H, W], how much each pixel counts.

    Returns:
        −10 log₁₀(MSE), with the mean over all weighted pixels; NaN where no pixel has a weight.
    """
    error = (frames - truth).square() * weight
    mean = error.sum() / (3 * weight.sum())
    return float(-10 * mean.clamp(min=1e-10).log10())


def detail_share(frames: Tensor, truth: Tensor, weight: Tensor) -> float:
    """The mean gradient of the frames as a share of that of the truth: how much detail they have.

    Args:
        frames, truth: [B, F, 3, H, W].
        weight: [B, F, 1, H, W], how much each pixel counts.

    Returns:
        1 where frames have as much detail as the truth; NaN where the truth is flat.
    """

    def slope(images: Tensor) -> Tensor:
        across, down = images.diff(dim=-1).abs(), images.diff(dim=-2).abs()
        return (across * weight[..., 1:]).sum() + (down * weight[..., 1:, :]).sum()

    true_slope = slope(truth)
    return float(slope(frames) / true_slope) if true_slope > 0 else float("nan")


def clip_psnrs(frames: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """``weighted_psnr`` of each clip, [B]; NaN where no pixel of a clip has a weight."""
    error = ((frames - truth).square() * weight).flatten(1).sum(1)
    mean = error / (3 * weight.flatten(1).sum(1))
    return -10 * mean.clamp(min=1e-10).log10()
