import copy

import pytest
import torch
from torch import nn

from dynascene.errors import InputError
from dynascene.models import autoencoders
from dynascene.models.autoencoders import SpaceToDepth, autoencoder_of, same_encoder
from dynascene.models.image_encoder import image_encoder_of
from dynascene.models.latents import decode_latents, encode_images, latent_stride
from dynascene.models.small import small_autoencoder


class Shrinking(nn.Module):
    """An autoencoder of another library: cells of two pixels, colours as channels."""

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return nn.functional.avg_pool2d(images, 2)


class ShrinkingAdapter:
    stride, scale, shift, dtype = 2, 0.5, 0.25, torch.float32

    def __init__(self, network: Shrinking) -> None:
        self.network = network

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return self.network.encode(images)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return nn.functional.interpolate(latents, scale_factor=2.0)


def test_another_library_takes_one_adapter(monkeypatch) -> None:
    monkeypatch.setitem(autoencoders.ADAPTERS, Shrinking, ShrinkingAdapter)
    network, images = Shrinking(), torch.rand(3, 3, 3, 4, 6).repeat_interleave(2, -1) * 2 - 1
    images = images.repeat_interleave(2, -2)
    latents = encode_images(network, images)
    assert latent_stride(network) == 2
    torch.testing.assert_close(latents, (images[..., ::2, ::2] - 0.25) * 0.5)
    torch.testing.assert_close(decode_latents(network, latents), images)


def test_what_is_no_component_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="Linear: is no known autoencoder"):
        autoencoder_of(nn.Linear(3, 3))
    with pytest.raises(InputError, match="Linear: is no known image encoder"):
        image_encoder_of(nn.Linear(3, 3))


def test_the_same_latents_come_from_the_same_encoder_at_the_same_stride() -> None:
    network = small_autoencoder(8)
    other_decoder, other_encoder = copy.deepcopy(network), copy.deepcopy(network)
    with torch.no_grad():
        other_decoder.decoder.layers[-1].bias += 1
        other_encoder.encoder.layers[0].bias += 1
    assert same_encoder(network, other_decoder)
    assert not same_encoder(network, other_encoder)
    assert not same_encoder(network, SpaceToDepth(block=8))
    assert same_encoder(SpaceToDepth(block=2), SpaceToDepth(block=2))
    assert not same_encoder(SpaceToDepth(block=2), SpaceToDepth(block=4))


@pytest.mark.parametrize("block", [0, -1])
def test_squares_have_pixels(block: int) -> None:
    with pytest.raises(InputError, match=f"block is {block}, expected 1 or more"):
        SpaceToDepth(block)
