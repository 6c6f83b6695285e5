"""The camera track: Plücker rays → Camera Encoder → Camera Adaptors in the motion modules.

Legend: B clips, F frames, C channels, H W pixels, h w latent grid.
"""

from typing import Any

import torch
from diffusers.models.attention import BasicTransformerBlock
from diffusers.models.resnet import ResnetBlock2D
from torch import Tensor, nn

from dynascene.geometry.plucker import plucker_embedding
from dynascene.geometry.rigid import relative_to_first
from dynascene.models.attention import AttentionSite, attention_site
from dynascene.models.backbone import MAX_FRAMES, level_of, motion_modules
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.injection import Injection
from dynascene.models.latents import EncodedClip
from dynascene.models.readers.camera import CameraReader
from dynascene.models.sizes import ModelSize

PLUCKER_CHANNELS = 6


class PluckerCamera(Conditioner):
    """Camera features per level, merged into each motion module by two linear layers.

    The track is taken relative to its first frame; its length unit is the track unit already.
    Unconditional value, and that of clips without a camera: a learnt feature per level (the null
    camera).

    stride: pixels per latent cell; None = the size's.
    """

    reads = ("cam_from_world", "intrinsics", "has_camera")

    def __init__(self, size: ModelSize, stride: int | None = None) -> None:
        super().__init__(size)
        self.encoder = CameraEncoder(size, stride or size.latent_stride)
        self.null = nn.ParameterList([nn.Parameter(torch.zeros(c)) for c in size.camera_widths])
        self.adaptors = nn.ModuleList()

    def attach(self, unet: nn.Module) -> None:
        """A Camera Adaptor for the first temporal self-attention of every motion module."""
        widths = self.encoder.widths
        for name, motion in motion_modules(unet):
            level = level_of(name, len(widths))
            adaptor = camera_adaptor(motion.in_channels, widths[level])
            self.adaptors.append(adaptor)
            attention_site(motion.transformer_blocks[0].attn1).add(CameraReader(level, adaptor))

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        with torch.autocast(drop.device.type, enabled=False):  # three digits are too few for rays
            relative = relative_to_first(clip.cam_from_world).float()
            rays = plucker_embedding(relative, clip.intrinsics.float(), clip.size)
        known = (clip.has_camera & ~drop)[:, None, None, None, None]
        # unknown cameras may hold anything, not-a-number included: it must not reach the sum
        rays = torch.where(known, rays, 0)
        levels = [
            torch.where(known, features, null[:, None, None].to(features.dtype))
            for features, null in zip(self.encoder(rays), self.null, strict=True)
        ]
        return Injection(camera=tuple(levels))


class CameraEncoder(nn.Module):
    """[B, F, 6, H, W] → one feature map per U-Net level, [B, F, C, h, w], [B, F, C, h/2, w/2], …

    The rays are unshuffled to the latent grid. Each level is one block: a ResNet block per frame,
    then self-attention over time per pixel.
    """

    def __init__(self, size: ModelSize, stride: int) -> None:
        super().__init__()
        self.widths = size.camera_widths
        self.unshuffle = nn.PixelUnshuffle(stride)
        self.conv_in = nn.Conv2d(PLUCKER_CHANNELS * stride**2, self.widths[0], 3, padding=1)
        inputs = (self.widths[0], *self.widths[:-1])
        self.blocks = nn.ModuleList(
            CameraBlock(c_in, c_out, size, downsample=level > 0)
            for level, (c_in, c_out) in enumerate(zip(inputs, self.widths, strict=True))
        )

    def forward(self, rays: Tensor) -> list[Tensor]:
        B, F = rays.shape[:2]
        hidden = self.conv_in(self.unshuffle(rays.flatten(0, 1)).to(self.conv_in.weight.dtype))
        levels = []
        for block in self.blocks:
            hidden = block(hidden, F)
            levels.append(hidden.unflatten(0, (B, F)))
        return levels


class CameraBlock(nn.Module):
    """ResNet block, then temporal attention; [B·F, C_in, h, w] → [B·F, C_out, h, w]."""

    def __init__(self, c_in: int, c_out: int, size: ModelSize, *, downsample: bool) -> None:
        super().__init__()
        # the same rounding as the U-Net's: an odd grid keeps its last row
        self.downsample = nn.Conv2d(c_in, c_in, 3, stride=2, padding=1) if downsample else None
        no_time: Any = None  # typed as int, but None is what leaves the time embedding out
        self.resnet = ResnetBlock2D(
            in_channels=c_in, out_channels=c_out, temb_channels=no_time, groups=size.groups
        )
        self.attention = BasicTransformerBlock(
            c_out,
            size.heads,
            c_out // size.heads,
            positional_embeddings="sinusoidal",
            num_positional_embeddings=MAX_FRAMES,
        )
        attention: Any = self.attention.attn1  # whose processors are typed as diffusers' own
        attention.set_processor(AttentionSite())

    def forward(self, hidden: Tensor, frames: int) -> Tensor:
        if self.downsample is not None:
            hidden = self.downsample(hidden)
        hidden = self.resnet(hidden, None)
        h, w = hidden.shape[-2:]
        in_time = hidden.unflatten(0, (-1, frames)).permute(0, 3, 4, 1, 2).flatten(0, 2)
        in_time = self.attention(in_time)
        return in_time.unflatten(0, (-1, h, w)).permute(0, 3, 4, 1, 2).flatten(0, 1)


def camera_adaptor(width: int, camera_width: int) -> nn.Sequential:
    """[z ; camera] → a change of z, by two linear layers; the second starts at zero (silent)."""
    last = nn.Linear(width, width)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(width + camera_width, width), nn.SiLU(), last)
