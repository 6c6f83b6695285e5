"""CameraCtrl's pose encoder: rays to features per U-Net level.

Legend: B clips, F frames, C channels, H W pixels, h w latent grid.
"""

from collections.abc import Sequence

from diffusers.models.modeling_utils import get_parameter_dtype
from torch import Tensor, nn

from dynascene.models.call import CheckpointedBlock
from dynascene.models.time_attention import attend_over_time, time_attention

BLOCKS_PER_LEVEL = 2


class PoseEncoder(nn.Module):
    """[B, F, channels, H, W] → one feature map per level, [B, F, C, h, w], then h/2, w/2, …

    The rays are unshuffled to the latent grid. Each level is two blocks. At size ``sd15`` it has
    the published encoder's 199,262,400 parameters.

    Args:
        widths: C of each level.
        heads: of the attention over time.
        stride: pixels per latent cell.
        channels: of the rays.
    """

    def __init__(self, widths: Sequence[int], heads: int, stride: int, channels: int) -> None:
        super().__init__()
        self.widths = tuple(widths)
        self.unshuffle = nn.PixelUnshuffle(stride)
        self.conv_in = nn.Conv2d(channels * stride**2, self.widths[0], 3, padding=1)
        # the same rounding as the U-Net's: an odd grid keeps its last row
        self.downsample = nn.AvgPool2d(2, ceil_mode=True)
        blocks, width = [], self.widths[0]
        for target in self.widths:
            for _ in range(BLOCKS_PER_LEVEL):
                blocks.append(PoseBlock(width, target, heads))
                width = target
        self.blocks = nn.ModuleList(blocks)

    def forward(self, rays: Tensor) -> list[Tensor]:
        B, F = rays.shape[:2]
        hidden = self.conv_in(self.unshuffle(rays.flatten(0, 1)).to(get_parameter_dtype(self)))
        features = []
        for index, block in enumerate(self.blocks):
            if index and index % BLOCKS_PER_LEVEL == 0:
                hidden = self.downsample(hidden)
            hidden = block(hidden, F)
            if (index + 1) % BLOCKS_PER_LEVEL == 0:
                features.append(hidden.unflatten(0, (B, F)))
        return features


class PoseBlock(CheckpointedBlock):
    """Two convolutions around a ReLU with a shortcut and no norm, then attention over time.

    [B·F, C_in, h, w] → [B·F, C_out, h, w].
    """

    def __init__(self, c_in: int, c_out: int, heads: int) -> None:
        super().__init__()
        self.conv_in = nn.Identity() if c_in == c_out else nn.Conv2d(c_in, c_out, 1)
        self.conv1 = nn.Conv2d(c_out, c_out, 3, padding=1)
        self.conv2 = nn.Conv2d(c_out, c_out, 1)
        self.attention = time_attention(c_out, heads)

    def compute(self, hidden: Tensor, frames: int) -> Tensor:
        hidden = self.conv_in(hidden)
        hidden = hidden + self.conv2(self.conv1(hidden).relu())
        return attend_over_time(self.attention, hidden, frames)
