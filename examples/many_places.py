"""One person in many places: what is found in the clip is found once.

python examples/many_places.py CLIP OUT PICTURE PICTURE …
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dynascene import CameraInput, GenerationRequest, PersonInput, PlaceInput, make_clip


def put_everywhere(
    person: PersonInput, camera: CameraInput, places: Sequence[Path], out: Path
) -> list[Path]:
    """A clip for each picture, in a folder of its name.

    The first run leaves the matte and the camera that it found in ``footage`` for the others.
    """
    clips: list[Path] = []
    footage = out / places[0].stem / "footage"
    for place in places:
        if (footage / "matte").is_dir():
            person = replace(person, matte=footage / "matte")
        if (footage / "cameras.txt").is_file():
            camera = replace(camera, cameras=str(footage / "cameras.txt"), camera_scale=1.0)
        request = GenerationRequest(place=PlaceInput(scene=place), person=person, camera=camera)
        clips.append(make_clip(request, out / place.stem))
    return clips


if __name__ == "__main__":
    clip, out, *pictures = map(Path, sys.argv[1:])
    for made in put_everywhere(PersonInput(person=clip), CameraInput(), pictures, out):
        print(made)
