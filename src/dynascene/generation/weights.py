"""Trained weights by name: the bundled ones, a folder, or a hub id. Nothing read here runs code."""

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import torch
from diffusers.configuration_utils import ConfigMixin
from safetensors import SafetensorError, safe_open

from dynascene.devices import default_device
from dynascene.errors import InputError, one_line
from dynascene.io.checkpoints import HUB_ID
from dynascene.io.checksums import sha256_of
from dynascene.io.quiet_loading import quiet_loading
from dynascene.io.text import parse_json, read_json
from dynascene.models.autoencoders import channels_last
from dynascene.models.config_values import check_config
from dynascene.models.diffusion.schedule import TRAINING_STEPS
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.models.systems import find_system
from dynascene.models.systems.system import System

BUNDLED = "small"
INDEX = "model_index.json"
COMPONENTS = ("denoiser", "image_encoder", "scheduler", "vae")
LIBRARIES = ("diffusers", "transformers", "dynascene")  # whose classes an index may name
WEIGHTS, FETCHED = "*.safetensors", ["*.json", "*.safetensors", "*.md"]
PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle")


class LoadedWeights(NamedTuple):
    """A pipeline ready to sample, and the sha256 of each weights file by its name."""

    pipeline: DynaScenePipeline
    sha256: dict[str, str]


def load_weights(name: str | Path | None = None) -> LoadedWeights:
    """The pipeline of ``name``, on ``default_device``.

    The denoiser calculates in bfloat16 where the device is made for it, all else in float32.

    name: None or "small" = the bundled weights; a folder as ``save_pretrained`` writes it; a hub
        id (owner/name).

    Raises InputError when there is none, it is incomplete or damaged, it holds pickles only, or it
    is of a system that is not known.
    """
    folder, paths = check_weights(name)
    pipeline = _load(folder)
    if system := pipeline.denoiser.config["system"]:
        find_system(system, f"`weights` {folder}")
    pipeline.set_progress_bar_config(disable=True)
    return LoadedWeights(pipeline, {str(p.relative_to(folder)): sha256_of(p) for p in paths})


def check_weights(name: str | Path | None) -> tuple[Path, list[Path]]:
    """The folder of ``name`` and its files of weights, not loaded yet; a hub id is fetched.

    Raises InputError when there is none, a file is damaged, or it is no whole pipeline.
    """
    folder = weights_folder(name)
    _check_index(folder)
    paths = sorted(folder.rglob(WEIGHTS))
    if not paths:
        raise InputError(_nothing_to_read(folder))
    for path in paths:
        try:
            safe_open(path, framework="pt")  # its header says how long the file is
        except (OSError, SafetensorError) as error:
            raise InputError(f"{path}: is no whole file of weights ({one_line(error)})") from error
    return folder, paths


def system_of(folder: Path) -> System | None:
    """The system of a folder of weights that are not loaded; None where they name none.

    Raises InputError when their config cannot be read, or the system is not known.
    """
    config = read_json(folder / "denoiser" / "config.json")
    name = config.get("system") if isinstance(config, dict) else None
    return find_system(name, f"`weights` {folder}") if name else None


def has_fast_bfloat16() -> bool:
    """Whether the device in use multiplies bfloat16 faster than float32."""
    kind = default_device().type
    if kind == "cuda":
        return torch.cuda.is_bf16_supported()
    if kind == "mps":
        return False
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(supported and supported())


def bundled_folder() -> Path:
    """Where the bundled weights lie, if this build has them."""
    return Path(str(files("dynascene"))) / "weights" / BUNDLED


def weights_folder(name: str | Path | None) -> Path:
    """The local folder of ``name``; a hub id is fetched. Raises InputError when there is none."""
    if name in (None, BUNDLED):
        if (folder := bundled_folder()).is_dir():
            return folder
        raise InputError(
            "this build has no bundled weights: use `generator` projection, or `weights` PATH"
        )
    path = Path(str(name))
    if path.is_dir():
        return path
    if path.is_file():
        why = " (a pickle, which could run code)" if path.suffix in PICKLES else ""
        raise InputError(f"`weights` {name}: is a file{why}; name a folder with a {INDEX}")
    if HUB_ID.fullmatch(str(name)) and not str(name).startswith("."):
        return _from_hub(str(name))
    raise InputError(f"`weights` {name}: is no folder and no hub id (owner/name)")


def _from_hub(repository: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(repository, allow_patterns=FETCHED))
    except Exception as error:  # network and permission errors of several libraries
        raise InputError(
            f"`weights` {repository}: is no folder here and cannot be fetched from the hub "
            f"({one_line(error, longest=160)})"
        ) from error


def _check_index(folder: Path) -> None:
    """An index could name any class of any library: only the expected ones are let through."""
    path = folder / INDEX
    if not path.is_file():
        raise InputError(f"`weights` {folder}: has no {INDEX}; name a folder of a whole pipeline")
    try:
        index = parse_json(path.read_text(encoding="utf-8"))
        parts = {name: entry[0] for name, entry in index.items() if isinstance(entry, list)}
    except (OSError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise InputError(f"{path}: cannot be read ({one_line(error, longest=160)})") from error
    if index.get("_class_name") != DynaScenePipeline.__name__ or sorted(parts) != [*COMPONENTS]:
        raise InputError(
            f"{path}: describes a {index.get('_class_name')} of {', '.join(sorted(parts))}; "
            f"expected a {DynaScenePipeline.__name__} of {', '.join(COMPONENTS)}"
        )
    for name, library in parts.items():
        if str(library).split(".")[0] not in LIBRARIES:
            raise InputError(f"{path}: {name} is of {library}; expected {', '.join(LIBRARIES)}")


def _nothing_to_read(folder: Path) -> str:
    if any(path.suffix in PICKLES for path in folder.rglob("*")):
        return f"`weights` {folder}: holds pickles, which could run code: save it as .safetensors"
    return f"`weights` {folder}: holds no {WEIGHTS}"


def _load(folder: Path) -> DynaScenePipeline:
    try:
        with quiet_loading("diffusers"):
            pipeline = DynaScenePipeline.from_pretrained(
                folder, use_safetensors=True, local_files_only=True
            )
            _check_configs(pipeline, folder)
            pipeline.to(default_device(), torch.float32)
            channels_last(pipeline.vae)
            if has_fast_bfloat16():
                pipeline.denoiser.to(torch.bfloat16)
            return pipeline
    except InputError:
        raise
    except Exception as error:  # whatever the readers of json, safetensors and classes raise
        raise InputError(
            f"`weights` {folder}: cannot be loaded ({one_line(error, longest=160)})"
        ) from error


def _check_configs(pipeline: DynaScenePipeline, folder: Path) -> None:
    """InputError for a value that would end the sampling, or make it endless."""
    parts = {name: getattr(pipeline, name) for name in COMPONENTS}
    for name, part in {INDEX: pipeline, **parts}.items():
        if isinstance(part, ConfigMixin):
            check_config(part.config, type(part), f"`weights` {folder}: {name}")
    if not 1 <= pipeline.config["steps"] <= TRAINING_STEPS:
        raise InputError(
            f"`weights` {folder}: {INDEX}: {pipeline.config['steps']} steps; "
            f"there are 1 to {TRAINING_STEPS}"
        )
