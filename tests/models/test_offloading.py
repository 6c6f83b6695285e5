"""Weights that are elsewhere, or stored in fewer bits, while their module does not run.

On a CPU: what accelerate offloads lies on the meta device, and what diffusers offloads to disk has
no values in memory. So a parameter that is read outside of its module's forward is found here.
"""

import pytest
import torch
from accelerate import cpu_offload
from tiny_denoiser import TINY
from torch import nn

from dynascene.models.conditioners import CONDITIONERS
from dynascene.models.denoiser import Denoiser
from dynascene.models.sizes import size_to_dict

CAMERA = {"rays_from": "scene_camera", "at_input": True, "on_stream": True}
DOORS = {name: {} for name in CONDITIONERS} | {
    "plucker_camera": CAMERA,
    "scene_reference": {"rays": "shared", "places": "point_motion"},
    "scene_image": {"rays": "shared", "places": "background_flow"},
    "point_motion": {"places": True},
    "background_flow": {"places": True},
}
PUBLISHED_CAMERA = {"plucker_camera": {"encoder": "pose_encoder", "merge": "added"}}
FP8 = torch.float8_e4m3fn


@pytest.fixture
def make_denoiser(wake):
    def make_denoiser(doors=DOORS) -> Denoiser:
        torch.manual_seed(0)
        return wake(Denoiser(size_to_dict(TINY), doors).eval())

    return make_denoiser


@pytest.fixture
def denoiser(make_denoiser) -> Denoiser:
    return make_denoiser()


@pytest.fixture
def clip(make_clip):
    clip = make_clip(B=2)
    has_camera = torch.tensor([True, False])  # so that the null camera is read
    pose, K = clip.cam_from_world[:, 1], clip.intrinsics[:, 0]
    return clip.replace(has_camera=has_camera, scene_cam_from_world=pose, scene_intrinsics=K)


@torch.no_grad()
def sampled(denoiser: Denoiser, clip) -> torch.Tensor:
    """As the pipeline calls it: conditions first, then two steps on them; half of them dropped."""
    noisy = torch.randn(2, 3, 4, 5, 7, generator=torch.Generator().manual_seed(3))
    injection = denoiser.inject(clip, torch.tensor([False, True]))
    for step in (900, 100):
        noisy = denoiser(noisy, torch.tensor([step, step]), injection).noise
    return noisy


def test_sequential_offloading_changes_nothing(denoiser, clip) -> None:
    expected = sampled(denoiser, clip)
    cpu_offload(denoiser, torch.device("cpu"))
    assert all(parameter.is_meta for parameter in denoiser.parameters())
    torch.testing.assert_close(sampled(denoiser, clip), expected)
    assert all(parameter.is_meta for parameter in denoiser.parameters())


@pytest.mark.parametrize(
    "options",
    [
        {"offload_type": "leaf_level"},
        {"offload_type": "block_level", "num_blocks_per_group": 2},
    ],
    ids=["leaves", "pairs of blocks"],
)
def test_group_offloading_changes_nothing(denoiser, clip, tmp_path, options) -> None:
    expected = sampled(denoiser, clip)
    device = torch.device("cpu")
    denoiser.enable_group_offload(device, device, offload_to_disk_path=str(tmp_path), **options)
    for parameter in denoiser.parameters():
        parameter.data.fill_(torch.nan)  # what lies in memory counts for nothing
    torch.testing.assert_close(sampled(denoiser, clip), expected)


@pytest.mark.parametrize("doors", [DOORS, PUBLISHED_CAMERA], ids=["all", "published camera"])
def test_weights_stored_in_eight_bits_give_what_their_rounding_gives(
    make_denoiser, clip, doors
) -> None:
    denoiser = make_denoiser(doors)
    full = sampled(denoiser, clip)
    stored = [name for name, layer in denoiser.named_modules() if is_stored(name, layer)]
    expected_weights = {name: p.detach().clone() for name, p in denoiser.named_parameters()}
    with torch.no_grad():
        for name in stored:
            for parameter in denoiser.get_submodule(name).parameters():
                parameter.copy_(parameter.to(FP8).float())
    expected = sampled(denoiser, clip)
    denoiser.load_state_dict(expected_weights, strict=False)
    denoiser.enable_layerwise_casting(storage_dtype=FP8, compute_dtype=torch.float32)
    assert denoiser.unet.conv_in.weight.dtype == FP8
    torch.testing.assert_close(sampled(denoiser, clip), expected)
    assert (expected - full).abs().max() > 1e-4


def is_stored(name: str, layer: nn.Module) -> bool:
    """Whether diffusers stores a layer in few bits: none of norms and of first and last ones."""
    kept = ("norm", "pos_embed", "patch_embed")
    kinds = nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.Linear
    return isinstance(layer, kinds) and not any(word in name for word in kept)
