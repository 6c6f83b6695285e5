"""Which parameters take what an unfinished run has found in the footage."""

from pathlib import Path

from dynascene.generation.footage import CAMERAS, DEPTH
from dynascene.generation.request import SCALE
from dynascene.generation.subject import MATTE

PARAMETERS = {MATTE: "matte", CAMERAS: "cameras", DEPTH: "scene_depth"}


def how_to_go_on(place: Path) -> str:
    """One line on the partial results in a folder, for the user."""
    parameters = [
        f"`{parameter}` {place / name}"
        for name, parameter in PARAMETERS.items()
        if (place / name).exists()
    ]
    if not parameters:
        return f"what was found is kept in {place}"
    unscaled = (place / CAMERAS).exists() and not (place / SCALE).exists()
    but = " (the camera's scale was not found yet)" if unscaled else ""
    return f"what was found is kept, go on with {' '.join(parameters)}{but}"
