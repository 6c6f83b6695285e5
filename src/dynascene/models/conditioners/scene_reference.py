"""The scene picture through a ReferenceNet, read by the denoiser's spatial self-attention.

Legend: B clips, h w latent grid, N tokens, C channels.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.models.attention import attention_site
from dynascene.models.backbone import build_unet_2d, spatial_blocks
from dynascene.models.conditioners.base import Conditioner, SpatialUNet
from dynascene.models.conditioners.place_code import shared_places
from dynascene.models.conditioners.plucker_camera import CAMERA, input_convolution, shared_camera
from dynascene.models.injection import Injection, Reference
from dynascene.models.input_layout import INPAINTING, layout_width, with_latent_channels
from dynascene.models.latents import EncodedClip
from dynascene.models.readers.reference import ReferenceReader
from dynascene.models.sizes import ModelSize


class SceneReference(Conditioner):
    """ReferenceNet features of the scene, once per clip, at t = 0.

    The network is the inpainting U-Net again: its input is [scene latent | hole mask | scene
    latent]. What it hands over is the normalised input norm1(h) of each transformer block's
    self-attention. Unconditional value: no reference.

    gate: where the readers' gates start: 0 is silent, 1 the paper's reference attention.
    rays: ``shared``: the picture's rays go through the Camera Encoder of ``plucker_camera``, as the
        frames' do, and through a 1×1 convolution to this network's input features: so that queries
        and keys know by the same code where they look (ours). ``none`` is the paper's.
    places: the conditioner that tells which places of the picture the frames show. The picture's
        own places go through its code and a 1×1 convolution to this network's input features
        (ours). ``none`` is the paper's.
    """

    reads: tuple[str, ...] = ("scene", "scene_mask", "scene_tokens")
    per_clip = True

    def __init__(
        self,
        size: ModelSize,
        gate: float = 0.0,
        rays: Literal["none", "shared"] = "none",
        places: str = "none",
    ) -> None:
        super().__init__(size)
        if rays not in ("none", "shared"):
            raise InputError(f"scene_reference: rays {rays!r} is none of none, shared")
        for option, value in (("rays", rays), ("places", places)):
            if value != "none" and type(self).picture is not SceneReference.picture:
                raise InputError(
                    f"{type(self).__name__}: shared {option} are the scene picture's, and it "
                    f"refers to another picture; give it {option} none"
                )
        self.layout = with_latent_channels(INPAINTING, size.latent_channels)
        self.unet = build_unet_2d(size, size.reference_widths, layout_width(self.layout))
        _freeze_unread(self.unet)
        blocks = len(spatial_blocks(self.unet))
        self.gates = nn.Parameter(torch.full((blocks,), gate))
        self.projections = nn.ModuleList()
        self.ray_convolution = None
        if rays == "shared":
            self.uses = (CAMERA,)
            self.reads = self.reads_with(rays=rays)
            self.ray_convolution = input_convolution(
                size.camera_widths[0], size.reference_widths[0]
            )
        self.place_convolution: nn.Conv2d | None = None
        self.places_of = places
        if places != "none":
            self.uses = (*self.uses, places)
            self.place_convolution = input_convolution(size.widths[0], size.reference_widths[0])

    @classmethod
    def reads_with(cls, **options: Any) -> tuple[str, ...]:
        if options.get("rays") == "shared":
            return (*cls.reads, "scene_intrinsics", "has_camera")
        return cls.reads

    def connect(self, others: Mapping[str, Conditioner]) -> None:
        """Raises InputError where picture and frames would not share rays or places."""
        super().connect(others)
        if self.ray_convolution is not None:
            shared_camera(others, self.name)
        if self.place_convolution is not None:
            shared_places(others, self.places_of, self.name)

    def attach(self, unet: nn.Module) -> None:
        """Add the readers; widths that differ from the U-Net's get a linear layer."""
        pairs = zip(spatial_blocks(self.unet), spatial_blocks(unet), strict=True)
        for index, ((_, written), (_, read)) in enumerate(pairs):
            here, there = written.attn1.query_dim, read.attn1.query_dim
            self.projections.append(nn.Identity() if here == there else nn.Linear(here, there))
            attention_site(read.attn1).add(ReferenceReader(self.name, index))

    def zero_layers(self) -> list[nn.Linear | nn.Conv2d]:
        return [c for c in (self.ray_convolution, self.place_convolution) if c is not None]

    def spatial_unets(self) -> tuple[SpatialUNet, ...]:
        return (SpatialUNet(self.unet, self.layout),)

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        if bool(drop.all()):
            return Injection()
        features = zip(self.projections, self.features(clip), strict=True)
        blocks = tuple(projection(feature) for projection, feature in features)
        reference = Reference(blocks, present=~drop, everywhere=self._everywhere(drop))
        return Injection(reference={self.name: reference}, gates=self.reader_gates())

    def _everywhere(self, drop: Tensor) -> bool:
        """Whether every clip reads it and every gate is 1, and no gate learns here."""
        if self.gates.requires_grad and torch.is_grad_enabled():
            return False
        return not bool(drop.any() | (self.gates != 1).any())

    def picture(self, clip: EncodedClip) -> tuple[Tensor, Tensor, Tensor]:
        """What is referred to: latent [B, C, h, w], mask of its holes [B, 1, h, w], image tokens.

        A reference to another picture overrides this and ``reads``; it has no shared rays, which
        are those of the scene picture.
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
        positions = (self._ray_features(clip), self._place_features(clip))
        hooks += [
            self.unet.conv_in.register_forward_hook(partial(_sum, added))
            for added in positions
            if added is not None
        ]
        try:
            self.unet(sample, 0, tokens.to(dtype))
        finally:
            for hook in hooks:
                hook.remove()
        return written

    def _ray_features(self, clip: EncodedClip) -> Tensor | None:
        """What the picture's rays add after the first convolution, [B, C, h, w]."""
        if self.ray_convolution is None:
            return None
        camera = shared_camera(self.others, self.name)
        finest = camera.picture_features(clip, clip.has_camera)[0][:, 0]
        return self.ray_convolution(finest).to(self.unet.dtype)

    def _place_features(self, clip: EncodedClip) -> Tensor | None:
        """What the picture's places add after the first convolution, [1, C, h, w]."""
        if self.place_convolution is None:
            return None
        code = shared_places(self.others, self.places_of, self.name)
        features = code.of_picture(clip.scene)
        return self.place_convolution(features).to(self.unet.dtype)


def _sum(added: Tensor, module: nn.Module, inputs: Any, output: Tensor) -> Tensor:
    return output + added


def _freeze_unread(unet: Any) -> None:
    """What lies behind the last norm1 is never read, so it gets no gradient."""
    last = spatial_blocks(unet)[-1][1]
    attention = unet.up_blocks[-1].attentions[-1]
    behind = [last.attn1, last.norm2, last.attn2, last.norm3, last.ff, attention.proj_out]
    for module in [*behind, unet.conv_norm_out, unet.conv_out]:
        module.requires_grad_(False)
