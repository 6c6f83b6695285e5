"""The U-Nets. This is the only file that builds them; diffusers owns their code.

Legend: B batch, F frames, C channels, h w latent grid, N tokens.
"""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from diffusers.models.attention_processor import Attention
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.models.unets.unet_motion_model import AnimateDiffTransformer3D, UNetMotionModel
from torch import Tensor, nn

from dynascene.models.attention import AttentionSite, SiteAttention
from dynascene.models.call import current_call
from dynascene.models.sizes import ModelSize

MAX_FRAMES = 32  # length of AnimateDiff v2's positional encoding


def build_unet(size: ModelSize, in_channels: int) -> UNetMotionModel:
    """A fresh ``UNetMotionModel`` whose motion modules are silent.

    The GroupNorm of motion modules runs over each frame alone, as AnimateDiff's weights expect;
    diffusers' own runs over all frames of a clip.
    """
    names = ["CrossAttnDownBlockMotion" if a else "DownBlockMotion" for a in size.attention]
    ups = ["CrossAttnUpBlockMotion" if a else "UpBlockMotion" for a in reversed(size.attention)]
    unet = UNetMotionModel(
        in_channels=in_channels,
        out_channels=size.latent_channels,
        block_out_channels=size.widths,
        down_block_types=tuple(names),
        up_block_types=tuple(ups),
        layers_per_block=size.layers,
        norm_num_groups=size.groups,
        cross_attention_dim=size.token_width,
        num_attention_heads=size.heads,
        motion_num_attention_heads=size.heads,
        motion_max_seq_length=MAX_FRAMES,
    )
    for _, motion in motion_modules(unet):
        motion.__class__ = SkippableMotion
        motion.norm = PerFrameGroupNorm(size.groups, motion.in_channels, eps=motion.norm.eps)
        nn.init.zeros_(motion.proj_out.weight)
        nn.init.zeros_(motion.proj_out.bias)
    unet.set_attn_processor(_sites(unet))
    unet.conv_in.register_forward_hook(_add_after_conv_in)
    return unet


def build_unet_2d(
    size: ModelSize, widths: tuple[int, ...], in_channels: int
) -> UNet2DConditionModel:
    """A ``UNet2DConditionModel`` of the same structure, for the ReferenceNet."""
    names = ["CrossAttnDownBlock2D" if a else "DownBlock2D" for a in size.attention]
    ups = ["CrossAttnUpBlock2D" if a else "UpBlock2D" for a in reversed(size.attention)]
    unet = UNet2DConditionModel(
        in_channels=in_channels,
        out_channels=size.latent_channels,
        block_out_channels=widths,
        down_block_types=tuple(names),
        up_block_types=tuple(ups),
        layers_per_block=size.layers,
        norm_num_groups=size.groups,
        cross_attention_dim=size.token_width,
        attention_head_dim=size.heads,  # the name is historical: it is the number of heads
    )
    unet.set_attn_processor(_sites(unet))
    return unet


def _sites(unet: Any) -> dict[str, Any]:
    """A fresh site for every attention layer, which from now on takes no other processor."""
    for layer in unet.modules():
        if isinstance(layer, Attention):
            layer.__class__ = SiteAttention
    return {name: AttentionSite() for name in unet.attn_processors}


def attention_sites(unet: Any) -> dict[str, AttentionSite]:
    """Name of the attention layer → its site."""
    return dict(unet.attn_processors)


class PerFrameGroupNorm(nn.GroupNorm):
    """GroupNorm over each frame of [B, C, F, H, W] alone."""

    def forward(self, input: Tensor) -> Tensor:
        B, _, F, _, _ = input.shape
        frames = super().forward(input.transpose(1, 2).flatten(0, 1))
        return frames.unflatten(0, (B, F)).transpose(1, 2)


class SkippableMotion(AnimateDiffTransformer3D):
    """A motion module that passes its input on when the call asks for none (stage I).

    diffusers leaves most motion modules out of gradient checkpointing.
    """

    gradient_checkpointing = False  # set by diffusers, with the function that does it
    _gradient_checkpointing_func: Callable[..., Tensor]

    def forward(self, hidden_states: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if not current_call().motion:
            return hidden_states
        compute = partial(super().forward, **kwargs)
        if self.gradient_checkpointing and torch.is_grad_enabled():
            return self._gradient_checkpointing_func(compute, hidden_states, *args)
        return compute(hidden_states, *args)


def _add_after_conv_in(_: nn.Module, __: tuple, output: Tensor) -> Tensor | None:
    added = current_call().injection.added
    if added is None:
        return None
    frames = len(output) // len(added)
    return output + added.expand(-1, frames, -1, -1, -1).flatten(0, 1).to(output.dtype)


def motion_modules(unet: nn.Module) -> list[tuple[str, Any]]:
    """Names and motion modules in the order in which they run: down, middle, up."""
    pattern = re.compile(r"\.motion_modules\.\d+$")
    return _in_running_order(unet, lambda name: pattern.search(name) is not None)


def spatial_blocks(unet: nn.Module) -> list[tuple[str, Any]]:
    """Names and spatial transformer blocks in the order in which they run: down, middle, up."""
    pattern = re.compile(r"\.attentions\.\d+\.transformer_blocks\.\d+$")
    return _in_running_order(unet, lambda name: pattern.search(name) is not None)


def level_of(name: str, levels: int) -> int:
    """The level (0 = finest) at which a module of the U-Net works."""
    if name.startswith("mid_block"):
        return levels - 1
    index = int(name.split(".")[1])
    return index if name.startswith("down_blocks") else levels - 1 - index


def _in_running_order(unet: nn.Module, matches: Callable[[str], bool]) -> list[tuple[str, Any]]:
    order = ("down_blocks", "mid_block", "up_blocks")  # modules list the middle block last
    modules = [(name, module) for name, module in unet.named_modules() if matches(name)]
    return sorted(modules, key=lambda item: order.index(item[0].split(".")[0]))


def parameter_count(parameters: Iterable[nn.Parameter]) -> int:
    """How many numbers there are in an iterable of parameters."""
    return sum(p.numel() for p in parameters)


def motion_parameters(unet: nn.Module) -> list[nn.Parameter]:
    """The parameters of all motion modules."""
    return [p for _, motion in motion_modules(unet) for p in motion.parameters()]


def spatial_parameters(unet: nn.Module) -> list[nn.Parameter]:
    """All parameters but those of the motion modules: the 2-D U-Net."""
    motion = {id(p) for p in motion_parameters(unet)}
    return [p for p in unet.parameters() if id(p) not in motion]
