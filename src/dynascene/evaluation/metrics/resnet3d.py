"""3D ResNet-50 (Hara et al., 2018) on Kinetics: what the paper's second FVD describes clips by.

The layout is that of the published ``resnet-50-kinetics.pth``. B clips, F frames, H W pixels.
"""

import numpy as np
import torch
from torch import Tensor, nn

from dynascene.evaluation.metrics.clip_pictures import resized_frames

SIDE, EXPANSION = 112, 4
SEGMENT = 16  # frames, as it was trained
MEAN = (114.7748, 107.7354, 99.4750)  # of colours 0 … 255
BLOCKS, WIDTHS = (3, 4, 6, 3), (64, 128, 256, 512)


class ResNet3D(nn.Module):
    """Clips to 2,048 features."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(3, 64, 7, stride=(1, 2, 2), padding=3, bias=False)
        self.bn1 = nn.BatchNorm3d(64)
        self.pool = nn.MaxPool3d(3, stride=2, padding=1)
        channels = 64
        for number, (count, width) in enumerate(zip(BLOCKS, WIDTHS, strict=True), 1):
            blocks = []
            for index in range(count):
                stride = 2 if index == 0 and number > 1 else 1
                blocks.append(Bottleneck3D(channels, width, stride))
                channels = EXPANSION * width
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, 400)  # of the published file; not read here

    def forward(self, clips: Tensor) -> Tensor:
        """[B, 3, F, 112, 112] of 0 … 255 less the mean → means over time and place, [B, 2048]."""
        x = self.pool(self.bn1(self.conv1(clips)).relu())
        for number in range(1, len(BLOCKS) + 1):
            x = self.get_submodule(f"layer{number}")(x)
        return x.mean((2, 3, 4))


class Bottleneck3D(nn.Module):
    """1×1×1, 3×3×3, 1×1×1, and a shortcut; width: of the middle one."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        wide = EXPANSION * width
        self.conv1 = nn.Conv3d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm3d(width)
        self.conv2 = nn.Conv3d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm3d(width)
        self.conv3 = nn.Conv3d(width, wide, 1, bias=False)
        self.bn3 = nn.BatchNorm3d(wide)
        self.downsample = None
        if stride > 1 or channels != wide:
            shortcut = nn.Conv3d(channels, wide, 1, stride=stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm3d(wide))

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn1(self.conv1(x)).relu()
        y = self.bn2(self.conv2(y)).relu()
        y = self.bn3(self.conv3(y))
        return (y + (x if self.downsample is None else self.downsample(x))).relu()


def resnet3d_input(frames: np.ndarray) -> Tensor:
    """A clip in segments, as the evaluation script of the paper's field cuts it.

    Args:
        frames: uint8 [F, H, W, 3].

    Returns:
        [S, 3, 16, 112, 112] of 0 … 255 less the mean; the last frame fills the last segment.
    """
    colours = resized_frames(frames, SIDE) - torch.tensor(MEAN)[:, None, None]
    last = colours[-1:].expand(-len(colours) % SEGMENT, -1, -1, -1)
    return torch.cat([colours, last]).unflatten(0, (-1, SEGMENT)).transpose(1, 2)
