"""CameraCtrl's published file, generated here in exactly its key layout."""

import math
from pathlib import Path

import pytest
import torch

from dynascene.errors import InputError
from dynascene.models.denoiser import Denoiser
from dynascene.models.published_cameras import (
    ENCODER,
    MERGES,
    encoder_from_original,
    load_cameractrl,
    merges_from_original,
)
from dynascene.models.sizes import SD15, ModelSize, size_to_dict
from dynascene.models.systems.cameractrl import CAMERACTRL
from dynascene.models.systems.motionctrl import MOTIONCTRL
from dynascene.types import Size

NARROW = ModelSize(  # sd15's structure, block for block, a fortieth as wide
    name="narrow", resolution=Size(64, 64), frames=3, widths=(8, 16, 24, 24),
    attention=(True, True, True, False), layers=2, heads=2, groups=4,
    reference_widths=(8, 16, 24, 24), camera_widths=(8, 8, 8, 8), token_width=12,
)  # fmt: skip
PUBLISHED_FRAMES = 16


def sines(width: int) -> torch.Tensor:
    """[1, 16, width], as the published file has them."""
    table = torch.zeros(1, PUBLISHED_FRAMES, width)
    for position in range(PUBLISHED_FRAMES):
        for k in range(0, width, 2):
            angle = position * math.exp(-math.log(10000.0) * k / width)
            table[0, position, k : k + 2] = torch.tensor([math.sin(angle), math.cos(angle)])
    return table


def published_encoder(widths: tuple[int, ...], device: str = "cpu") -> dict[str, torch.Tensor]:
    """Keys and shapes written out from the published module names."""
    shapes = {"encoder_conv_in.weight": (widths[0], 384, 3, 3), "encoder_conv_in.bias": widths[:1]}
    state = {}
    width = widths[0]
    for i, c in enumerate(widths):
        for j in range(2):
            block = f"encoder_down_conv_blocks.{i}.{j}"
            if c != width:
                shapes |= {
                    f"{block}.in_conv.weight": (c, width, 1, 1),
                    f"{block}.in_conv.bias": (c,),
                }
            shapes |= {f"{block}.block1.weight": (c, c, 3, 3), f"{block}.block1.bias": (c,)}
            shapes |= {f"{block}.block2.weight": (c, c, 1, 1), f"{block}.block2.bias": (c,)}
            width = c
            block = f"encoder_down_attention_blocks.{i}.{j}"
            for name in ("to_q", "to_k", "to_v", "to_out.0"):
                shapes |= {f"{block}.attention_blocks.0.{name}.weight": (c, c)}
            shapes |= {f"{block}.attention_blocks.0.to_out.0.bias": (c,)}
            for name in ("norms.0", "ff_norm"):
                shapes |= {f"{block}.{name}.weight": (c,), f"{block}.{name}.bias": (c,)}
            shapes |= {f"{block}.ff.net.0.proj.weight": (8 * c, c)}
            shapes |= {f"{block}.ff.net.0.proj.bias": (8 * c,)}
            shapes |= {f"{block}.ff.net.2.weight": (c, 4 * c), f"{block}.ff.net.2.bias": (c,)}
            state[f"{block}.attention_blocks.0.pos_encoder.pe"] = sines(c).to(device)
    return state | {name: torch.randn(shape, device=device) for name, shape in shapes.items()}


def published_merges(widths: tuple[int, ...], device: str = "cpu") -> dict[str, torch.Tensor]:
    modules = [(f"down_blocks.{i}.motion_modules.{j}", c)
               for i, c in enumerate(widths) for j in range(2)]  # fmt: skip
    modules += [(f"up_blocks.{i}.motion_modules.{j}", c)
                for i, c in enumerate(reversed(widths)) for j in range(3)]  # fmt: skip
    state = {}
    for module, c in modules:
        merge = (
            f"{module}.temporal_transformer.transformer_blocks.0.attention_blocks.0"
            ".processor.qkv_merge"
        )
        state[f"{merge}.weight"] = torch.randn(c, c, device=device)
        state[f"{merge}.bias"] = torch.randn(c, device=device)
    return state


def narrow() -> Denoiser:
    torch.manual_seed(0)
    return CAMERACTRL.denoiser(NARROW)


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    torch.manual_seed(1)
    path = tmp_path / "CameraCtrl.ckpt"
    content = {
        "global_step": 1,
        ENCODER: published_encoder(NARROW.widths),
        MERGES: published_merges(NARROW.widths),
    }
    torch.save(content, path)
    return path


def test_the_real_size_has_the_published_names_and_shapes() -> None:
    with torch.device("meta"):
        denoiser = CAMERACTRL.denoiser(SD15)
    camera = denoiser.conditioners["plucker_camera"]
    encoder = published_encoder(SD15.widths, "meta")
    numbers = sum(t.numel() for name, t in encoder.items() if not name.endswith("pe"))
    assert numbers == 199_262_400
    renamed = encoder_from_original(encoder, "it")
    own = camera.encoder.state_dict()
    assert {n: t.shape for n, t in own.items() if not n.endswith("pe")} == {
        n: t.shape for n, t in renamed.items() if not n.endswith("pe")
    }
    assert own.keys() == renamed.keys()
    merges = merges_from_original(published_merges(SD15.widths, "meta"), denoiser.unet, "it")
    assert {n: t.shape for n, t in merges.items()} == {
        n: t.shape for n, t in camera.adaptors.state_dict().items()
    }


def test_numbers_end_up_where_they_belong(checkpoint) -> None:
    denoiser = narrow()
    unet = {name: tensor.clone() for name, tensor in denoiser.unet.state_dict().items()}
    positions = denoiser.conditioners["plucker_camera"].encoder.blocks[0].attention.pos_embed.pe
    positions = positions.clone()
    load_cameractrl(denoiser, checkpoint)
    content = torch.load(checkpoint, weights_only=True)
    camera, encoder = denoiser.conditioners["plucker_camera"], content[ENCODER]
    third = camera.encoder.blocks[3]  # second of level 1
    for here, there in {
        camera.encoder.conv_in.weight: "encoder_conv_in.weight",
        camera.encoder.blocks[2].conv_in.weight: "encoder_down_conv_blocks.1.0.in_conv.weight",
        third.conv1.weight: "encoder_down_conv_blocks.1.1.block1.weight",
        third.conv2.bias: "encoder_down_conv_blocks.1.1.block2.bias",
        third.attention.attn1.to_v.weight: "encoder_down_attention_blocks.1.1.attention_blocks.0."
        "to_v.weight",
        third.attention.norm1.bias: "encoder_down_attention_blocks.1.1.norms.0.bias",
        third.attention.norm3.weight: "encoder_down_attention_blocks.1.1.ff_norm.weight",
        third.attention.ff.net[2].bias: "encoder_down_attention_blocks.1.1.ff.net.2.bias",
    }.items():
        assert torch.equal(here, encoder[there])
    assert torch.equal(camera.encoder.blocks[0].attention.pos_embed.pe, positions)
    merge = "temporal_transformer.transformer_blocks.0.attention_blocks.0.processor.qkv_merge"
    last = content[MERGES][f"up_blocks.3.motion_modules.2.{merge}.weight"]
    assert torch.equal(camera.adaptors[-1].weight, last)
    ninth = content[MERGES][f"up_blocks.0.motion_modules.0.{merge}.bias"]
    assert torch.equal(camera.adaptors[8].bias, ninth)
    assert all(torch.equal(t, unet[name]) for name, t in denoiser.unet.state_dict().items())


def shorter_wave(content) -> None:
    key = "encoder_down_attention_blocks.0.0.attention_blocks.0.pos_encoder.pe"
    content[ENCODER][key] = torch.zeros(1, PUBLISHED_FRAMES, 8)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c.pop(MERGES), "holds no named tensors"),
        (lambda c: c[ENCODER].pop("encoder_conv_in.bias"), "misses conv_in.bias"),
        (lambda c: c[ENCODER].update(x=torch.ones(1)), "x is no key of CameraCtrl's encoder"),
        (lambda c: c[MERGES].update(y=torch.ones(1)), "y is no merge of CameraCtrl's"),
        (lambda c: c[ENCODER].update({"encoder_conv_in.bias": torch.ones(3)}), "misshapes conv_in"),
        (shorter_wave, "is not the sinusoidal encoding"),
    ],
)
def test_every_key_is_accounted_for(checkpoint, edit, message) -> None:
    content = torch.load(checkpoint, weights_only=True)
    edit(content)
    torch.save(content, checkpoint)
    denoiser = narrow()
    before = denoiser.state_dict()["conditioners.plucker_camera.encoder.conv_in.weight"].clone()
    with pytest.raises(InputError, match=message):
        load_cameractrl(denoiser, checkpoint)
    after = denoiser.state_dict()["conditioners.plucker_camera.encoder.conv_in.weight"]
    assert torch.equal(after, before), "half loaded"


def test_another_camera_is_refused(checkpoint) -> None:
    with pytest.raises(InputError, match="is for a plucker_camera with the encoder pose_encoder"):
        load_cameractrl(MOTIONCTRL.denoiser(NARROW), checkpoint)
    other = Denoiser(size_to_dict(NARROW), {"plucker_camera": {}})
    with pytest.raises(InputError, match="encoder pose_encoder"):
        load_cameractrl(other, checkpoint)
