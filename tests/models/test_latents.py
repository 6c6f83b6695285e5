import pytest
import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from dynascene.errors import InputError
from dynascene.models.image_encoder import CLIP_MEAN, CLIP_STD, SmallImageEncoder, image_tokens
from dynascene.models.latents import (
    decode_latents,
    encode_clip,
    encode_images,
    latent_stride,
    to_grid,
)
from dynascene.models.small import small_autoencoder
from dynascene.types import Batch


def tiny_kl(scaling_factor: float = 0.18215) -> AutoencoderKL:
    torch.manual_seed(0)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4, 4, 4, 4),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=2,
        scaling_factor=scaling_factor,
    ).eval()


@pytest.mark.parametrize("make", [tiny_kl, lambda: small_autoencoder(8).eval()])
def test_latents_have_an_eighth_of_the_size_and_come_back(make) -> None:
    vae = make()
    images = torch.rand(3, 3, 3, 40, 56) * 2 - 1
    latents = encode_images(vae, images)
    assert latent_stride(vae) == 8
    assert latents.shape == (3, 3, 4, 5, 7)
    decoded = decode_latents(vae, latents)
    assert decoded.shape == images.shape
    assert decoded.abs().max() <= 1
    # frames are encoded apart from each other, in whatever portions
    torch.testing.assert_close(encode_images(vae, images[1, 2]), latents[1, 2])


def test_each_autoencoder_has_its_own_scale() -> None:
    images = torch.rand(1, 3, 16, 16) * 2 - 1
    one, two = (encode_images(tiny_kl(scale), images) for scale in (0.5, 2.0))
    torch.testing.assert_close(two, 4 * one)
    vae = small_autoencoder(8).eval()
    plain = encode_images(vae, images)
    vae.register_to_config(scaling_factor=3.0, shift_factor=0.25)
    torch.testing.assert_close(encode_images(vae, images), (plain - 0.25) * 3)
    torch.testing.assert_close(
        decode_latents(vae, (plain - 0.25) * 3), vae.decode(plain).sample.clamp(-1, 1)
    )


def test_a_size_that_does_not_fit_the_grid_is_refused() -> None:
    with pytest.raises(InputError, match="60x40: width and height must be multiples of 8"):
        encode_images(small_autoencoder(8), torch.zeros(1, 3, 40, 60))


def test_masks_are_the_mean_of_each_cell() -> None:
    mask = torch.zeros(1, 3, 1, 16, 16)
    mask[..., :4, :8] = 1
    grid = to_grid(mask, 8)
    assert grid.shape == (1, 3, 1, 2, 2)
    assert grid[0, 0, 0].tolist() == [[0.5, 0], [0, 0]]


def test_the_mask_of_an_encoded_clip_is_one_where_to_generate(make_batch, make_pipeline, build):
    pipeline, batch = make_pipeline(build()), make_batch()
    person = {**vars(batch), "matte": torch.zeros_like(batch.matte)}
    person["matte"][..., :8] = 1
    clip = encode_clip(Batch(**person), pipeline.vae, pipeline.image_encoder)
    assert clip.generate_mask[..., 0].eq(0).all()
    assert clip.generate_mask[..., 1:].eq(1).all()
    assert clip.has_camera.all()


def test_windows_of_a_clip_share_the_scene(make_clip) -> None:
    clip = make_clip(F=5)
    window = clip.window(1, 4)
    assert window.frames == 3
    assert torch.equal(window.foreground, clip.foreground[:, 1:4])
    assert torch.equal(window.guide, clip.guide[:, 1:4])
    assert window.scene is clip.scene


def test_clip_sees_the_whole_normalised_picture() -> None:
    config = CLIPVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        image_size=28, patch_size=14, projection_dim=12,
    )  # fmt: skip
    torch.manual_seed(0)
    encoder = CLIPVisionModelWithProjection(config).eval()
    grey = torch.zeros(3, 3, 40, 56)
    tokens = image_tokens(encoder, grey)
    mean, std = torch.tensor(CLIP_MEAN), torch.tensor(CLIP_STD)
    pixels = ((0.5 - mean) / std)[:, None, None].expand(3, -1, 28, 28)
    assert tokens.shape == (3, 1, 12)
    torch.testing.assert_close(tokens[:, 0], encoder(pixels).image_embeds)
    corner = grey.clone()
    corner[..., :4, :4] = 1  # a centre crop would not see it
    assert (image_tokens(encoder, corner) - tokens).abs().max() > 1e-5


def test_the_small_encoder_learns_and_gives_a_grid_of_tokens() -> None:
    encoder = SmallImageEncoder(16, (2, 4))
    tokens = image_tokens(encoder, torch.rand(3, 3, 40, 56) * 2 - 1)
    assert tokens.shape == (3, 8, 16)
    tokens.square().sum().backward()
    assert all(p.grad is not None for p in encoder.parameters())


def test_tiny_autoencoder_is_deterministic() -> None:
    assert isinstance(small_autoencoder(), AutoencoderTiny)
    images = torch.rand(2, 3, 16, 24)
    vae = small_autoencoder(8)
    assert torch.equal(encode_images(vae, images), encode_images(vae, images))


def test_without_a_scene_camera_none_is_made_up(make_batch, build, make_pipeline) -> None:
    pipeline = make_pipeline(build())
    clip = encode_clip(make_batch(F=3), pipeline.vae, pipeline.image_encoder)
    assert clip.scene_cam_from_world is None
    assert clip.scene_intrinsics is None
