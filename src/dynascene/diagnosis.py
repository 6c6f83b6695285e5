"""What a bug report has to say of a machine: versions, devices, memory, weights, codecs, OpenGL."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any, Literal

from dynascene import __version__
from dynascene.devices import chosen_device
from dynascene.errors import InputError, one_line
from dynascene.extras import EXTRAS, installation, is_installed

# what is loaded of each package to see whether it works; None: nothing
PACKAGES = {
    "torch": "torch",
    "torchvision": "torchvision",  # one of another build than torch breaks diffusers
    "diffusers": "diffusers",
    "transformers": "transformers",
    "accelerate": None,
    "safetensors": None,
    "huggingface_hub": None,
    "numpy": "numpy",
    "scipy": None,
    "opencv-python-headless": "cv2",
    "av": "av",
    "pillow": None,
    "pycolmap": "pycolmap",
    "tyro": None,
    "rich": None,
}
ENCODERS = {
    "libx264": "finished clips (H.264)",
    "prores_ks": "clips with alpha (ProRes 4444)",
    "aac": "sound",
    "png": "pictures",
    "exr": "OpenEXR",
}
DECODERS = {
    "h264": "H.264",
    "hevc": "H.265",
    "prores": "ProRes",
    "libvpx-vp9": "WebM with alpha",
    "libdav1d": "AV1",
}
GIBIBYTE = 2**30


@dataclass(frozen=True)
class Diagnosis:
    """Everything, as plain JSON values.

    Attributes:
        dynascene: version of this package.
        system: its name, Python's version, CPU cores, memory and free space in GiB; None: unknown.
        packages: version of each package, and why it does not load; None: it is not installed.
        devices: GPUs with their memory in GiB, and what networks calculate on.
        extras: packages of each extra that are missing.
        weights: state of each network: here, not fetched or damaged.
        encoders, decoders: whether FFmpeg has them.
        opengl: what renders solid places, or why nothing does.
    """

    dynascene: str
    system: Mapping[str, Any]
    packages: Mapping[str, str | None]
    devices: Mapping[str, Any]
    extras: Mapping[str, list[str]]
    weights: Mapping[str, str]
    encoders: Mapping[str, bool]
    decoders: Mapping[str, bool]
    opengl: str

    def to_json(self) -> dict[str, Any]:
        """For a report."""
        return asdict(self)


def diagnose() -> Diagnosis:
    """Look at this machine. What is missing or broken is a value, never an error."""
    return Diagnosis(
        dynascene=__version__,
        system=_system(),
        packages={name: _version(name, module) for name, module in PACKAGES.items()},
        devices=_devices(),
        extras={extra: _missing(names) for extra, names in EXTRAS.items()},
        weights=_weights(),
        encoders={name: _has_codec(name, "w") for name in ENCODERS},
        decoders={name: _has_codec(name, "r") for name in DECODERS},
        opengl=_opengl(),
    )


def _system() -> dict[str, Any]:
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": len(affinity(0)) if affinity else os.cpu_count(),
        "memory_gib": _gibibytes(lambda psutil: psutil.virtual_memory().total),
        "free_memory_gib": _gibibytes(lambda psutil: psutil.virtual_memory().available),
        "free_disk_gib": _gibibytes(lambda psutil: psutil.disk_usage(os.getcwd()).free),
    }


def _gibibytes(measure: Callable[[Any], int]) -> float | None:
    """None where psutil does not load, or the current folder is gone."""
    try:
        return round(measure(import_module("psutil")) / GIBIBYTE, 1)
    except Exception:  # whatever a broken package or system raises
        return None


def _version(package: str, module: str | None) -> str | None:
    try:
        number = version(package)
    except PackageNotFoundError:
        return None
    try:
        if module is not None:
            import_module(module)
    except Exception as error:  # whatever a broken package raises
        return f"{number}, which does not load ({one_line(error, longest=160)})"
    return number


def _devices() -> dict[str, Any]:
    try:
        import torch
    except Exception as error:  # whatever a broken build raises
        return {"in_use": f"torch does not load: {one_line(error)}", "cuda": [], "mps": False}
    gpus = [_gpu(i) for i in range(torch.cuda.device_count() if torch.cuda.is_available() else 0)]
    try:
        chosen = chosen_device() or ("cuda" if gpus else "cpu")
    except InputError as error:
        chosen = str(error)
    return {
        "in_use": chosen,
        "cuda": gpus,
        "cuda_of_torch": torch.version.cuda,
        "mps": torch.backends.mps.is_available(),
    }


def _gpu(index: int) -> dict[str, Any]:
    """Its name and its memory; None for the memory where CUDA does not start on it."""
    import torch

    try:
        free, whole = torch.cuda.mem_get_info(index)
        name = torch.cuda.get_device_name(index)
    except Exception as error:  # a GPU that is full, in exclusive use or broken
        return {"name": one_line(error, longest=160), "memory_gib": None, "free_memory_gib": None}
    return {
        "name": name,
        "memory_gib": round(whole / GIBIBYTE, 1),
        "free_memory_gib": round(free / GIBIBYTE, 1),
    }


def _missing(packages: tuple[str, ...]) -> list[str]:
    return [package for package in packages if not is_installed(package)]


def _weights() -> dict[str, str]:
    from dynascene.estimators.weights import WEIGHTS, weights_state

    bundled = "here" if (files("dynascene") / "weights" / "small").is_dir() else "missing"
    return {"small (bundled)": bundled} | {name: weights_state(name) for name in WEIGHTS}


def _has_codec(name: str, mode: Literal["r", "w"]) -> bool:
    try:
        import av

        av.Codec(name, mode)
    except (ValueError, ImportError, OSError):  # PyAV's UnknownCodecError is a ValueError
        return False
    return True


def _opengl() -> str:
    try:
        from dynascene.synthetic.solid.graphics import graphics

        info = graphics().context.info
    except Exception as error:  # whatever a broken driver raises
        return one_line(error)
    return f"{info['GL_RENDERER']}, OpenGL {info['GL_VERSION']}"


def text_of(diagnosis: Diagnosis) -> str:
    """The same for people, a line for each thing."""
    system, devices = diagnosis.system, diagnosis.devices
    rows = [
        ("dynascene", diagnosis.dynascene),
        ("system", f"{system['system']}, Python {system['python']}, {system['cores']} CPU cores"),
        ("memory", f"{_size(system['memory_gib'])}, {_size(system['free_memory_gib'])} free"),
        ("disk here", f"{_size(system['free_disk_gib'])} free"),
        ("networks on", str(devices["in_use"])),
    ]
    rows += [
        (
            "GPU",
            f"{gpu['name']}, {_size(gpu['memory_gib'])}, {_size(gpu['free_memory_gib'])} free",
        )
        for gpu in devices["cuda"]
    ] or [("GPU", "Metal" if devices["mps"] else "none that this torch can use")]
    rows += [("OpenGL", diagnosis.opengl)]
    rows += [(name, present or "not installed") for name, present in diagnosis.packages.items()]
    rows += [
        (
            f"extra {extra}",
            f"without {', '.join(names)}: {installation(extra)}" if names else "here",
        )
        for extra, names in diagnosis.extras.items()
    ]
    rows += [(f"weights {name}", state) for name, state in diagnosis.weights.items()]
    for kind, uses, there in (
        ("encoder", ENCODERS, diagnosis.encoders),
        ("decoder", DECODERS, diagnosis.decoders),
    ):
        rows += [
            (f"{kind} {name}", f"{'here' if there[name] else 'missing'}: {uses[name]}")
            for name in uses
        ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:{width}}  {value}" for name, value in rows)


def _size(gibibytes: float | None) -> str:
    return "unknown" if gibibytes is None else f"{gibibytes} GiB"
