"""The camera track: Plücker rays → Camera Encoder → Camera Adaptors in the motion modules.

Legend: B clips, F frames, C channels, H W pixels, h w latent grid.
"""

from typing import Any, Literal, get_args

import torch
from diffusers.models.attention import BasicTransformerBlock
from diffusers.models.resnet import ResnetBlock2D
from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.geometry.plucker import plucker_embedding
from dynascene.geometry.rigid import invert_rigid, relative_to_first
from dynascene.models.attention import AttentionSite, attention_site
from dynascene.models.backbone import MAX_FRAMES, level_of, motion_modules
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.injection import Injection
from dynascene.models.latents import EncodedClip
from dynascene.models.readers.camera import CameraReader, StreamAdaptor
from dynascene.models.sizes import ModelSize
from dynascene.types import Size

PLUCKER_CHANNELS = 6
RaysFrom = Literal["first_frame", "scene_camera"]


class PluckerCamera(Conditioner):
    """Camera features per level, merged into each motion module by two linear layers.

    Its length unit is the track unit already. Unconditional value, and that of clips without a
    camera: a learnt feature per level (the null camera).

    stride: pixels per latent cell; None = the size's.
    rays_from: where rays have their origin. ``first_frame``: the clip's, or window's, own first
        frame. ``scene_camera``: the camera of the scene picture, so that rays say where in the
        picture to look, the same in every window of a long clip (ours).
    at_input: the finest features also go through a 1×1 convolution to the U-Net's input (ours).
    on_stream: further adaptors change the residual stream of the motion modules (ours).
    octaves: the encoder also reads sin and cos of 2, 4, … 2ⁿ times the rays (ours).
    """

    reads: tuple[str, ...] = ("cam_from_world", "intrinsics", "has_camera")

    def __init__(
        self,
        size: ModelSize,
        stride: int | None = None,
        rays_from: RaysFrom = "first_frame",
        at_input: bool = False,
        on_stream: bool = False,
        octaves: int = 0,
    ) -> None:
        super().__init__(size)
        if rays_from not in get_args(RaysFrom):
            choices = ", ".join(get_args(RaysFrom))
            raise InputError(f"plucker_camera: rays_from {rays_from!r} is none of {choices}")
        self.rays_from, self.octaves, self.on_stream = rays_from, octaves, on_stream
        if rays_from == "scene_camera":
            self.reads = (*self.reads, "scene_cam_from_world", "scene_intrinsics")
        channels = PLUCKER_CHANNELS * (1 + 2 * octaves)
        self.encoder = CameraEncoder(size, stride or size.latent_stride, channels)
        self.null = nn.ParameterList([nn.Parameter(torch.zeros(c)) for c in size.camera_widths])
        self.adaptors = nn.ModuleList()
        self.stream_adaptors = nn.ModuleList()
        self.to_input = (
            input_convolution(size.camera_widths[0], size.widths[0]) if at_input else None
        )

    def attach(self, unet: nn.Module) -> None:
        """A Camera Adaptor for the first temporal self-attention of every motion module."""
        widths = self.encoder.widths
        for name, motion in motion_modules(unet):
            level = level_of(name, len(widths))
            adaptor = camera_adaptor(motion.in_channels, widths[level])
            self.adaptors.append(adaptor)
            block = motion.transformer_blocks[0]
            attention_site(block.attn1).add(CameraReader(level, adaptor))
            if self.on_stream:
                stream = camera_adaptor(motion.in_channels, widths[level])
                self.stream_adaptors.append(stream)
                StreamAdaptor(level, stream).attach(block)

    def zero_layers(self) -> list[nn.Linear | nn.Conv2d]:
        adaptors = [*self.adaptors, *self.stream_adaptors]
        layers = [adaptor[-1] for adaptor in adaptors if isinstance(adaptor, nn.Sequential)]
        if self.to_input is not None:
            layers.append(self.to_input)
        return [layer for layer in layers if isinstance(layer, nn.Linear | nn.Conv2d)]

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        has_camera = clip.has_camera & ~drop
        levels = self.features(self._track(clip), clip.intrinsics, clip.size, has_camera)
        added = None
        if self.to_input is not None:
            finest = levels[0]
            added = self.to_input(finest.flatten(0, 1)).unflatten(0, finest.shape[:2])
        return Injection(camera=tuple(levels), added=added)

    def picture_features(self, clip: EncodedClip, has_camera: Tensor) -> list[Tensor]:
        """The scene picture's own rays through the same encoder: [B, 1, C, h, w] per level.

        Args:
            has_camera: [B] bool; False gives the null camera.
        """
        (intrinsics,) = clip.require(["scene_intrinsics"], "the scene picture's rays")
        pose = torch.eye(4, device=intrinsics.device, dtype=intrinsics.dtype)
        pose = pose.expand(len(intrinsics), 1, 4, 4)
        return self.features(pose, intrinsics[:, None], clip.size, has_camera)

    def features(
        self, cam_from_origin: Tensor, intrinsics: Tensor, size: Size, has_camera: Tensor
    ) -> list[Tensor]:
        """Camera features [B, F, C, h, w] per level.

        Args:
            cam_from_origin: [B, F, 4, 4], relative to the rays' origin.
            intrinsics: [B, F, 3, 3], in pixels of ``size``.
            size: of the frames.
            has_camera: [B] bool; False gives the null camera.
        """
        with torch.autocast(
            has_camera.device.type, enabled=False
        ):  # three digits are too few for rays
            rays = plucker_embedding(cam_from_origin.float(), intrinsics.float(), size)
            rays = with_octaves(rays, self.octaves)
        has_camera = has_camera[:, None, None, None, None]
        # unknown cameras may hold anything, not-a-number included: it must not reach the sum
        rays = torch.where(has_camera, rays, 0)
        return [
            torch.where(has_camera, features, null[:, None, None].to(features.dtype))
            for features, null in zip(self.encoder(rays), self.null, strict=True)
        ]

    def _track(self, clip: EncodedClip) -> Tensor:
        """The cameras relative to the rays' origin, [B, F, 4, 4]."""
        with torch.autocast(clip.cam_from_world.device.type, enabled=False):
            if self.rays_from == "first_frame":
                return relative_to_first(clip.cam_from_world)
            (scene,) = clip.require(["scene_cam_from_world"], f"conditioner {self.name}")
            return clip.cam_from_world @ invert_rigid(scene)[:, None]


class CameraEncoder(nn.Module):
    """[B, F, channels, H, W] → one feature map per U-Net level, [B, F, C, h, w], then h/2, w/2, …

    The rays are unshuffled to the latent grid. Each level is one block: a ResNet block per frame,
    then self-attention over time per pixel.
    """

    def __init__(self, size: ModelSize, stride: int, channels: int = PLUCKER_CHANNELS) -> None:
        super().__init__()
        self.widths = size.camera_widths
        self.unshuffle = nn.PixelUnshuffle(stride)
        self.conv_in = nn.Conv2d(channels * stride**2, self.widths[0], 3, padding=1)
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


def input_convolution(width: int, target: int) -> nn.Conv2d:
    """A 1×1 convolution that starts at zero (silent)."""
    convolution = nn.Conv2d(width, target, 1)
    nn.init.zeros_(convolution.weight)
    bias: Any = convolution.bias  # typed as optional
    nn.init.zeros_(bias)
    return convolution


def with_octaves(rays: Tensor, octaves: int) -> Tensor:
    """[..., C, H, W] → [..., C · (1 + 2n), H, W]: rays r, then sin 2ᵏr and cos 2ᵏr, k = 1 … n."""
    if not octaves:
        return rays
    waves = [
        wave for k in range(1, octaves + 1) for wave in ((2**k * rays).sin(), (2**k * rays).cos())
    ]
    return torch.cat([rays, *waves], dim=-3)
