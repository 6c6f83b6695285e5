"""The packages that only solid places and animated characters need: the extra ``synthetic``."""

from importlib.util import find_spec

from dynascene.errors import InputError

PURPOSES = {"moderngl": "the solid world needs", "pygltflib": "animated characters (.glb) need"}


def check_installed(package: str) -> None:
    """Look whether a package of the extra can be imported.

    Args:
        package: one of ``PURPOSES``.

    Raises:
        InputError: it is not installed; the line says how to get it.
    """
    try:
        installed = find_spec(package) is not None
    except ImportError:
        installed = False
    if not installed:
        raise InputError(
            f"{PURPOSES[package]} {package}, which is not installed: "
            "pip install 'dynascene[synthetic]'"
        )
