from functools import partial

import pytest
import torch
from diffusers import UNet2DConditionModel, UNetMotionModel
from diffusers.models.attention_processor import AttnProcessor2_0

from dynascene.errors import InputError
from dynascene.models.backbone import (
    PerFrameGroupNorm,
    build_unet,
    level_of,
    motion_modules,
    motion_parameters,
    parameter_count,
    spatial_blocks,
    spatial_parameters,
)
from dynascene.models.call import Call, calling
from dynascene.models.injection import Injection
from dynascene.models.sizes import SD15, SMALL
from dynascene.models.systems.actanywhere import ACTANYWHERE
from dynascene.models.systems.dynascene import DYNASCENE


def test_sd15_has_the_parameter_counts_of_the_public_weights() -> None:
    with torch.device("meta"):
        denoiser = DYNASCENE.denoiser(SD15)
    assert parameter_count(spatial_parameters(denoiser.unet)) == 859_535_364
    assert parameter_count(motion_parameters(denoiser.unet)) == 453_209_280
    reference = denoiser.conditioners["scene_reference"].unet
    assert parameter_count(reference.parameters()) == 859_535_364


def test_small_fits_into_the_package() -> None:
    """With its autoencoder (1.38 M) and image encoder (0.25 M): under 20 MB in half precision."""
    with torch.device("meta"):
        assert parameter_count(DYNASCENE.denoiser(SMALL, "guided").parameters()) < 8_500_000
        assert parameter_count(ACTANYWHERE.denoiser(SMALL).parameters()) < 7_000_000


def test_other_attention_processors_are_refused(tiny) -> None:
    """They would leave out what readers say; what was there stays."""
    denoiser = ACTANYWHERE.denoiser(tiny)
    reference = DYNASCENE.denoiser(tiny).conditioners["scene_reference"]
    for unet in (denoiser.unet, reference.unet):
        before = dict(unet.attn_processors)
        layer = next(block.attn1 for _, block in spatial_blocks(unet))
        for refused in (
            partial(unet.set_attn_processor, AttnProcessor2_0()),
            partial(layer.set_processor, AttnProcessor2_0()),
        ):
            with pytest.raises(InputError, match="would leave out camera and reference"):
                refused()
        assert unet.attn_processors == before
        unet.set_attn_processor(before)


@pytest.mark.parametrize("motion", [True, False])
@torch.no_grad()
def test_the_2d_part_is_diffusers_own_unet(tiny, wake, motion: bool) -> None:
    """Fresh motion modules are silent; skipped ones may hold any weights."""
    torch.manual_seed(0)
    unet = build_unet(tiny, 9).eval()
    if not motion:
        wake(unet)
    flat = UNet2DConditionModel(
        in_channels=9,
        block_out_channels=tiny.widths,
        down_block_types=("CrossAttnDownBlock2D",) * 3,
        up_block_types=("CrossAttnUpBlock2D",) * 3,
        layers_per_block=tiny.layers,
        norm_num_groups=tiny.groups,
        cross_attention_dim=tiny.token_width,
        attention_head_dim=tiny.heads,
    ).eval()
    own = unet.state_dict()
    flat.load_state_dict({key: own[key] for key in flat.state_dict()})
    sample, tokens = torch.randn(2, 9, 3, 5, 7), torch.randn(6, 1, tiny.token_width)
    with calling(Call(motion=motion)):
        clips = unet(sample, torch.tensor([3, 700]), tokens).sample
    frames = flat(
        sample.transpose(1, 2).flatten(0, 1), torch.tensor([3] * 3 + [700] * 3), tokens
    ).sample
    torch.testing.assert_close(clips.transpose(1, 2).flatten(0, 1), frames, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_norm_per_frame_is_its_written_out_reference() -> None:
    B, C, F, H, W, groups = 3, 6, 3, 2, 5, 3
    norm = PerFrameGroupNorm(groups, C, eps=1e-6)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    x = torch.randn(B, C, F, H, W)
    y = norm(x)
    for b in range(B):
        for f in range(F):
            for g in range(groups):
                channels = slice(g * C // groups, (g + 1) * C // groups)
                part = x[b, channels, f]
                normal = (part - part.mean()) / (part.var(unbiased=False) + 1e-6).sqrt()
                expected = normal * norm.weight[channels, None, None]
                expected = expected + norm.bias[channels, None, None]
                torch.testing.assert_close(y[b, channels, f], expected)


@torch.no_grad()
def test_but_for_the_norm_it_is_diffusers(tiny, wake) -> None:
    """With the norm of each frame alone it differs; with diffusers' own norm it is diffusers'."""
    torch.manual_seed(0)
    ours = wake(build_unet(tiny, 4).eval())
    theirs = UNetMotionModel.from_config(ours.config).eval()
    theirs.load_state_dict(ours.state_dict())
    inputs = (torch.randn(1, 4, 3, 5, 7), 10, torch.randn(3, 1, tiny.token_width))
    expected = theirs(*inputs).sample
    assert (ours(*inputs).sample - expected).abs().max() > 1e-3
    for (_, our_motion), (_, their_motion) in zip(
        motion_modules(ours), motion_modules(theirs), strict=True
    ):
        our_motion.norm = their_motion.norm
    torch.testing.assert_close(ours(*inputs).sample, expected)


@torch.no_grad()
def test_additions_enter_after_the_first_convolution(tiny, wake) -> None:
    unet = wake(build_unet(tiny, 4).eval())
    inputs = (torch.randn(1, 4, 3, 5, 7), 10, torch.randn(3, 1, tiny.token_width))
    shift = torch.randn(tiny.widths[0])
    added = shift[:, None, None].expand(1, 3, -1, 5, 7)
    with calling(Call(Injection(added=added))):
        through_the_door = unet(*inputs).sample
    unet.conv_in.bias += shift
    torch.testing.assert_close(through_the_door, unet(*inputs).sample)


def test_modules_are_listed_in_running_order(tiny) -> None:
    unet = build_unet(tiny, 4)
    ran: list[str] = []
    for name, module in [*motion_modules(unet), *spatial_blocks(unet)]:
        module.register_forward_hook(lambda *_, name=name: ran.append(name))
    unet(torch.randn(1, 4, 1, 5, 7), 0, torch.randn(1, 1, tiny.token_width))
    assert [n for n in ran if n.split(".")[-2] == "motion_modules"] == [
        n for n, _ in motion_modules(unet)
    ]
    assert [n for n in ran if "attentions" in n] == [n for n, _ in spatial_blocks(unet)]


def test_levels() -> None:
    names = ("down_blocks.0.x", "down_blocks.3.x", "mid_block.x", "up_blocks.0.x", "up_blocks.3.x")
    assert [level_of(name, 4) for name in names] == [0, 3, 3, 3, 0]
