"""Autoencoders of several libraries behind one protocol; a further one is one adapter here.

Legend: B pictures, H W pixels, C latent channels, h w latent grid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.modeling_utils import ModelMixin
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

    @property
    def encoder(self) -> nn.Module:
        """The half that makes latents: its weights decide what a latent means."""
        ...

    @property
    def decoder(self) -> nn.Module:
        """The half that makes pixels."""
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

    @property
    def encoder(self) -> nn.Module:
        return self.network.encoder

    @property
    def decoder(self) -> nn.Module:
        return self.network.decoder

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


class SpaceToDepth(ModelMixin, ConfigMixin):
    """Latents that are the pixels themselves, each square of them folded into channels.

    It has no weights, loses nothing and costs nothing: what a denoiser makes of it is its own.

    Args:
        block: pixels of a square's side; 3·block² latent channels.
        scaling_factor, shift_factor: bring latents to unit variance; measured on rendered shots.

    Raises:
        InputError: a square has no pixel.
    """

    @register_to_config
    def __init__(
        self, block: int = 2, scaling_factor: float = 1.8, shift_factor: float = 0.0
    ) -> None:
        super().__init__()
        if block < 1:
            raise InputError(f"SpaceToDepth: block is {block}, expected 1 or more pixels")
        # no weight: by its place diffusers tells on which device a network works
        self.register_buffer("place", torch.zeros(()), persistent=False)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, **kwargs: Any) -> Any:
        """As in diffusers, from the description alone: there is no file of weights."""
        places = ("subfolder", "cache_dir", "local_files_only", "token", "revision")
        locations = {name: kwargs[name] for name in places if name in kwargs}
        config: Any = cls.load_config(pretrained_model_name_or_path, **locations)
        network: Any = cls.from_config(config)
        return network.eval()

    @property
    def dtype(self) -> torch.dtype:
        """Folding calculates nothing, so it keeps the precision of pixels."""
        return torch.float32


class FoldedPixels:
    """``SpaceToDepth``: ours at size micro."""

    def __init__(self, network: Any) -> None:
        self.network = network

    @property
    def stride(self) -> int:
        return self.network.config.block

    @property
    def scale(self) -> float:
        return self.network.config.scaling_factor

    @property
    def shift(self) -> float:
        return self.network.config.shift_factor

    @property
    def dtype(self) -> torch.dtype:
        return self.network.dtype

    @property
    def encoder(self) -> nn.Module:
        return nn.PixelUnshuffle(self.stride)

    @property
    def decoder(self) -> nn.Module:
        return nn.PixelShuffle(self.stride)

    def encode(self, images: Tensor) -> Tensor:
        return self.encoder(images)

    def decode(self, latents: Tensor) -> Tensor:
        return self.decoder(latents)


ADAPTERS: dict[type, Callable[[nn.Module], Autoencoder]] = {
    AutoencoderKL: KLAutoencoder,
    AutoencoderTiny: TinyAutoencoder,
    SpaceToDepth: FoldedPixels,
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


def channels_last(network: nn.Module) -> nn.Module:
    """Lay out an autoencoder's convolutions so that they take half the time on CPUs; in place."""
    return network.to(memory_format=torch.channels_last)  # ty: ignore[no-matching-overload]


def same_encoder(network: nn.Module, other: nn.Module) -> bool:
    """Whether two autoencoders make the same latents, whatever their decoders are."""
    ours, theirs = autoencoder_of(network), autoencoder_of(other)
    weights, others = ours.encoder.state_dict(), theirs.encoder.state_dict()
    return (
        ours.stride == theirs.stride
        and weights.keys() == others.keys()
        and all(others[name].equal(weights[name]) for name in weights)
    )
