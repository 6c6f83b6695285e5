"""The camera track: Plücker rays → Camera Encoder → merged into the motion modules.

Legend: B clips, F frames, C channels, H W pixels, h w latent grid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

import torch
from diffusers.models.modeling_utils import get_parameter_dtype
from diffusers.models.resnet import ResnetBlock2D
from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.geometry.plucker import plucker_embedding
from dynascene.models.attention import attention_site
from dynascene.models.backbone import level_of, motion_modules
from dynascene.models.call import CheckpointedBlock
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.conditioners.camera_origin import CameraOrigin, relative_cameras
from dynascene.models.injection import Injection
from dynascene.models.latents import EncodedClip
from dynascene.models.pose_encoder import PoseEncoder
from dynascene.models.readers.camera import AddedCameraReader, CameraReader, StreamAdaptor
from dynascene.models.sizes import ModelSize
from dynascene.models.time_attention import attend_over_time, time_attention
from dynascene.types import Size

PLUCKER_CHANNELS = 6
CAMERA = "plucker_camera"  # its name as a conditioner
Encoder = Literal["camera_encoder", "pose_encoder"]
Merge = Literal["concatenated", "added", "none"]


class PluckerCamera(Conditioner):
    """Camera features per level, merged into each motion module; DynaScene's by two linear layers.

    Its length unit is the track unit already. Unconditional value, and that of clips without a
    camera: a learnt feature per level (the null camera).

    stride: pixels per latent cell; None = the size's.
    rays_from: where rays have their origin. ``first_frame``: the clip's, or window's, own first
        frame. ``scene_camera``: the camera of the scene picture, so that rays say where in the
        picture to look, the same in every window of a long clip (ours).
    at_input: the finest features also go through a 1×1 convolution to the U-Net's input (ours).
    on_stream: further adaptors change the residual stream of the motion modules (ours).
    octaves: the encoder also reads sin and cos of 2, 4, … 2ⁿ times the rays (ours).
    encoder: ``camera_encoder``: DynaScene's. ``pose_encoder``: CameraCtrl's.
    merge: into the first temporal self-attention of the motion modules. ``concatenated``:
        DynaScene's Camera Adaptor in all of them. ``added``: CameraCtrl's, in all but the middle
        block's, with camera features as wide as the U-Net's. ``none``: the features go to other
        doors alone (``at_input``).
    """

    reads: tuple[str, ...] = ("cam_from_world", "intrinsics", "has_camera")

    def __init__(
        self,
        size: ModelSize,
        stride: int | None = None,
        rays_from: CameraOrigin = "first_frame",
        at_input: bool = False,
        on_stream: bool = False,
        octaves: int = 0,
        encoder: Encoder = "camera_encoder",
        merge: Merge = "concatenated",
    ) -> None:
        super().__init__(size)
        for option, value, choices in (
            ("rays_from", rays_from, get_args(CameraOrigin)),
            ("encoder", encoder, get_args(Encoder)),
            ("merge", merge, get_args(Merge)),
        ):
            if value not in choices:
                raise InputError(f"plucker_camera: {option} {value!r} is none of "
                                 f"{', '.join(choices)}")  # fmt: skip
        self.rays_from: CameraOrigin = rays_from
        self.octaves, self.on_stream, self.merge = octaves, on_stream, merge
        self.reads = self.reads_with(rays_from=rays_from)
        widths = size.widths if merge == "added" else size.camera_widths
        channels = PLUCKER_CHANNELS * (1 + 2 * octaves)
        stride = stride or size.latent_stride
        self.encoder = (
            CameraEncoder(replace(size, camera_widths=widths), stride, channels)
            if encoder == "camera_encoder"
            else PoseEncoder(widths, size.heads, stride, channels)
        )
        self.null = NullCamera(nn.Parameter(torch.zeros(c)) for c in widths)
        self.adaptors = nn.ModuleList()
        self.stream_adaptors = nn.ModuleList()
        self.to_input = input_convolution(widths[0], size.widths[0]) if at_input else None

    @classmethod
    def reads_with(cls, **options: Any) -> tuple[str, ...]:
        if options.get("rays_from") == "scene_camera":
            return (*cls.reads, "scene_cam_from_world", "scene_intrinsics")
        return cls.reads

    def attach(self, unet: nn.Module) -> None:
        """What merges the features into the motion modules, a reader for each."""
        widths = self.encoder.widths
        for name, motion in motion_modules(unet):
            level = level_of(name, len(widths))
            block = motion.transformer_blocks[0]
            self._attach_merge(block.attn1, name, level, motion.in_channels)
            if self.on_stream:
                stream = camera_adaptor(motion.in_channels, widths[level])
                self.stream_adaptors.append(stream)
                StreamAdaptor(level, stream).attach(block)

    def _attach_merge(self, attention: nn.Module, name: str, level: int, width: int) -> None:
        site = attention_site(attention)
        if self.merge == "concatenated":
            adaptor = camera_adaptor(width, self.encoder.widths[level])
            site.add(CameraReader(level, adaptor))
            self.adaptors.append(adaptor)
        elif self.merge == "added" and not name.startswith("mid_block"):
            merge = zero_linear(width)
            site.add(AddedCameraReader(level, merge))
            self.adaptors.append(merge)

    def zero_layers(self) -> list[nn.Linear | nn.Conv2d]:
        adaptors = [*self.adaptors, *self.stream_adaptors]
        layers = [a[-1] if isinstance(a, nn.Sequential) else a for a in adaptors]
        if self.to_input is not None:
            layers.append(self.to_input)
        return [layer for layer in layers if isinstance(layer, nn.Linear | nn.Conv2d)]

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        has_camera = clip.has_camera & ~drop
        cameras = relative_cameras(clip, self.rays_from, f"conditioner {self.name}")
        levels = self.features(cameras, clip.intrinsics, clip.size, has_camera)
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
        return self.null(self.encoder(rays), has_camera)


class NullCamera(nn.ParameterList):
    """The learnt feature of each level that stands for no camera.

    A module that is called, as other conditioners ask for camera features outside of ``forward`` of
    the one that owns them: offloading has parameters in place only while their module runs.
    """

    __call__ = nn.Module.__call__

    def forward(self, levels: Sequence[Tensor], has_camera: Tensor) -> list[Tensor]:
        """Features [B, F, C, h, w] per level, the null camera where has_camera [B, 1, 1, 1, 1] is
        False.
        """
        return [
            torch.where(has_camera, features, null[:, None, None].to(features.dtype))
            for features, null in zip(levels, self, strict=True)
        ]


def shared_camera(others: Mapping[str, Conditioner], reader: str) -> PluckerCamera:
    """The conditioner through whose encoder another one sends the scene picture's rays.

    Args:
        others: that ``reader`` uses.
        reader: its name, for the message.

    Raises:
        InputError: the two kinds of rays would not have one origin.
    """
    camera = others[CAMERA]
    if not isinstance(camera, PluckerCamera) or camera.rays_from != "scene_camera":
        raise InputError(
            f"conditioner {reader}: its rays are relative to the scene picture's camera; "
            f"give {CAMERA} the option rays_from scene_camera"
        )
    return camera


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
        hidden = self.conv_in(self.unshuffle(rays.flatten(0, 1)).to(get_parameter_dtype(self)))
        levels = []
        for block in self.blocks:
            hidden = block(hidden, F)
            levels.append(hidden.unflatten(0, (B, F)))
        return levels


class CameraBlock(CheckpointedBlock):
    """ResNet block, then temporal attention; [B·F, C_in, h, w] → [B·F, C_out, h, w]."""

    def __init__(self, c_in: int, c_out: int, size: ModelSize, *, downsample: bool) -> None:
        super().__init__()
        # the same rounding as the U-Net's: an odd grid keeps its last row
        self.downsample = nn.Conv2d(c_in, c_in, 3, stride=2, padding=1) if downsample else None
        no_time: Any = None  # typed as int, but None is what leaves the time embedding out
        self.resnet = ResnetBlock2D(
            in_channels=c_in, out_channels=c_out, temb_channels=no_time, groups=size.groups
        )
        self.attention = time_attention(c_out, size.heads)

    def compute(self, hidden: Tensor, frames: int) -> Tensor:
        if self.downsample is not None:
            hidden = self.downsample(hidden)
        return attend_over_time(self.attention, self.resnet(hidden, None), frames)


def camera_adaptor(width: int, camera_width: int) -> nn.Sequential:
    """[z ; camera] → a change of z, by two linear layers; the second starts at zero (silent)."""
    last = zero_linear(width)
    return nn.Sequential(nn.Linear(width + camera_width, width), nn.SiLU(), last)


def zero_linear(width: int) -> nn.Linear:
    """A linear layer that starts at zero (silent)."""
    layer = nn.Linear(width, width)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


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
