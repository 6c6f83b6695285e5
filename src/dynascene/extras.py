"""The packages that only some commands need, by the extra of this package that brings them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from types import MappingProxyType

from dynascene.errors import InputError

# names as they are imported; a package of several extras is named after the first one
EXTRAS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "train": ("pyarrow", "tensorboard", "webdataset", "fsspec"),
        "curation": (
            "pyarrow",
            "fsspec",
            "ray",
            "scenedetect",
            "aiohttp",
            "sqlalchemy",
            "psycopg",
            "starlette",
            "uvicorn",
        ),
        "synthetic": ("moderngl", "pygltflib"),
        "app": ("gradio",),
        "vace": ("ftfy",),
        "vace4": ("bitsandbytes",),
        "exr": ("OpenEXR",),
        "ocio": ("PyOpenColorIO",),
        "wandb": ("wandb",),
    }
)


def require(extra: str, purpose: str, packages: Iterable[str] | None = None) -> None:
    """Look whether the packages of an extra can be imported; none of them is.

    Args:
        extra: a name of ``EXTRAS``.
        purpose: what needs them, the beginning of the line: "training".
        packages: those of the extra that it needs; None = all.

    Raises:
        InputError: one is not installed; the line says how to get it.
    """
    for package in EXTRAS[extra] if packages is None else packages:
        if not is_installed(package):
            raise InputError(
                f"{purpose} needs {package}, which is not installed: {installation(extra)}"
            )


def is_installed(package: str) -> bool:
    """Whether a package can be found; it is not imported."""
    try:
        return find_spec(package) is not None
    except ImportError:
        return False


def installation(extra: str) -> str:
    """The command that installs an extra."""
    return f'pip install "dynascene[{extra}]"'


def missing_extra(error: ImportError) -> str | None:
    """The line for an import that failed; None where no extra brings the package."""
    package = (error.name or "").partition(".")[0]
    for extra, packages in EXTRAS.items():
        if package in packages:
            return f"this needs {package}, which is not installed: {installation(extra)}"
    return None
