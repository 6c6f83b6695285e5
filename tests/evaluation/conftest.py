"""A benchmark of procedural panoramas and a tiny pipeline: real structure, few pixels."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderTiny

from dynascene.evaluation.benchmarks import SyntheticBenchmark
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.models.sizes import ModelSize, size_to_dict
from dynascene.types import Size

TINY = ModelSize(
    name="tiny", resolution=Size(64, 40), frames=3, widths=(8, 12, 16),
    attention=(True, True, True), layers=1, heads=2, groups=4, reference_widths=(8, 8, 16),
    camera_widths=(8, 8, 12), token_width=16,
)  # fmt: skip
NAMES = ("foreground", "scene_reference", "image_embedding", "plucker_camera")


@pytest.fixture(scope="session")
def benchmark(tmp_path_factory) -> SyntheticBenchmark:
    """Three shots without imagery from outside, 64×40."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
        return SyntheticBenchmark("test", clips=3, size=Size(64, 40), frames=3)


@pytest.fixture(scope="session")
def save_weights() -> Callable[..., Path]:
    """save_weights(folder, guide=True, awake=False): a tiny pipeline as a folder of weights."""

    def save(folder: Path, *, guide: bool = True, awake: bool = False) -> Path:
        torch.manual_seed(7)
        names = (*NAMES, "guide") if guide else NAMES
        prediction = "guide_residual" if guide else "epsilon"
        denoiser = Denoiser(size_to_dict(TINY), {name: {} for name in names}, prediction)
        if awake:
            with torch.no_grad():
                for parameter in denoiser.parameters():
                    parameter += 0.1 * torch.randn(parameter.shape)
        widths, blocks = (8,) * 4, (1,) * 4
        vae = AutoencoderTiny(
            encoder_block_out_channels=widths, decoder_block_out_channels=widths,
            num_encoder_blocks=blocks, num_decoder_blocks=blocks,
        )  # fmt: skip
        encoder = SmallImageEncoder(TINY.token_width, (1, 2))
        DynaScenePipeline(vae, encoder, denoiser, ddim_scheduler()).save_pretrained(folder)
        return folder

    return save
