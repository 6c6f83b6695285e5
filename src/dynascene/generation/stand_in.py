"""A small stand-in for a person's clip, on disk: a few frames, their matte and their cameras.

Reading a long clip takes most of a preview's time. With the stand-in it is read once, and previews
of other places, lights and positions follow quickly.
"""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from dynascene.errors import InputError
from dynascene.generation.camera_input import read_filmed
from dynascene.generation.clip_scale import clip_beside, write_tracked_clip
from dynascene.generation.person_input import FilmedPerson, open_person
from dynascene.generation.request import CameraInput, GenerationRequest, PersonInput
from dynascene.generation.thinning import thinned_clip, thinned_person, thinned_track
from dynascene.io.atomic import replacing, write_text
from dynascene.io.cameras import write_cameras
from dynascene.io.images import write_png
from dynascene.jobs.log import Log
from dynascene.types import Size

FRAMES, MATTE, CAMERAS, FACTS = "frames", "matte", "cameras.txt", "stand-in.json"
SLOWEST = Fraction(1, 10)  # frames a second of a folder of pictures


def make_stand_in(request: GenerationRequest, folder: Path) -> None:
    """Write the stand-in of a request's person and camera file into a new ``folder``.

    Raises:
        InputError: the request has no person, their matte is still to be made, or a file cannot be
            read; nothing is written then.
    """
    person = request.person
    if person is None:
        raise InputError("a stand-in needs a `person`")
    clip = open_person(person, request.frames)
    if clip.matte is None:
        raise InputError(f"{person.person}: there is no `matte` yet; cut the person out first")
    count = len(clip.colour)
    rate = float(clip.colour.frame_rate)
    beside = clip_beside(request.camera, person.person, Log())
    size = clip.colour.size
    filmed = read_filmed(request.camera, size, count, request.frames, Log(), rate, beside)
    with replacing(folder) as temporary:
        temporary.mkdir()
        small = thinned_clip(clip)
        facts = {"size": clip.colour.size, "count": count, "rate": str(small.colour.frame_rate)}
        write_text(temporary / FACTS, json.dumps(facts))
        _write_frames(small, temporary, has_own_alpha=person.matte is None)
        if filmed is not None:
            write_cameras(
                thinned_track(filmed.track, small.colour.size), temporary / CAMERAS, "re10k"
            )
            if beside is not None:
                if beside.scale is not None:
                    scale = beside.scale.of_excerpt(filmed.whole or filmed.track, filmed.track)
                    beside = beside._replace(scale=scale)
                write_tracked_clip(
                    beside, temporary / FRAMES, temporary / CAMERAS, len(small.colour)
                )


def with_stand_in(request: GenerationRequest, folder: Path) -> GenerationRequest:
    """The same request with the stand-in for its person and its camera file.

    folder: that ``make_stand_in`` has written for this person and this camera.
    """
    person = request.person
    assert person is not None, "make_stand_in has looked"
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    small = thinned_person(replace(person, hints=()), Size(*facts["size"]), facts["count"])
    has_matte = (folder / MATTE).is_dir()
    return replace(
        request,
        person=PersonInput(
            person=folder / FRAMES,
            matte=folder / MATTE if has_matte else None,
            matte_shrink=small.matte_shrink,
            matte_feather=small.matte_feather,
            person_height=person.person_height,
            alpha="auto" if has_matte else "straight",
            frame_rate=max(SLOWEST, Fraction(facts["rate"])),
        ),
        camera=_camera(request.camera, folder),
        frames=None,
    )


def _camera(camera: CameraInput, folder: Path) -> CameraInput:
    if not (folder / CAMERAS).is_file():
        return camera
    return replace(
        camera,
        cameras=str(folder / CAMERAS),
        camera_format="re10k",
        rotation_order=None,
        sensor=None,
    )


def _write_frames(clip: FilmedPerson, folder: Path, *, has_own_alpha: bool) -> None:
    """Colours and mattes as PNG, or colours with alpha: what lies under alpha was not filmed."""
    assert clip.matte is not None, "make_stand_in has looked"
    (folder / FRAMES).mkdir()
    if not has_own_alpha:
        (folder / MATTE).mkdir()
    for index, (colour, matte) in enumerate(
        zip(clip.colour.read(), clip.matte.read(), strict=True)
    ):
        name = f"{index:05d}.png"
        if has_own_alpha:
            write_png(folder / FRAMES / name, np.dstack([colour, matte]))
        else:
            write_png(folder / FRAMES / name, colour)
            write_png(folder / MATTE / name, matte)
