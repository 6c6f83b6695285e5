"""The landmarks that lie beside a person's matte."""

from dataclasses import replace
from pathlib import Path

from dynascene.errors import InputError
from dynascene.estimators.matte.job import LANDMARKS
from dynascene.generation.footage import FOLDER
from dynascene.generation.request import GenerationRequest
from dynascene.generation.subject import MATTE
from dynascene.io.landmarks import PoseLandmarks, read_landmarks
from dynascene.phrases import count_of
from dynascene.types import Shot


def landmarks_of(request: GenerationRequest, shot: Shot, folder: Path) -> PoseLandmarks | None:
    """The landmarks of a shot's frames; None where its matte came without any.

    Args:
        request: names the matte, which may be that of the whole clip.
        shot: the frames in use.
        folder: of the results, where a matte that was made lies.

    Raises:
        InputError: they cannot be read, or are those of another clip.
    """
    given = request.person.matte if request.person else None
    path = (given or folder / FOLDER / MATTE) / LANDMARKS
    if not path.is_file():
        return None
    landmarks = read_landmarks(path)
    start, stop = request.frames or (0, len(shot))
    if len(landmarks) == len(shot):
        start, stop = 0, len(shot)
    if len(landmarks) < stop or landmarks.size != shot.size:
        raise InputError(
            f"{path}: holds {count_of(len(landmarks), 'frame')} of {landmarks.size}, and the clip "
            f"has {len(shot)} of {shot.size}; move it away where it belongs to another clip"
        )
    names = ("points", "depth", "visibility", "doubt", "person")
    return replace(landmarks, **{name: getattr(landmarks, name)[start:stop] for name in names})
