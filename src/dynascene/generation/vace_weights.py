"""Wan2.1-VACE from a folder or a hub id: checked, loaded within a GPU's memory.

Nothing read here runs code. The text encoder is left out (``prompt_embeddings``).
"""

from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any, Literal

import torch
from diffusers.schedulers.scheduling_utils import SCHEDULER_CONFIG_NAME
from diffusers.utils import SAFE_WEIGHTS_INDEX_NAME, SAFETENSORS_WEIGHTS_NAME
from safetensors import SafetensorError, safe_open

from dynascene.devices import default_device
from dynascene.errors import InputError, one_line
from dynascene.extras import require
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.prompt_embeddings import ENCODER, TOKENIZER, check_prompts
from dynascene.generation.weights import INDEX, LIBRARIES, has_fast_bfloat16
from dynascene.io.checkpoints import HUB_ID
from dynascene.io.quiet_loading import quiet_loading
from dynascene.io.text import read_json

CLASS, CONFIG = "WanVACEPipeline", "config.json"
CLASSES = {"transformer": "WanVACETransformer3DModel", "vae": "AutoencoderKLWan"}
NETWORKS, SCHEDULER = tuple(CLASSES), "scheduler"
HUB = "Wan-AI/Wan2.1-VACE-1.3B-diffusers"
ADVICE = f"give the folder of Wan2.1-VACE in diffusers' layout, or fetch {HUB} by naming it"
GIB = 2**30


@dataclass(frozen=True)
class Preset:
    """How a network is held in a GPU's memory.

    eight_bits: stored in 8 bits, calculated in 16. offload: ``networks``: one network is on the GPU
    at a time; ``blocks``: one block of the transformer. frames: of one window, 4k + 1. four_bits:
    stored in 4 bits, by bitsandbytes.
    """

    eight_bits: bool
    offload: Literal["networks", "blocks"]
    frames: int = 81
    four_bits: bool = False


PRESETS: dict[str, Preset] = {
    "8": Preset(eight_bits=True, offload="networks", frames=49),
    "12": Preset(eight_bits=False, offload="networks"),
    "16": Preset(eight_bits=True, offload="blocks"),
    "24": Preset(eight_bits=True, offload="networks"),
}
"""By the gigabytes of the GPU."""
BY_BLOCKS = next(name for name, preset in PRESETS.items() if preset.offload == "blocks")
WITHOUT_PRESET = Preset(eight_bits=False, offload="networks")
FOUR_BITS = 0.57  # bytes a number: half a byte, a scale for 64 of them, and layers that stay in 16


def check_vace(options: GenerationOptions) -> Path:
    """The folder of the weights; a hub id is fetched, its text encoder only where it is needed.

    Raises:
        InputError: there is none, it is damaged or something else, a prompt cannot be encoded, or
            the weights are too large for the preset.
    """
    if options.null_camera:
        raise InputError("`cameras` none: the vace generator follows the guide's cameras")
    if not isinstance(options.weights, str):
        raise InputError(f"`weights`: the vace generator brings none; {ADVICE}")
    if options.four_bits:
        _check_four_bits()
    folder = _folder(options.weights)
    _check_index(folder)
    for network in NETWORKS:
        _check_network(folder / network)
    if options.preset is not None:
        _check_memory(folder, options.preset, preset_of(options))
    try:
        check_prompts(folder, prompts_of(options), text_width(folder))
    except InputError:
        if folder == Path(options.weights):
            raise
        folder = _folder(options.weights, with_encoder=True)
        check_prompts(folder, prompts_of(options), text_width(folder))
    return folder


def fetched_weights() -> str | None:
    """The folder of the published weights of 1.3B where all of them were fetched before; else None.

    Nobody has asked for them, so a folder that is not whole is none, and nothing is fetched.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = snapshot_download(HUB, local_files_only=True)
        check_vace(GenerationOptions(generator="vace", weights=folder))
    except (LocalEntryNotFoundError, InputError):
        return None
    return folder


def preset_of(options: GenerationOptions) -> Preset:
    """How the networks of a request are held.

    In 4 bits the transformer needs no group offload, so there is one network on the GPU at a time.
    """
    preset = PRESETS[options.preset] if options.preset else WITHOUT_PRESET
    if not options.four_bits:
        return preset
    return replace(preset, eight_bits=False, four_bits=True, offload="networks")


def _check_four_bits() -> None:
    """Raises InputError where nothing can calculate with weights of 4 bits."""
    require("vace4", "`four_bits`")
    if default_device().type != "cuda":
        raise InputError("`four_bits`: needs an NVIDIA GPU (`device` cuda); leave it out elsewhere")


def prompts_of(options: GenerationOptions) -> tuple[str, str]:
    """What to show, and what not; empty where nothing was asked for."""
    return options.prompt or "", options.negative_prompt or ""


def text_width(folder: Path) -> int:
    """Of a token of text, as the transformer takes it.

    Raises:
        InputError: its configuration is damaged.
    """
    path = folder / "transformer" / CONFIG
    width = _content(path).get("text_dim", 4096)
    if type(width) is not int or width < 1:
        raise InputError(f"{path}: text_dim {width}: must be a whole number above 0")
    return width


def load_vace(folder: Path, preset: Preset) -> Any:
    """diffusers' ``WanVACEPipeline`` without a text encoder, on ``default_device``.

    The autoencoder calculates in float32, in tiles where frames are large.

    Raises:
        InputError: a file is damaged, or a network of another kind.
    """
    from diffusers.pipelines.wan.pipeline_wan_vace import WanVACEPipeline

    device = default_device()
    dtype = torch.bfloat16 if has_fast_bfloat16() else torch.float32
    try:
        with quiet_loading("diffusers"):
            parts = {"transformer": in_four_bits(folder, dtype)} if preset.four_bits else {}
            pipeline = WanVACEPipeline.from_pretrained(
                folder, text_encoder=None, tokenizer=None, use_safetensors=True,
                dtype={"transformer": dtype, "default": torch.float32}, local_files_only=True,
                **parts,
            )  # fmt: skip
    except Exception as error:  # whatever the readers of json, safetensors and classes raise
        raise InputError(
            f"`weights` {folder}: cannot be loaded ({one_line(error, longest=160)})"
        ) from error
    pipeline.vae.enable_tiling()
    pipeline.set_progress_bar_config(disable=True)
    if preset.eight_bits:
        pipeline.transformer.enable_layerwise_casting(
            storage_dtype=torch.float8_e4m3fn, compute_dtype=dtype
        )
    _place(pipeline, preset, device)
    return pipeline


def in_four_bits(folder: Path, dtype: torch.dtype) -> Any:
    """The transformer with its linear layers in 4 bits (NF4), calculated in ``dtype``."""
    from diffusers.models.transformers.transformer_wan_vace import WanVACETransformer3DModel

    return WanVACETransformer3DModel.from_pretrained(
        folder / "transformer", quantization_config=four_bit_config(dtype), dtype=dtype,
        use_safetensors=True, local_files_only=True,
    )  # fmt: skip


def four_bit_config(dtype: torch.dtype) -> Any:
    """How bitsandbytes stores weights: NF4 (Dettmers et al., 2023), its scales in 8 bits."""
    from diffusers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def _place(pipeline: Any, preset: Preset, device: torch.device) -> None:
    if device.type == "cpu":
        return
    if preset.offload == "networks":
        pipeline.enable_model_cpu_offload(device=device)
        return
    pipeline.transformer.enable_group_offload(
        device, offload_type="block_level", num_blocks_per_group=1,
        use_stream=device.type == "cuda",
    )  # fmt: skip
    pipeline.vae.to(device)


def _folder(name: str, *, with_encoder: bool = False) -> Path:
    if Path(name).is_dir():
        return Path(name)
    if Path(name).exists() or not HUB_ID.fullmatch(name) or name.startswith("."):
        raise InputError(f"`weights` {name}: is no folder and no hub id (owner/name); {ADVICE}")
    from huggingface_hub import snapshot_download

    parts = (*NETWORKS, SCHEDULER, *((ENCODER, TOKENIZER) if with_encoder else ()))
    try:
        return Path(snapshot_download(name, allow_patterns=[INDEX, *(f"{p}/*" for p in parts)]))
    except Exception as error:  # network and permission errors of several libraries
        raise InputError(
            f"`weights` {name}: is no folder here and cannot be fetched from the hub "
            f"({one_line(error, longest=160)})"
        ) from error


def _check_index(folder: Path) -> None:
    """An index could name any class of any library: only the expected ones are let through.

    The scheduler may be of any kind.
    """
    path = folder / INDEX
    if not path.is_file():
        raise InputError(f"`weights` {folder}: has no {INDEX}; {ADVICE}")
    index = _content(path)
    _check_class(path, index.get("_class_name"), CLASS)
    parts = {name: entry for name, entry in index.items() if isinstance(entry, list)}
    libraries = {str(entry[0]) if entry else "nothing" for entry in parts.values()}
    if strange := sorted(libraries - {"None", *LIBRARIES}):
        raise InputError(f"{path}: a part is of {strange[0]}; expected diffusers or transformers")
    for name, expected in CLASSES.items():
        _check_class(path, parts.get(name, [None])[-1], expected)
    if not (folder / SCHEDULER / SCHEDULER_CONFIG_NAME).is_file():
        raise InputError(f"`weights` {folder}: lacks {SCHEDULER}/{SCHEDULER_CONFIG_NAME}; {ADVICE}")


def _check_network(folder: Path) -> None:
    _check_class(
        folder / CONFIG, _content(folder / CONFIG).get("_class_name"), CLASSES[folder.name]
    )
    for path in weight_files(folder):
        try:
            with safe_open(path, framework="pt"):  # its header says how long the file is
                pass
        except (OSError, SafetensorError) as error:
            raise InputError(f"{path}: is no whole file of weights ({one_line(error)})") from error


def weight_files(folder: Path) -> list[Path]:
    """The files that a network's weights are read from, all of them there.

    Raises:
        InputError: one is missing, or the index of several cannot be read.
    """
    names, index = [SAFETENSORS_WEIGHTS_NAME], folder / SAFE_WEIGHTS_INDEX_NAME
    if index.is_file():
        places = _content(index).get("weight_map")
        if not isinstance(places, dict) or not places:
            raise InputError(f"{index}: has no weight_map")
        names = sorted(map(str, places.values()))
    paths = [folder / name for name in dict.fromkeys(names)]
    for path in paths:
        if not path.is_file():
            raise InputError(f"`weights` {folder}: lacks {path.name}; {ADVICE}")
    return paths


def _content(path: Path) -> dict[str, Any]:
    """Of a JSON file with named values."""
    content = read_json(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: is no JSON object")
    return content


def _check_class(path: Path, name: object, expected: str) -> None:
    if name != expected:
        raise InputError(f"{path}: describes {name or 'no class'}, expected {expected}; {ADVICE}")


def _check_memory(folder: Path, name: str, preset: Preset) -> None:
    """Raises InputError where the transformer alone fills the GPU of a preset."""
    numbers = 0
    for path in weight_files(folder / "transformer"):
        with safe_open(path, framework="pt") as file:
            numbers += sum(prod(file.get_slice(key).get_shape()) for key in file.keys())  # noqa: SIM118
    each = FOUR_BITS if preset.four_bits else 1 if preset.eight_bits else 2
    size = numbers * each / GIB
    if preset.offload == "networks" and size > 0.75 * int(name):
        by_blocks = f"{BY_BLOCKS}{' without `four_bits`' if preset.four_bits else ''}"
        raise InputError(
            f"`preset` {name}: these weights alone take {size:.0f} of {name} GB; take "
            f"{by_blocks}, which holds one block at a time, a larger one, or smaller weights"
        )
