"""Reading and writing weights. Nothing that is read here can run code.

Safetensors is the format of this project. Other people's torch files are read with
``weights_only=True``; a pickle that asks for more is refused.
"""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynascene.errors import InputError, first_line, some_of
from dynascene.io.atomic import replacing

if TYPE_CHECKING:
    from torch import Tensor

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def read_tensors(path: Path, section: str = "state_dict") -> dict[str, Tensor]:
    """The named tensors of a safetensors or torch file, on the CPU.

    A torch file may hold them in a section; other entries beside it are left alone.

    Raises:
        InputError: when the file is missing, broken, holds no tensors or would run code.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such weights file")
    tensors = (
        _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path, section)
    )
    if not tensors:
        raise InputError(f"{path}: holds no named tensors")
    return tensors


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path}: is no whole safetensors file ({first_line(error, longest=160)})"
        ) from error


def _read_torch(path: Path, section: str) -> dict[str, Tensor]:
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle protocols: what is refused is said below
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path}: is not plain weights (loading it could run code): save it as .safetensors"
        ) from error
    except Exception as error:  # torch raises whatever its zip and pickle readers do
        raise InputError(
            f"{path}: is no whole weights file ({first_line(error, longest=160)})"
        ) from error
    if isinstance(content, Mapping) and isinstance(content.get(section), Mapping):
        content = content[section]
    if not isinstance(content, Mapping):
        raise InputError(f"{path}: holds a {type(content).__name__}, expected named tensors")
    return {str(key): value for key, value in content.items() if isinstance(value, torch.Tensor)}


def write_tensors(
    tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Write a safetensors file; it appears whole or not at all.

    Raises:
        InputError: when it cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.touch()
        mode = temporary.stat().st_mode
        try:
            whole = {name: tensor.contiguous() for name, tensor in tensors.items()}
            save_file(whole, temporary, dict(metadata or {}))
        except SafetensorError as error:
            raise InputError(
                f"{path}: cannot be written ({first_line(error, longest=160)})"
            ) from error
        temporary.chmod(mode)  # save_file leaves its files to their owner alone


def find_weights(source: str | Path, names: Sequence[str], subfolder: str = "") -> Path:
    """The path of the first of ``names`` in a file, a folder or a hub repository.

    Args:
        source: a file is returned as it is; in a folder, ``subfolder`` is used where it exists.
        names: of files, in order of preference.
        subfolder: of the folder or repository.

    Raises:
        InputError: there is none, or the hub cannot be reached.
    """
    path = Path(source)
    if path.is_file():
        return path
    if path.is_dir():
        folders = (path / subfolder, path)
        candidates = [f / name for f in folders for name in names if (f / name).is_file()]
        if candidates:
            return candidates[0]
        raise InputError(f"{path / subfolder}: holds none of {', '.join(names)}")
    if not HUB_ID.fullmatch(str(source)):
        raise InputError(f"{source}: is no file, no folder and no hub id (owner/name)")
    return _from_hub(str(source), names, subfolder)


def is_here(source: str | Path, names: Sequence[str], subfolder: str = "") -> bool:
    """Whether ``find_weights`` would find one of ``names`` without fetching it."""
    from huggingface_hub import try_to_load_from_cache

    if Path(source).exists():
        folders = (Path(source) / subfolder, Path(source))
        return Path(source).is_file() or any((f / n).is_file() for f in folders for n in names)
    if not HUB_ID.fullmatch(str(source)):
        return False
    files = [f"{subfolder}/{name}" if subfolder else name for name in names]
    return any(isinstance(try_to_load_from_cache(str(source), file), str) for file in files)


def _from_hub(repository: str, names: Sequence[str], subfolder: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    for name in names:
        try:
            return Path(hf_hub_download(repository, name, subfolder=subfolder or None))
        except LocalEntryNotFoundError as error:
            raise InputError(
                f"{repository}: the hub cannot be reached and it is not in the cache; "
                "download it and give the folder"
            ) from error
        except EntryNotFoundError:
            continue
        except Exception as error:  # network and permission errors of several libraries
            raise InputError(
                f"{repository}: cannot be fetched ({first_line(error, longest=160)})"
            ) from error
    raise InputError(f"{repository}: holds none of {', '.join(names)} in '{subfolder}'")


def check_loading_info(
    info: Mapping[str, Any], origin: str, left_out: tuple[str, ...] = ()
) -> None:
    """Check keys where diffusers or transformers only warn.

    Args:
        info: from ``from_pretrained(…, output_loading_info=True)``.
        origin: where the weights come from, for the message.
        left_out: prefixes of keys that the file may have and the model does not use.

    Raises:
        InputError: other keys are missing, unknown or of another shape.
    """
    unknown = [k for k in info["unexpected_keys"] if not any(map(str(k).startswith, left_out))]
    problems = {
        "misses": list(info["missing_keys"]),
        "has unknown": unknown,
        "misshapes": [str(k) for k in info.get("mismatched_keys", ())],
    }
    faults = [f"{what} {some_of(keys)}" for what, keys in problems.items() if keys]
    if faults:
        raise InputError(f"{origin}: {'; '.join(faults)}")


def check_fit(own: Mapping[str, Tensor], weights: Mapping[str, Tensor], origin: str) -> None:
    """Check that weights have the names and shapes of a module's own.

    Args:
        own: the module's weights.
        weights: those to load.
        origin: where they come from, for the message.

    Raises:
        InputError: a name is missing, unknown, or has another shape.
    """
    shared = sorted(own.keys() & weights.keys())
    info = {
        "missing_keys": sorted(own.keys() - weights.keys()),
        "unexpected_keys": sorted(weights.keys() - own.keys()),
        "mismatched_keys": [key for key in shared if own[key].shape != weights[key].shape],
    }
    check_loading_info(info, origin)
