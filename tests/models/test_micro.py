"""Size micro: latents that are the pixels, folded; another number of latent channels."""

from dataclasses import replace

import pytest
import torch

from dynascene.errors import InputError
from dynascene.generation.weights import load_weights
from dynascene.models.autoencoders import SpaceToDepth
from dynascene.models.backbone import parameter_count
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.input_layout import (
    GENERATE_MASK,
    INPAINTING,
    describe_layout,
    with_latent_channels,
)
from dynascene.models.latents import decode_latents, encode_images, latent_stride
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.models.pretrained import load_pipeline
from dynascene.models.sizes import MICRO, SD15, SMALL, at_resolution, size_from_dict, size_to_dict
from dynascene.models.systems import SYSTEMS
from dynascene.types import Batch, Size

F, H, W = 3, 12, 24


@pytest.fixture(scope="module")
def pipeline() -> DynaScenePipeline:
    torch.manual_seed(0)
    denoiser = SYSTEMS["dynascene"].denoiser(MICRO).eval()
    encoder = SmallImageEncoder(MICRO.token_width).eval()
    made = DynaScenePipeline(SpaceToDepth(), encoder, denoiser, ddim_scheduler(), 2, 1.0)
    made.set_progress_bar_config(disable=True)
    return made


@pytest.fixture
def clip() -> Batch:
    torch.manual_seed(1)
    matte = torch.zeros(1, F, 1, H, W)
    matte[..., 4:9, 8:12] = 1
    intrinsics = torch.tensor([[20.0, 0, W / 2], [0, 20.0, H / 2], [0, 0, 1]])
    return Batch(
        matte=matte,
        foreground=(torch.rand(1, F, 3, H, W) * 2 - 1) * matte,
        scene_image=torch.rand(1, 3, H, W) * 2 - 1,
        scene_visibility=torch.ones(1, 1, H, W),
        cam_from_world=torch.eye(4).expand(1, F, 4, 4),
        intrinsics=intrinsics.expand(1, F, 3, 3),
    )


def test_folded_pixels_come_back_and_fill_the_cells_in_order() -> None:
    vae = SpaceToDepth()
    images = torch.rand(2, F, 3, H, W) * 2 - 1
    latents = encode_images(vae, images)
    assert latents.shape == (2, F, 12, H // 2, W // 2)
    assert latent_stride(vae) == 2
    torch.testing.assert_close(latents[..., 1, 0, 0], 1.8 * images[..., 0, 0, 1])  # red, right
    torch.testing.assert_close(decode_latents(vae, latents), images)
    with pytest.raises(InputError, match="multiples of 2"):
        encode_images(vae, images[..., :-1])


def test_a_layout_takes_the_channels_of_its_latents() -> None:
    layout = with_latent_channels(INPAINTING, 12)
    text = "noisy_latent 12 | generate_mask 1 | masked_image_latent 12"
    assert describe_layout(layout) == text
    assert with_latent_channels((GENERATE_MASK,), 12) == (GENERATE_MASK,)
    assert with_latent_channels(INPAINTING, 4) == INPAINTING


def test_the_networks_are_built_for_twelve_channels(pipeline: DynaScenePipeline) -> None:
    denoiser = pipeline.denoiser
    assert denoiser.unet.conv_in.in_channels == 25
    assert denoiser.unet.conv_out.out_channels == 12
    assert denoiser.conditioners["scene_reference"].unet.conv_in.in_channels == 25
    assert denoiser.conditioners["plucker_camera"].encoder.conv_in.in_channels == 24
    assert 600_000 < parameter_count(denoiser.parameters()) < 750_000  # as docs/models.md says


def test_a_pipeline_of_micro_comes_back_from_disk(pipeline, clip, tmp_path) -> None:
    pipeline.save_pretrained(tmp_path / "weights")
    assert load_weights(tmp_path / "weights").pipeline.denoiser.size == MICRO
    loaded = load_pipeline(tmp_path / "weights")
    loaded.set_progress_bar_config(disable=True)
    assert loaded.vae.config.scaling_factor == 1.8
    frames, again = (
        sampler(clip, generator=torch.Generator().manual_seed(0)).frames
        for sampler in (pipeline, loaded)
    )
    assert frames.shape == (1, F, 3, H, W)
    torch.testing.assert_close(again, frames)


def test_micro_grows_without_new_weights(pipeline: DynaScenePipeline) -> None:
    grown = SYSTEMS["dynascene"].denoiser(at_resolution(MICRO, Size(96, 54), 8))
    grown.load_state_dict(pipeline.denoiser.state_dict())
    assert grown.size.resolution == (96, 54)


@pytest.mark.parametrize("size", [SD15, SMALL])
def test_saved_sizes_of_four_channels_stay_as_they_are(size) -> None:
    saved = size_to_dict(size)
    assert not {"latent_channels", "latent_stride"} & saved.keys()
    assert size_from_dict(saved) == size
    assert (size.latent_channels, size.latent_stride) == (4, 8)


def test_saved_sizes_of_other_channels_say_so() -> None:
    size = replace(SMALL, latent_channels=12)
    assert size_to_dict(size)["latent_channels"] == 12
    assert size_from_dict(size_to_dict(size)) == size
