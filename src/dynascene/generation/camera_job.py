"""The camera of a clip, found before anything is generated."""

from pathlib import Path

from dynascene.display import Display
from dynascene.errors import InputError
from dynascene.generation.footage import CAMERAS, FOLDER, film_camera
from dynascene.generation.person_input import matted_person, open_person
from dynascene.generation.request import PersonInput
from dynascene.io.atomic import replacing
from dynascene.io.lens import tagged_focal
from dynascene.jobs.log import Log, notices_of_reading


def find_camera(
    person: PersonInput, frames: tuple[int, int] | None, out: Path, display: Display
) -> Path:
    """Track the camera of a person's clip, as ``make_clip`` would, into the new folder ``out``.

    Whoever brings no matte is cut out first.

    Returns:
        The camera file, with its scale beside it: what ``CameraInput`` takes as ``cameras``.

    Raises:
        InputError: a file is missing or unreadable, or the camera cannot be tracked; nothing is
            written then.
    """
    log = Log(display)
    with replacing(out) as temporary, notices_of_reading(log):
        temporary.mkdir()
        clip = open_person(person, frames)
        start = frames[0] if frames else 0
        _, matte, _ = matted_person(clip, person, start, temporary, log)
        tagged = tagged_focal(person.person, clip.colour.size)
        footage = film_camera(clip.colour, matte, person, None, temporary, log, tagged=tagged)
        if footage.camera is None:
            raise InputError(
                f"{person.person}: shows no background to track its camera by; give `cameras` "
                "FILE or a `move`"
            )
    return out / FOLDER / CAMERAS
