"""The scene picture through a ReferenceNet, read by the denoiser's spatial self-attention.

Legend: B clips, h w latent grid, N tokens, C channels.
"""

from typing import Any

import torch
from torch import Tensor, nn

from dynascene.models.attention import attention_site
from dynascene.models.backbone import build_unet_2d, spatial_blocks
from dynascene.models.conditioners.base import Conditioner, SpatialUNet
from dynascene.models.injection import Injection
from dynascene.models.input_layout import INPAINTING, layout_width, with_latent_channels
from dynascene.models.latents import EncodedClip
from dynascene.models.readers.reference import ReferenceReader
from dynascene.models.sizes import ModelSize


class SceneReference(Conditioner):
    """ReferenceNet features of the scene, once per clip, at t = 0.

    The network is the inpainting U-Net again: its input is [scene latent | hole mask | scene
    latent]. What it hands over is the normalised input norm1(h) of each transformer block's
    self-attention. Unconditional value: no reference (zero tokens, which the reader skips).

    gate: where the readers' gates start: 0 is silent, 1 the paper's reference attention.
    """

    reads = ("scene", "scene_mask", "scene_tokens")
    per_clip = True

    def __init__(self, size: ModelSize, gate: float = 0.0) -> None:
        super().__init__(size)
        self.layout = with_latent_channels(INPAINTING, size.latent_channels)
        self.unet = build_unet_2d(size, size.reference_widths, layout_width(self.layout))
        _freeze_unread(self.unet)
        blocks = len(spatial_blocks(self.unet))
        self.gates = nn.Parameter(torch.full((blocks,), gate))
        self.projections = nn.ModuleList()

    def attach(self, unet: nn.Module) -> None:
        """Add the readers; widths that differ from the U-Net's get a linear layer."""
        pairs = zip(spatial_blocks(self.unet), spatial_blocks(unet), strict=True)
        for index, ((_, written), (_, read)) in enumerate(pairs):
            here, there = written.attn1.query_dim, read.attn1.query_dim
            self.projections.append(nn.Identity() if here == there else nn.Linear(here, there))
            attention_site(read.attn1).add(ReferenceReader(self.name, index, self))

    def spatial_unets(self) -> tuple[SpatialUNet, ...]:
        return (SpatialUNet(self.unet, self.layout),)

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        if bool(drop.all()):
            return Injection()
        features = self.features(clip)
        keep = (~drop)[:, None, None]
        tokens = [p(f) * keep for p, f in zip(self.projections, features, strict=True)]
        return Injection(reference={self.name: tuple(tokens)})

    def picture(self, clip: EncodedClip) -> tuple[Tensor, Tensor, Tensor]:
        """What is referred to: latent [B, C, h, w], mask of its holes [B, 1, h, w], image tokens.

        A reference to another picture overrides this and ``reads``.
        """
        return clip.scene, clip.scene_mask, clip.scene_tokens

    def features(self, clip: EncodedClip) -> list[Tensor]:
        """norm1(h) of each transformer block in running order, each [B, N, C]."""
        latent, hole_mask, tokens = self.picture(clip)
        dtype = self.unet.dtype
        sample = torch.cat([latent, hole_mask, latent], dim=1).to(dtype)
        written: list[Tensor] = []
        hooks = [
            block.norm1.register_forward_hook(lambda _, __, output: written.append(output))
            for _, block in spatial_blocks(self.unet)
        ]
        try:
            self.unet(sample, 0, tokens.to(dtype))
        finally:
            for hook in hooks:
                hook.remove()
        return written


def _freeze_unread(unet: Any) -> None:
    """What lies behind the last norm1 is never read, so it gets no gradient."""
    last = spatial_blocks(unet)[-1][1]
    attention = unet.up_blocks[-1].attentions[-1]
    behind = [last.attn1, last.norm2, last.attn2, last.norm3, last.ff, attention.proj_out]
    for module in [*behind, unet.conv_norm_out, unet.conv_out]:
        module.requires_grad_(False)
