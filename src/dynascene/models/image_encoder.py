"""Image features as cross-attention tokens: CLIP at size sd15, a small network at size small."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Protocol

import torch
import torch.nn.functional as nnf
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

from dynascene.errors import InputError

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


class SmallImageEncoder(ModelMixin, ConfigMixin):
    """A picture → a coarse grid of tokens; trained together with the small denoiser.

    width: token width D. grid: rows and columns of tokens.
    """

    @register_to_config
    def __init__(self, width: int = 128, grid: tuple[int, int] = (2, 4)) -> None:
        super().__init__()
        channels = (3, width // 8, width // 4, width // 2, width)
        layers: list[nn.Module] = []
        for c_in, c_out in pairwise(channels):
            layers += [nn.Conv2d(c_in, c_out, 3, stride=2, padding=1), nn.SiLU()]
        self.layers = nn.Sequential(*layers, nn.Conv2d(width, width, 3, padding=1), nn.SiLU())
        self.pool = nn.AdaptiveAvgPool2d(tuple(grid))
        self.norm = nn.LayerNorm(width)

    def forward(self, images: Tensor) -> Tensor:
        """[B, 3, 72, 128] in −1 … 1 → [B, N, D]."""
        features = self.pool(self.layers(images.to(self.dtype)))
        return self.norm(features.flatten(2).transpose(1, 2))


SMALL_INPUT = (72, 128)


class ImageEncoder(Protocol):
    """A picture as cross-attention tokens, as the rest of the package asks for it."""

    def tokens(self, images: Tensor) -> Tensor:
        """[B, 3, H, W] in −1 … 1 → [B, N, D] float32."""
        ...


class SmallAdapter:
    """Ours at size small, trained with the denoiser."""

    def __init__(self, network: Any) -> None:
        self.network = network

    def tokens(self, images: Tensor) -> Tensor:
        return self.network(_resize(images, SMALL_INPUT)).float()


class ClipAdapter:
    """CLIP, never trained: one token, its projected image embedding."""

    def __init__(self, network: Any) -> None:
        self.network = network

    def tokens(self, images: Tensor) -> Tensor:
        side = self.network.config.image_size
        mean, std = (images.new_tensor(v)[:, None, None] for v in (CLIP_MEAN, CLIP_STD))
        pixels = (_resize(images, (side, side)) / 2 + 0.5 - mean) / std
        with torch.no_grad():
            return self.network(pixels.to(self.network.dtype)).image_embeds[:, None].float()


ADAPTERS: dict[str, Callable[[nn.Module], ImageEncoder]] = {
    "SmallImageEncoder": SmallAdapter,
    "CLIPVisionModelWithProjection": ClipAdapter,
}
"""By the class's name, so that transformers is imported only where CLIP is used."""


def image_encoder_of(network: nn.Module) -> ImageEncoder:
    """The adapter of a network.

    Raises:
        InputError: there is none for its class.
    """
    for kind in type(network).__mro__:
        if kind.__name__ in ADAPTERS:
            return ADAPTERS[kind.__name__](network)
    names = ", ".join(ADAPTERS)
    raise InputError(f"{type(network).__name__}: is no known image encoder; known are {names}")


def image_tokens(encoder: nn.Module, images: Tensor) -> Tensor:
    """[B, 3, H, W] in −1 … 1 → tokens [B, N, D] float32.

    The picture is resized as it comes, not cropped again: a place reaches to its borders.
    """
    return image_encoder_of(encoder).tokens(images)


def encoder_input(images: Tensor) -> Tensor:
    """[B, 3, H, W] → [B, 3, 72, 128]: all that a ``SmallImageEncoder`` sees of a picture."""
    return nnf.interpolate(images, SMALL_INPUT, mode="bicubic", antialias=True)


def _resize(images: Tensor, size: tuple[int, int]) -> Tensor:
    resized = nnf.interpolate(images.float(), size, mode="bicubic", antialias=True)
    return resized.clamp(-1, 1)
