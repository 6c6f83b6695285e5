"""Which options take what an unfinished run has found in the footage."""

from pathlib import Path

from dynascene.generation.footage import CAMERAS, DEPTH
from dynascene.generation.request import SCALE
from dynascene.generation.subject import MATTE

OPTIONS = {MATTE: "--matte", CAMERAS: "--cameras", DEPTH: "--scene-depth"}


def how_to_go_on(place: Path) -> str:
    """One line on the partial results in a folder, for the user."""
    options = [
        f"{option} {place / name}" for name, option in OPTIONS.items() if (place / name).exists()
    ]
    if not options:
        return f"what was found is kept in {place}"
    unscaled = (place / CAMERAS).exists() and not (place / SCALE).exists()
    but = " (the camera's scale was not found yet)" if unscaled else ""
    return f"what was found is kept, go on with {' '.join(options)}{but}"
