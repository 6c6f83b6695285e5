"""Public weights, generated here in exactly their key layouts."""

import math
from functools import cache
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL, MotionAdapter, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from dynascene.errors import InputError
from dynascene.models.conditioners import CONDITIONERS
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.denoiser import Denoiser
from dynascene.models.injection import Injection
from dynascene.models.input_layout import IMAGE_EDITING, IMAGE_LATENT, TEXT_TO_IMAGE
from dynascene.models.pretrained import (
    load_autoencoder,
    load_clip,
    load_motion,
    load_pipeline,
    load_spatial,
    motion_from_original,
    pipeline_from_public_weights,
)
from dynascene.models.sizes import SD15, ModelSize, size_to_dict
from dynascene.models.systems.dynascene import DYNASCENE
from dynascene.types import Size

NARROW = ModelSize(  # sd15's structure, block for block, a fortieth as wide
    name="narrow", resolution=Size(64, 64), frames=3, widths=(8, 16, 24, 24),
    attention=(True, True, True, False), layers=2, heads=2, groups=4,
    reference_widths=(8, 16, 24, 24), camera_widths=(8, 8, 8, 8), token_width=12,
)  # fmt: skip
SD15_INPAINTING = {  # unet/config.json of Stable Diffusion 1.5 inpainting
    "in_channels": 9,
    "cross_attention_dim": 768,
    "block_out_channels": (320, 640, 1280, 1280),
    "attention_head_dim": 8,
    "layers_per_block": 2,
}


def narrow_unet(in_channels: int = 9) -> UNet2DConditionModel:
    torch.manual_seed(1)
    return UNet2DConditionModel(
        in_channels=in_channels, cross_attention_dim=12, block_out_channels=NARROW.widths,
        attention_head_dim=2, layers_per_block=2, norm_num_groups=4,
    )  # fmt: skip


def narrow_motion(mid: bool = True) -> MotionAdapter:
    torch.manual_seed(2)
    return MotionAdapter(
        block_out_channels=NARROW.widths, motion_num_attention_heads=2, motion_norm_num_groups=4,
        use_motion_mid_block=mid,
    )  # fmt: skip


def original_motion(widths: tuple[int, ...], device: str) -> dict[str, torch.Tensor]:
    """Keys and shapes of ``mm_sd_v15_v2.ckpt``, written out from the published module names."""
    modules = [
        (f"down_blocks.{i}.motion_modules.{j}", c) for i, c in enumerate(widths) for j in range(2)
    ]
    modules += [("mid_block.motion_modules.0", widths[-1])]
    modules += [
        (f"up_blocks.{i}.motion_modules.{j}", c)
        for i, c in enumerate(reversed(widths)) for j in range(3)
    ]  # fmt: skip
    state = {}
    for module, c in modules:
        state |= original_module(f"{module}.temporal_transformer.", c, device)
    return state


def original_module(prefix: str, c: int, device: str) -> dict[str, torch.Tensor]:
    shapes = {}
    for name in ("norm", "transformer_blocks.0.norms.0", "transformer_blocks.0.norms.1",
                 "transformer_blocks.0.ff_norm"):  # fmt: skip
        shapes |= {f"{name}.weight": (c,), f"{name}.bias": (c,)}
    for name in ("proj_in", "proj_out"):
        shapes |= {f"{name}.weight": (c, c), f"{name}.bias": (c,)}
    for i in range(2):
        attention = f"transformer_blocks.0.attention_blocks.{i}"
        shapes |= {f"{attention}.{p}.weight": (c, c) for p in ("to_q", "to_k", "to_v", "to_out.0")}
        shapes |= {f"{attention}.to_out.0.bias": (c,)}
    feed = "transformer_blocks.0.ff.net"
    shapes |= {f"{feed}.0.proj.weight": (8 * c, c), f"{feed}.0.proj.bias": (8 * c,)}
    shapes |= {f"{feed}.2.weight": (c, 4 * c), f"{feed}.2.bias": (c,)}
    state = {prefix + name: torch.randn(shape, device=device) for name, shape in shapes.items()}
    for i in range(2):
        state[f"{prefix}transformer_blocks.0.attention_blocks.{i}.pos_encoder.pe"] = sines(c)
    return state


@cache
def sines(c: int) -> torch.Tensor:
    """The positional encoding of AnimateDiff v2, [1, 32, c]."""
    table = torch.zeros(1, 32, c)
    for position in range(32):
        for k in range(0, c, 2):
            angle = position * math.exp(-math.log(10000.0) * k / c)
            table[0, position, k : k + 2] = torch.tensor([math.sin(angle), math.cos(angle)])
    return table


def narrow_denoiser(guide: bool = False) -> Denoiser:
    torch.manual_seed(0)
    names = ("foreground", "scene_reference", "image_embedding", "plucker_camera")
    names += ("guide",) if guide else ()
    return Denoiser(size_to_dict(NARROW), {name: {} for name in names})


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A folder in the layout of Stable Diffusion 1.5 inpainting."""
    narrow_unet().save_pretrained(tmp_path / "unet")
    AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4, 4, 4, 4), layers_per_block=1, norm_num_groups=2,
    ).save_pretrained(tmp_path / "vae")  # fmt: skip
    return tmp_path


def change(path: Path, edit) -> None:
    """Edit the tensors of a safetensors file."""
    state = load_file(path)
    edit(state)
    save_file(state, path)


def unet_file(checkpoint: Path) -> Path:
    return checkpoint / "unet" / "diffusion_pytorch_model.safetensors"


def test_sd15_has_exactly_the_keys_and_shapes_of_the_public_files() -> None:
    """Full width, without memory: inpainting U-Net, MotionAdapter, original motion file."""
    with torch.device("meta"):
        denoiser = DYNASCENE.denoiser(SD15)
        inpainting = UNet2DConditionModel(**SD15_INPAINTING).state_dict()
        motion = MotionAdapter().state_dict()
    original = motion_from_original(original_motion(SD15.widths, "meta"), "mm_sd_v15_v2.ckpt")
    own = shapes(denoiser.unet.state_dict())
    assert own == {**shapes(inpainting), **shapes(motion)}
    assert shapes(original) == shapes(motion)
    assert shapes(denoiser.conditioners["scene_reference"].unet.state_dict()) == shapes(inpainting)


def shapes(state: dict[str, torch.Tensor]) -> dict[str, torch.Size]:
    return {key: tensor.shape for key, tensor in state.items()}


@pytest.mark.parametrize("guide", [False, True])
def test_the_inpainting_unet_fills_denoiser_and_reference(checkpoint: Path, guide: bool) -> None:
    denoiser, public = narrow_denoiser(guide), narrow_unet().state_dict()
    motion = {k: v.clone() for k, v in denoiser.unet.state_dict().items() if "motion_" in k}
    load_spatial(denoiser, checkpoint)
    own = denoiser.unet.state_dict()
    assert torch.equal(own["conv_in.weight"][:, :9], public["conv_in.weight"])
    assert own["conv_in.weight"][:, 9:].eq(0).all()
    assert all(torch.equal(own[k], v) for k, v in public.items() if k != "conv_in.weight")
    assert all(torch.equal(own[k], v) for k, v in motion.items())
    reference = denoiser.conditioners["scene_reference"].unet.state_dict()
    assert all(torch.equal(reference[k], v) for k, v in public.items())


def test_half_precision_and_bin_files_are_found_too(checkpoint: Path) -> None:
    state = load_file(unet_file(checkpoint))
    unet_file(checkpoint).unlink()
    torch.save(state, checkpoint / "unet" / "diffusion_pytorch_model.bin")
    load_spatial(narrow_denoiser(), checkpoint)
    half = {key: tensor.half() for key, tensor in state.items()}
    save_file(half, checkpoint / "unet" / "diffusion_pytorch_model.fp16.safetensors")
    denoiser = narrow_denoiser()
    load_spatial(denoiser, checkpoint)
    weight = denoiser.unet.conv_out.weight
    assert weight.dtype == torch.float32
    assert torch.equal(weight, half["conv_out.weight"].float())


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda s: s.pop("mid_block.resnets.0.conv1.weight"), "misses mid_block.resnets.0.conv1"),
        (lambda s: s.pop("conv_in.weight"), "misses conv_in.weight, so it is no U-Net"),
        (lambda s: s.update({"extra.weight": torch.ones(1)}), "has unknown extra.weight"),
        (lambda s: s.update({"conv_out.bias": torch.ones(5)}), "misshapes conv_out.bias"),
        (lambda s: s.update({"a.motion_modules.0.b": torch.ones(1)}), "belong to motion modules"),
    ],
)
def test_every_key_of_an_inpainting_file_is_accounted_for(checkpoint, edit, message) -> None:
    change(unet_file(checkpoint), edit)
    denoiser = narrow_denoiser()
    before = denoiser.unet.conv_out.weight.clone()
    with pytest.raises(InputError, match=message) as refusal:
        load_spatial(denoiser, checkpoint)
    assert "\n" not in str(refusal.value)
    assert torch.equal(denoiser.unet.conv_out.weight, before), "half loaded"


def test_a_unet_that_does_not_inpaint_is_refused(tmp_path: Path) -> None:
    narrow_unet(in_channels=4).save_pretrained(tmp_path / "unet")
    message = (
        r"takes 4 input channels; its layout is said to be noisy_latent 4 \| generate_mask 1 \|"
    )
    with pytest.raises(InputError, match=message):
        load_spatial(narrow_denoiser(), tmp_path)


def test_a_text_to_image_unet_leaves_the_other_inputs_silent(tmp_path: Path) -> None:
    public = narrow_unet(in_channels=4)
    public.save_pretrained(tmp_path / "unet")
    denoiser = narrow_denoiser(guide=True)
    load_spatial(denoiser, tmp_path, TEXT_TO_IMAGE)
    for unet in (denoiser.unet, denoiser.conditioners["scene_reference"].unet):
        assert torch.equal(unet.conv_in.weight[:, :4], public.conv_in.weight)
        assert unet.conv_in.weight[:, 4:].eq(0).all()
        assert torch.equal(unet.conv_out.weight, public.conv_out.weight)


def test_inputs_that_nobody_reads_are_refused_by_name(tmp_path: Path) -> None:
    """Unless they are named as unread."""
    public = narrow_unet(in_channels=8)
    public.save_pretrained(tmp_path / "unet")
    denoiser = narrow_denoiser()
    before = denoiser.unet.conv_out.weight.clone()
    message = r"channels image_latent, which the denoiser \(noisy_latent 4 .*as unread"
    with pytest.raises(InputError, match=message):
        load_spatial(denoiser, tmp_path, IMAGE_EDITING)
    assert torch.equal(denoiser.unet.conv_out.weight, before)
    load_spatial(denoiser, tmp_path, IMAGE_EDITING, unread=("image_latent",))
    assert torch.equal(denoiser.unet.conv_in.weight[:, :4], public.conv_in.weight[:, :4])
    assert denoiser.unet.conv_in.weight[:, 4:].eq(0).all()


class Edited(Conditioner):
    """The scene picture as InstructPix2Pix reads the one that it edits."""

    reads = ("scene",)
    channels = (IMAGE_LATENT,)
    per_clip = True

    def forward(self, clip, drop):
        return Injection(channels={IMAGE_LATENT.meaning: clip.scene[:, None]})


def test_an_eight_channel_system_reads_an_eight_channel_unet(
    checkpoint: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setitem(CONDITIONERS, "edited", Edited)
    denoiser = Denoiser(size_to_dict(NARROW), {"edited": {}, "plucker_camera": {}})
    public = narrow_unet(in_channels=8)
    public.save_pretrained(tmp_path / "editing" / "unet")
    load_spatial(denoiser, tmp_path / "editing", IMAGE_EDITING)
    assert torch.equal(denoiser.unet.conv_in.weight, public.conv_in.weight)
    with pytest.raises(InputError, match="channels generate_mask, which the denoiser"):
        load_spatial(denoiser, checkpoint)


@torch.no_grad()
def test_the_order_of_conditioners_does_not_matter(
    checkpoint: Path, make_clip, monkeypatch
) -> None:
    """13 and 14 channels and more: the same function of the clip, whichever comes first."""
    monkeypatch.setitem(CONDITIONERS, "edited", Edited)
    names = ["foreground", "edited", "guide", "image_embedding"]
    noisy, clip = torch.randn(3, 3, 4, 8, 8), make_clip(h=8, w=8)
    tokens = (clip.scene_tokens[..., :12], clip.character_tokens[..., :12])
    clip = clip.replace(scene_tokens=tokens[0], character_tokens=tokens[1])
    outputs = []
    for order in (names, names[::-1], [*names[2:], *names[:2]]):
        denoiser = Denoiser(size_to_dict(NARROW), {name: {} for name in order}).eval()
        load_spatial(denoiser, checkpoint)
        denoiser.open_gates()
        meanings = [group.meaning for group in denoiser.input_layout]
        for column in (meanings.index("image_latent"), meanings.index("guide_latent")):
            first = sum(group.width for group in denoiser.input_layout[:column])
            denoiser.unet.conv_in.weight[:, first : first + 4] = 0.1 * (column + 1)
        outputs.append(denoiser(noisy, torch.tensor([1, 500, 999]), clip).noise)
    assert torch.equal(outputs[1], outputs[0])
    assert torch.equal(outputs[2], outputs[0])


def test_a_motion_adapter_folder(tmp_path: Path) -> None:
    adapter = narrow_motion()
    adapter.save_pretrained(tmp_path)
    denoiser = narrow_denoiser()
    spatial = {k: v.clone() for k, v in denoiser.unet.state_dict().items() if "motion_" not in k}
    load_motion(denoiser.unet, tmp_path)
    own = denoiser.unet.state_dict()
    assert all(torch.equal(own[k], v) for k, v in adapter.state_dict().items())
    assert all(torch.equal(own[k], v) for k, v in spatial.items())


@pytest.mark.parametrize("prefix", ["", "module."])
def test_an_original_motion_file(tmp_path: Path, prefix: str) -> None:
    """Numbers end up where diffusers' adapter keeps them: attention 1 is not attention 0."""
    original = original_motion(NARROW.widths, "cpu")
    torch.save({"state_dict": {prefix + k: v for k, v in original.items()}}, tmp_path / "mm.ckpt")
    denoiser = narrow_denoiser()
    load_motion(denoiser.unet, tmp_path / "mm.ckpt")
    block = denoiser.unet.up_blocks[2].motion_modules[1].transformer_blocks[0]
    source = "up_blocks.2.motion_modules.1.temporal_transformer.transformer_blocks.0."
    for here, there in {
        block.attn1.to_k.weight: "attention_blocks.0.to_k.weight",
        block.attn2.to_k.weight: "attention_blocks.1.to_k.weight",
        block.attn2.to_out[0].bias: "attention_blocks.1.to_out.0.bias",
        block.norm1.weight: "norms.0.weight",
        block.norm2.bias: "norms.1.bias",
        block.norm3.weight: "ff_norm.weight",
        block.ff.net[0].proj.weight: "ff.net.0.proj.weight",
        block.ff.net[2].bias: "ff.net.2.bias",
    }.items():
        assert torch.equal(here, original[source + there])


FIRST_UP = "up_blocks.0.motion_modules.0.temporal_transformer"


def wrong_position(state) -> None:
    key = "mid_block.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks."
    state[key + "0.pos_encoder.pe"] = state[key + "1.pos_encoder.pe"] = torch.zeros(1, 32, 24)


def different_positions(state) -> None:
    key = "mid_block.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks."
    state[key + "0.pos_encoder.pe"] = torch.zeros(1, 32, 24)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda s: s.pop(f"{FIRST_UP}.norm.bias"), "misses"),
        (lambda s: s.update({f"{FIRST_UP}.new": torch.ones(1)}), "is no key of"),
        (lambda s: s.update({"conv_in.weight": torch.ones(1)}), "is no key of"),
        (different_positions, "differs from that of the block's other attention"),
        (wrong_position, "not the sinusoidal encoding"),
    ],
)
def test_every_key_of_a_motion_file_is_accounted_for(tmp_path: Path, edit, message: str) -> None:
    state = original_motion(NARROW.widths, "cpu")
    edit(state)
    torch.save(state, tmp_path / "mm.ckpt")
    with pytest.raises(InputError, match=message) as refusal:
        load_motion(narrow_denoiser().unet, tmp_path / "mm.ckpt")
    assert "\n" not in str(refusal.value)


def test_motion_modules_without_a_middle_block_are_refused(tmp_path: Path) -> None:
    narrow_motion(mid=False).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="no middle block"):
        load_motion(narrow_denoiser().unet, tmp_path)


def save_clip(folder: Path, kind: type) -> None:
    torch.manual_seed(3)
    numbers = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    numbers |= {"num_attention_heads": 2, "projection_dim": 12}
    vision = CLIPVisionConfig(**numbers, image_size=28, patch_size=14)
    if kind is CLIPVisionModelWithProjection:
        kind(vision).save_pretrained(folder)
        return
    text = CLIPTextConfig(**numbers, vocab_size=20, max_position_embeddings=8)
    config = CLIPConfig(
        text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=12
    )
    kind(config).save_pretrained(folder)


@pytest.mark.parametrize("kind", [CLIPModel, CLIPVisionModelWithProjection])
def test_clips_image_half_is_taken_from_full_and_half_checkpoints(tmp_path: Path, kind) -> None:
    save_clip(tmp_path, kind)
    encoder = load_clip(tmp_path)
    stored = load_file(tmp_path / "model.safetensors")["visual_projection.weight"]
    assert torch.equal(encoder.visual_projection.weight, stored)


def test_a_clip_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    save_clip(tmp_path, CLIPVisionModelWithProjection)
    change(tmp_path / "model.safetensors", lambda s: s.pop("visual_projection.weight"))
    with pytest.raises(InputError, match=r"misses visual_projection\.weight"):
        load_clip(tmp_path)
    with pytest.raises(InputError, match="can be loaded"):
        load_clip(tmp_path / "absent")


def test_an_autoencoder_that_does_not_fit_is_refused(checkpoint: Path) -> None:
    load_autoencoder(checkpoint)
    file = checkpoint / "vae" / "diffusion_pytorch_model.safetensors"
    change(file, lambda s: s.update({"strange": torch.ones(1)}))
    with pytest.raises(InputError, match="has unknown strange"):
        load_autoencoder(checkpoint)


def test_the_published_autoencoder_names_its_attention_the_old_way(checkpoint: Path) -> None:
    """Stable Diffusion's own file says query, key, value and proj_attn."""
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    expected = load_autoencoder(checkpoint).state_dict()

    def age(state: dict[str, torch.Tensor]) -> None:
        for key in [k for k in state if ".attentions." in k]:
            for new, name in old.items():
                if f".{new}." in key:
                    state[key.replace(f".{new}.", f".{name}.")] = state.pop(key)

    change(checkpoint / "vae" / "diffusion_pytorch_model.safetensors", age)
    loaded = load_autoencoder(checkpoint).state_dict()
    assert all(torch.equal(loaded[key], tensor) for key, tensor in expected.items())


def test_a_pipeline_of_public_weights_samples(checkpoint: Path, make_batch) -> None:
    save_clip(checkpoint / "clip", CLIPModel)
    torch.save(original_motion(NARROW.widths, "cpu"), checkpoint / "mm.ckpt")
    pipeline = pipeline_from_public_weights(
        narrow_denoiser(), checkpoint, checkpoint / "mm.ckpt", checkpoint / "clip"
    )
    pipeline.set_progress_bar_config(disable=True)
    frames = pipeline(make_batch(H=64, W=64), 1).frames
    assert frames.shape == (1, 3, 3, 64, 64)
    assert frames.isfinite().all()


def test_a_saved_pipeline_loads_whole_or_not_at_all(tmp_path: Path, build, make_pipeline) -> None:
    make_pipeline(build()).save_pretrained(tmp_path)
    assert load_pipeline(tmp_path, torch.bfloat16).denoiser.dtype == torch.bfloat16
    file = tmp_path / "denoiser" / "diffusion_pytorch_model.safetensors"
    change(file, lambda s: s.pop("unet.conv_in.bias"))
    with pytest.raises(InputError, match=r"misses unet\.conv_in\.bias"):
        load_pipeline(tmp_path)
    file.write_bytes(b"no weights")
    with pytest.raises(InputError, match="can be loaded") as refusal:
        load_pipeline(tmp_path)
    assert "\n" not in str(refusal.value)
    file.unlink()
    torch.save({}, file.with_suffix(".bin"))  # a pickle is not even looked at
    with pytest.raises(InputError, match="can be loaded"):
        load_pipeline(tmp_path)


def test_what_is_no_pipeline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no model_index\.json"):
        load_pipeline(tmp_path)
    with pytest.raises(InputError, match="can be loaded"):
        load_pipeline(tmp_path / "absent")
