"""What can be said of a request before anything is opened or made."""

from pathlib import Path

from dynascene.errors import InputError
from dynascene.extras import require
from dynascene.generation.layers import check_layers
from dynascene.generation.request import GenerationRequest, MotionInput
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.io.keyframes import is_keyframe_file
from dynascene.io.ocio import check_space
from dynascene.io.paths import is_there
from dynascene.types import Size

ANY_SIZE, ANY_FOV, FEW_FRAMES = Size(64, 36), 60.0, 2  # a move is good or bad for all of them


def check_request(request: GenerationRequest) -> None:
    """Check what a request names; no file is opened but a move's.

    Raises:
        InputError: a file is not there, a move has no meaning, an extra is missing, or the
            generator makes nobody move.
    """
    for parameter, path in request.needed_files.items():
        check_is_there(parameter, path)
    check_layers(request.delivery.layers)
    if request.options.four_bits:
        require("vace4", "`four_bits`")
    person = request.person
    check_space("ocio_person", person.ocio_person if person else None)
    check_space("ocio_scene", request.place.ocio_scene)
    check_space("ocio_layers", request.delivery.ocio_layers)
    move = request.camera.move
    if move is not None and not is_keyframe_file(Path(move)):
        make_move(move, FEW_FRAMES, intrinsics_from_fov(ANY_FOV, ANY_SIZE), ANY_SIZE)
    name = request.options.generator
    if name in ("projection", "vace") and request.motion != MotionInput():
        raise InputError(f"`generator` {name}: makes nobody move; leave `pose` out, or it")


def check_is_there(parameter: str, path: Path | None) -> None:
    """Raise InputError where the file or folder that a parameter names does not exist."""
    if path is not None and not is_there(path):
        raise InputError(f"`{parameter}` {path}: there is no such file or folder")
