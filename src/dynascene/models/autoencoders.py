"""Autoencoders of several libraries behind one protocol; a further one is one adapter here.

Legend: B pictures, H W pixels, C latent channels, h w latent grid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from torch import Tensor, nn

from dynascene.errors import InputError


class Autoencoder(Protocol):
    """Pixels to latents and back, as the rest of the package asks for it."""

    @property
    def stride(self) -> int:
        """Pixels per latent cell."""
        ...

    @property
    def scale(self) -> float:
        """(latent − shift) · scale has unit variance."""
        ...

    @property
    def shift(self) -> float:
        """The mean of a latent."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """What the network calculates in."""
        ...

    def encode(self, images: Tensor) -> Tensor:
        """[B, 3, H, W] in −1 … 1 → [B, C, h, w], not scaled: the mode, nothing is drawn."""
        ...

    def decode(self, latents: Tensor) -> Tensor:
        """[B, C, h, w], not scaled → [B, 3, H, W], about −1 … 1."""
        ...


class KLAutoencoder:
    """diffusers' ``AutoencoderKL``: Stable Diffusion's."""

    def __init__(self, network: Any) -> None:
        self.network = network

    @property
    def stride(self) -> int:
        return 2 ** (len(self.network.config.block_out_channels) - 1)

    @property
    def scale(self) -> float:
        return self.network.config.scaling_factor

    @property
    def shift(self) -> float:
        return self.network.config.shift_factor or 0.0

    @property
    def dtype(self) -> torch.dtype:
        return self.network.dtype

    def encode(self, images: Tensor) -> Tensor:
        return self.network.encode(images).latent_dist.mode()

    def decode(self, latents: Tensor) -> Tensor:
        return self.network.decode(latents).sample


class TinyAutoencoder(KLAutoencoder):
    """diffusers' ``AutoencoderTiny``: deterministic, ours at size small."""

    @property
    def stride(self) -> int:
        return 2 ** (len(self.network.config.encoder_block_out_channels) - 1)

    def encode(self, images: Tensor) -> Tensor:
        return self.network.encode(images).latents


ADAPTERS: dict[type, Callable[[nn.Module], Autoencoder]] = {
    AutoencoderKL: KLAutoencoder,
    AutoencoderTiny: TinyAutoencoder,
}


def autoencoder_of(network: nn.Module) -> Autoencoder:
    """The adapter of a network.

    Raises:
        InputError: there is none for its class.
    """
    for kind in type(network).__mro__:
        if kind in ADAPTERS:
            return ADAPTERS[kind](network)
    names = ", ".join(kind.__name__ for kind in ADAPTERS)
    raise InputError(f"{type(network).__name__}: is no known autoencoder; known are {names}")
