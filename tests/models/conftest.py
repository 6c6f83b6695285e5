"""Tiny networks and batches: real structure, few numbers. Threes on purpose."""

from collections.abc import Callable

import pytest
import torch
from diffusers import AutoencoderTiny
from torch import nn

from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.latents import EncodedClip
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.models.sizes import ModelSize, size_to_dict
from dynascene.types import Batch, Size

TINY = ModelSize(
    name="tiny",
    resolution=Size(56, 40),
    frames=3,
    widths=(8, 12, 16),
    attention=(True, True, True),
    layers=1,
    heads=2,
    groups=4,
    reference_widths=(8, 8, 16),
    camera_widths=(8, 8, 12),
    token_width=16,
)


@pytest.fixture
def tiny() -> ModelSize:
    return TINY


@pytest.fixture
def build() -> Callable[..., Denoiser]:
    """build(names, prediction=…, seed=…): a denoiser of size tiny, fresh."""

    def build(names=("foreground",), prediction="epsilon", seed=0, size=TINY, **options):
        torch.manual_seed(seed)
        conditions = {name: {} for name in names}
        return Denoiser(size_to_dict(size), conditions, prediction, **options).eval()

    return build


@pytest.fixture
def wake() -> Callable[[nn.Module], nn.Module]:
    """Disturb every parameter, so that nothing is silent any more."""

    def wake(module: nn.Module, seed: int = 1) -> nn.Module:
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in module.parameters():
                parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
        return module

    return wake


@pytest.fixture
def make_clip() -> Callable[..., EncodedClip]:
    """make_clip(seed, B, F): random latents on a grid of 5×7 cells, with a moving camera."""

    def make_clip(seed: int = 0, B: int = 3, F: int = 3, h: int = 5, w: int = 7) -> EncodedClip:
        generator = torch.Generator().manual_seed(seed)

        def random(*shape: int) -> torch.Tensor:
            return torch.randn(shape, generator=generator)

        cam_from_world = torch.eye(4).repeat(B, F, 1, 1)
        cam_from_world[..., :3, 3] = random(B, F, 3)
        K = torch.tensor([[30.0, 0, w * 4], [0, 30, h * 4], [0, 0, 1]]).repeat(B, F, 1, 1)
        return EncodedClip(
            generate_mask=(random(B, F, 1, h, w) > 0).float(),
            foreground=random(B, F, 4, h, w),
            scene=random(B, 4, h, w),
            scene_mask=torch.zeros(B, 1, h, w),
            scene_tokens=random(B, 2, TINY.token_width),
            cam_from_world=cam_from_world,
            intrinsics=K,
            size=Size(w * 8, h * 8),
            has_camera=torch.ones(B, dtype=torch.bool),
            guide=random(B, F, 4, h, w),
            guide_visibility=(random(B, F, 1, h, w) > 0).float(),
            skeleton_folds=random(B, F, 3 * 8**2, h, w),
            character_latent=random(B, 4, h, w),
            character_tokens=random(B, 2, TINY.token_width),
            points=torch.rand((B, F, 50, 5), generator=generator),
        )

    return make_clip


@pytest.fixture
def make_batch() -> Callable[..., Batch]:
    """make_batch(B, F): random pixels, 56×40."""

    def make_batch(B: int = 1, F: int = 3, H: int = 40, W: int = 56) -> Batch:
        generator = torch.Generator().manual_seed(0)

        def colours(*shape: int) -> torch.Tensor:
            return torch.rand(shape, generator=generator) * 2 - 1

        matte = (torch.rand(B, F, 1, H, W, generator=generator) > 0.7).float()
        K = torch.tensor([[float(W), 0, W / 2], [0, W, H / 2], [0, 0, 1]])
        return Batch(
            matte=matte,
            foreground=colours(B, F, 3, H, W) * matte,
            scene_image=colours(B, 3, H, W),
            scene_visibility=torch.ones(B, 1, H, W),
            cam_from_world=torch.eye(4).repeat(B, F, 1, 1),
            intrinsics=K.repeat(B, F, 1, 1),
            guide=colours(B, F, 3, H, W),
            guide_visibility=torch.ones(B, F, 1, H, W),
        )

    return make_batch


@pytest.fixture
def make_pipeline(build) -> Callable[..., DynaScenePipeline]:
    """make_pipeline(denoiser): tiny components around it, no progress bar."""

    def make_pipeline(denoiser: Denoiser) -> DynaScenePipeline:
        torch.manual_seed(5)
        vae = AutoencoderTiny(
            encoder_block_out_channels=(8,) * 4,
            decoder_block_out_channels=(8,) * 4,
            num_encoder_blocks=(1,) * 4,
            num_decoder_blocks=(1,) * 4,
        ).eval()
        encoder = SmallImageEncoder(TINY.token_width, (1, 2)).eval()
        pipeline = DynaScenePipeline(vae, encoder, denoiser, ddim_scheduler())
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    return make_pipeline
