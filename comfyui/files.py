"""Files of ComfyUI's input and output folders, and none beyond them."""

from pathlib import Path

import folder_paths  # ty: ignore[import-not-found]  # ComfyUI's own

from dynascene import InputError


def input_path(name: str) -> Path:
    """A file or folder within ComfyUI's input folder.

    Raises InputError where there is none, or the name leads elsewhere.
    """
    path = _within(Path(folder_paths.get_input_directory()), name)
    if not path.exists():
        raise InputError(f"`file` {name}: is not in ComfyUI's input folder")
    return path


def new_output_path(name: str, ending: str = "") -> Path:
    """The next free NAME_00001 within ComfyUI's output folder; the folder above it is made.

    Raises InputError where the name leads elsewhere.
    """
    stem = _within(Path(folder_paths.get_output_directory()), name)
    stem.parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while (path := stem.with_name(f"{stem.name}_{number:05d}{ending}")).exists():
        number += 1
    return path


def _within(folder: Path, name: str) -> Path:
    folder = folder.resolve()
    path = (folder / name).resolve()
    if not name.strip() or folder not in path.parents:
        raise InputError(f"`file` {name!r}: give a name within {folder.name}")
    return path
