"""Public weights into size ``sd15``, every key accounted for.

What is read: Stable Diffusion 1.5 in diffusers' layout (folders ``unet`` and ``vae``), inpainting
or with other input channels; CLIP ViT-L/14; and AnimateDiff v2 motion modules, as a diffusers
``MotionAdapter`` or in the original key layout of ``mm_sd_v15_v2.ckpt``. A source is a folder, a
file or a hub id.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from dynascene.errors import InputError, first_line, some_of
from dynascene.io.checkpoints import (
    check_fit,
    check_loading_info,
    find_weights,
    is_here,
    read_tensors,
)
from dynascene.models.conditioners import Conditioner
from dynascene.models.conditioners.base import SpatialUNet
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.input_layout import INPAINTING, InputLayout, map_input_columns
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.models.public_weights import SD15_PUBLIC, PublicWeights

DIFFUSERS_FILES = (
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.fp16.safetensors",
    "diffusion_pytorch_model.bin",
)
TRANSFORMERS_FILES = ("model.safetensors", "pytorch_model.bin")
MOTION_KEY = ".motion_modules."
CONV_IN = "conv_in.weight"
CLIP_TEXT_KEYS = ("text_model.", "text_projection.", "logit_scale")  # the half that is not used
CLIP_POSITION_IDS = "vision_model.embeddings.position_ids"  # a counter that older files store
POSITION_TOLERANCE = 1e-3  # half precision files round the sines


def pipeline_from_public_weights(
    denoiser: Denoiser,
    stable_diffusion: str | Path = SD15_PUBLIC.stable_diffusion,
    motion: str | Path | None = SD15_PUBLIC.motion,
    clip: str | Path = SD15_PUBLIC.clip,
    *,
    layout: InputLayout = SD15_PUBLIC.layout,
    unread: Collection[str] = (),
) -> DynaScenePipeline:
    """A pipeline of size ``sd15`` as the paper initialises it: ready to be trained.

    The gates are opened and stay so; what public weights do not hold (camera encoder and adaptors,
    guide channels) stays fresh and silent.

    Args:
        stable_diffusion: a model of Stable Diffusion's structure (U-Net and autoencoder).
        motion: motion modules; None leaves them fresh.
        clip: the image encoder.
        layout, unread: see ``load_spatial``.

    Raises:
        InputError: a file is missing, or any key or input channel is not accounted for.
    """
    load_spatial(denoiser, stable_diffusion, layout, unread=unread)
    if motion is not None:
        load_motion(denoiser.unet, motion)
    denoiser.open_gates(learn=False)
    return DynaScenePipeline(
        vae=load_autoencoder(stable_diffusion),
        image_encoder=load_clip(clip),
        denoiser=denoiser,
        scheduler=ddim_scheduler(denoiser.quantity, denoiser.schedule),
    )


def missing_weights(public: PublicWeights) -> list[str]:
    """The sources of public weights that would have to be fetched."""
    parts = [
        (public.stable_diffusion, DIFFUSERS_FILES, "unet"),
        (public.stable_diffusion, DIFFUSERS_FILES, "vae"),
        (public.clip, TRANSFORMERS_FILES, ""),
    ]
    if public.motion is not None:
        parts.append((public.motion, DIFFUSERS_FILES, ""))
    missing = [source for source, names, folder in parts if not is_here(source, names, folder)]
    return list(dict.fromkeys(missing))


def load_spatial(
    denoiser: Denoiser,
    source: str | Path,
    layout: InputLayout = INPAINTING,
    *,
    unread: Collection[str] = (),
) -> None:
    """A public 2-D U-Net into the denoiser's 2-D part and into its conditioners' own U-Nets.

    Motion modules keep their weights.

    Args:
        layout: what the source's input channels mean. They are read by meaning: those that a U-Net
            of ours has beyond them become zero.
        unread: meanings that may be left out where a U-Net of ours has no such input.

    Raises:
        InputError: a file is missing, or any key or input channel is not accounted for.
    """
    path = find_weights(source, DIFFUSERS_FILES, "unet")
    state = read_tensors(path)
    origin = str(path)
    unets = [("the denoiser", SpatialUNet(denoiser.unet, denoiser.input_layout))]
    for name, conditioner in denoiser.conditioners.items():
        if isinstance(conditioner, Conditioner):
            unets += [(f"the conditioner {name}", own) for own in conditioner.spatial_unets()]
    weight = _conv_in(state, origin)
    weights = [
        map_input_columns(weight, layout, own.layout, origin=origin, reader=reader, unread=unread)
        for reader, own in unets
    ]
    for (_, own), mapped in zip(unets, weights, strict=True):
        load_unet_2d(own.unet, {**state, CONV_IN: mapped}, origin)


def _conv_in(state: Mapping[str, Tensor], origin: str) -> Tensor:
    if CONV_IN not in state:
        raise InputError(f"{origin}: misses {CONV_IN}, so it is no U-Net of diffusers")
    return state[CONV_IN]


def load_unet_2d(unet: nn.Module, state: Mapping[str, Tensor], origin: str) -> None:
    """Fill the 2-D part of a U-Net; motion modules keep their weights."""
    motion = {key: tensor for key, tensor in unet.state_dict().items() if MOTION_KEY in key}
    if stray := [key for key in state if MOTION_KEY in key]:
        raise InputError(f"{origin}: {some_of(stray)} belong to motion modules, not to a 2-D U-Net")
    load_exactly(unet, {**motion, **state}, origin)


def load_motion(unet: nn.Module, source: str | Path) -> None:
    """AnimateDiff v2 motion modules, in either layout, into a denoiser's U-Net."""
    path = find_weights(source, DIFFUSERS_FILES)
    state = read_tensors(path)
    if any(".temporal_transformer." in key for key in state):
        state = motion_from_original(state, str(path))
    if not any(key.startswith("mid_block.") for key in state):
        raise InputError(f"{path}: has no middle block: AnimateDiff v2 is expected (not v1 or v3)")
    spatial = {key: tensor for key, tensor in unet.state_dict().items() if MOTION_KEY not in key}
    if stray := [key for key in state if MOTION_KEY not in key]:
        raise InputError(f"{path}: {some_of(stray)} belong to no motion module")
    load_exactly(unet, {**spatial, **state}, str(path))


# original name inside ``temporal_transformer`` → name inside a diffusers motion module
ORIGINAL_MOTION_RULES = (
    (r"(norm|proj_in|proj_out)\.(weight|bias)", r"\1.\2"),
    (r"(transformer_blocks\.\d+)\.attention_blocks\.0\.(to_[qkv]\.weight|to_out\.0\.\w+)",
     r"\1.attn1.\2"),
    (r"(transformer_blocks\.\d+)\.attention_blocks\.1\.(to_[qkv]\.weight|to_out\.0\.\w+)",
     r"\1.attn2.\2"),
    (r"(transformer_blocks\.\d+)\.attention_blocks\.[01]\.pos_encoder\.pe", r"\1.pos_embed.pe"),
    (r"(transformer_blocks\.\d+)\.norms\.0\.(weight|bias)", r"\1.norm1.\2"),
    (r"(transformer_blocks\.\d+)\.norms\.1\.(weight|bias)", r"\1.norm2.\2"),
    (r"(transformer_blocks\.\d+)\.ff_norm\.(weight|bias)", r"\1.norm3.\2"),
    (r"(transformer_blocks\.\d+)\.(ff\.net\.\d\.(?:proj\.)?(?:weight|bias))", r"\1.\2"),
)  # fmt: skip
ORIGINAL_MOTION_KEY = re.compile(
    r"(?:module\.)?((?:down_blocks\.\d+|mid_block|up_blocks\.\d+)\.motion_modules\.\d+)"
    r"\.temporal_transformer\.(.+)"
)


def motion_from_original(state: Mapping[str, Tensor], origin: str) -> dict[str, Tensor]:
    """Rename the keys of an original AnimateDiff file to those of a diffusers MotionAdapter.

    The two attentions of a block store one positional encoding each, and diffusers shares one: they
    must be equal.

    Raises:
        InputError: a key that no rule covers, or two encodings that differ.
    """
    renamed: dict[str, Tensor] = {}
    for key, tensor in state.items():
        name = _diffusers_motion_name(key)
        if name is None:
            raise InputError(f"{origin}: {key} is no key of an AnimateDiff motion module")
        if name in renamed and not torch.equal(renamed[name], tensor):
            raise InputError(f"{origin}: {key} differs from that of the block's other attention")
        renamed[name] = tensor
    return renamed


def _diffusers_motion_name(key: str) -> str | None:
    module = ORIGINAL_MOTION_KEY.fullmatch(key)
    if module is None:
        return None
    for pattern, replacement in ORIGINAL_MOTION_RULES:
        if match := re.fullmatch(pattern, module[2]):
            return f"{module[1]}.{match.expand(replacement)}"
    return None


def load_exactly(module: Any, state: Mapping[str, Tensor], origin: str) -> None:
    """Load a state dict; InputError names all keys and shapes that do not fit, in one line."""
    own = module.state_dict()
    check_fit(own, state, origin)
    for key in (k for k in own if k.endswith("pos_embed.pe")):
        # a formula, not a weight: another one would mean another layout of the frames
        if (own[key] - state[key]).abs().max() > POSITION_TOLERANCE:
            raise InputError(f"{origin}: {key} is not the sinusoidal encoding of AnimateDiff")
    module.load_state_dict(dict(state))


def load_autoencoder(source: str | Path) -> nn.Module:
    """Stable Diffusion's autoencoder from the folder ``vae``."""
    from diffusers import AutoencoderKL

    return _from_library(AutoencoderKL, source, left_out=(), subfolder="vae")


def load_clip(source: str | Path) -> nn.Module:
    """CLIP's image encoder; the text encoder of a full checkpoint is skipped."""
    from transformers import CLIPVisionModelWithProjection

    left_out = (*CLIP_TEXT_KEYS, CLIP_POSITION_IDS)
    return _from_library(CLIPVisionModelWithProjection, source, left_out)


def _from_library(kind: Any, source: str | Path, left_out: tuple[str, ...], **options) -> nn.Module:
    """``from_pretrained`` that raises where the library would only warn."""
    model, info = _loaded(kind, source, {"output_loading_info": True, **options})
    check_loading_info(info, f"{source} ({kind.__name__})", left_out)
    return model


def load_pipeline(source: str | Path, dtype: torch.dtype = torch.float32) -> DynaScenePipeline:
    """A pipeline that this project saved, from a folder or a hub id.

    Raises:
        InputError: there is none, a file is broken, or a key does not fit.
    """
    folder = Path(source)
    if folder.exists() and not (folder / "model_index.json").is_file():
        raise InputError(f"{source}: is no saved pipeline (it has no model_index.json)")
    return _loaded(DynaScenePipeline, source, {"use_safetensors": True}).to(dtype)


def _loaded(kind: Any, source: str | Path, options: Mapping[str, Any]) -> Any:
    """``from_pretrained`` whose errors are one line each."""
    try:
        return kind.from_pretrained(str(source), **options)
    except (OSError, ValueError, RuntimeError, AttributeError, SafetensorError) as error:
        raise InputError(
            f"{source}: no {kind.__name__} can be loaded ({first_line(error, longest=160)})"
        ) from error
