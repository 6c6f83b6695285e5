"""The person cut out, the clip's camera found, and both put into the place."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from dynascene.errors import InputError
from dynascene.estimators.scale.feet import standing_rays
from dynascene.generation.camera_files import check_camera_files
from dynascene.generation.camera_input import FilmedCamera, camera_track, read_filmed
from dynascene.generation.clip_scale import clip_beside
from dynascene.generation.footage import film_camera, warn_of_conflict, with_footage
from dynascene.generation.ground_contact import APART, GroundContact, clip_landmarks, find_contact
from dynascene.generation.guide import check_seen, prepare
from dynascene.generation.inputs import Inputs
from dynascene.generation.person_input import FilmedPerson, matted_person, open_person
from dynascene.generation.place_input import ScenePicture, lift_place
from dynascene.generation.placed_cameras import (
    PlacedTrack,
    evidence_of,
    lift_and_put,
    with_attitude,
)
from dynascene.generation.placing import PersonPlacer, stand_point
from dynascene.generation.request import NULL_CAMERA, GenerationRequest, PersonInput
from dynascene.generation.subject import matte_options
from dynascene.generation.thinning import (
    thinned_clip,
    thinned_numbers,
    thinned_person,
    thinned_track,
)
from dynascene.geometry.framing import filmed_attitude
from dynascene.geometry.lifting import LiftedScene
from dynascene.io.lens import tagged_focal
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack, FrameSource, Shot


class PersonClip(NamedTuple):
    """The person's clip as it was opened.

    Attributes:
        person: how it was asked for.
        clip: its frames.
        camera: as far as files and options tell it.
        is_tracked: whether the camera is to be found in the frames.
        is_own: whether the camera in use filmed the clip.
        length, frame_rate: of the clip before it was thinned.
    """

    person: PersonInput
    clip: FilmedPerson
    camera: FilmedCamera | None
    is_tracked: bool
    is_own: bool
    length: int
    frame_rate: float


def open_person_in_place(
    request: GenerationRequest,
    person: PersonInput,
    picture: ScenePicture,
    folder: Path,
    log: Log,
    *,
    is_preview: bool,
) -> Inputs:
    """Open the person's clip, cut them out, find its camera, and put both into the place.

    Args:
        folder: of the results, where the estimates are kept.
        is_preview: take a few small frames of the clip, see ``thinning``.

    Raises:
        InputError: whatever is missing, unreadable, or does not fit.
    """
    with log.stage("open person"):
        opened = _open_clip(request, person, log)
    if opened.clip.matte is None:
        with log.stage("check"):
            matte_options(person).check(person.person, opened.clip.colour)
            if not is_preview:
                _rehearse(request, picture, opened, folder)
    numbers = None
    if is_preview:
        with log.stage("thin"):
            numbers = tuple(thinned_numbers(len(opened.clip.colour)))
            opened = _thinned(opened)
    start = request.frames[0] if request.frames else 0
    clip = opened.clip
    foreground, matte, estimates = matted_person(clip, opened.person, start, folder, log)
    if opened.is_tracked:
        footage = film_camera(
            clip.colour,
            matte,
            opened.person,
            request.camera.fov,
            folder,
            log,
            tagged=tagged_focal(opened.person.person, clip.colour.size),
            lacks_things=_lacks_things(opened.person, estimates),
        )
        opened = opened._replace(camera=with_attitude(footage.camera, request))
        estimates |= footage.report
    placer = _placer(request, opened, matte, folder, log)
    put = _putter(request, opened, matte, placer, log)
    place, placed = lift_and_put(request, picture, opened.camera, put, folder, log)
    estimates |= evidence_of(place) | {"feet": placed.feet}
    has_foreign_camera = not opened.is_own and request.camera.cameras != NULL_CAMERA
    if has_foreign_camera and not clip.still:
        height = place.scene.surface.height
        warn_of_conflict(clip.colour, matte, placed.track, height, person.person_height, log)
    return Inputs(
        Shot(foreground, matte, placed.track, foreground.frame_rate),
        place.scene,
        place.report,
        placed.attitude,
        placed.framing,
        estimates,
        clip.still,
        clip.sound,
        numbers,
        place.uprights,
    )


def _open_clip(request: GenerationRequest, person: PersonInput, log: Log) -> PersonClip:
    camera, frames = request.camera, request.frames
    clip = open_person(person, frames)
    if clip.still and (camera.move or camera.cameras):
        raise InputError(f"{person.person}: is a single picture; a camera movement needs a video")
    if clip.matte is not None and person.matte is None and person.cutting_options:
        raise InputError(
            f"`{person.cutting_options[0]}`: is for a `person` who is to be cut out; the alpha of "
            f"{person.person} does that already (a `matte` replaces it)"
        )
    colour = clip.colour
    rate = float(colour.frame_rate)
    beside = clip_beside(camera, person.person, log)
    filmed = read_filmed(camera, colour.size, len(colour), frames, log, rate, beside)
    if filmed is not None:
        check_camera_files(request.delivery.camera_files, filmed)
        filmed = with_footage(filmed, beside)
    is_tracked = not clip.still and camera.cameras is None and camera.move is None
    return PersonClip(
        person=person,
        clip=clip,
        camera=with_attitude(filmed, request),
        is_tracked=is_tracked,
        is_own=is_tracked or (filmed is not None and filmed.is_own),
        length=len(colour),
        frame_rate=rate,
    )


def _lacks_things(person: PersonInput, estimates: dict[str, Any]) -> bool:
    """Whether the matte was made without looking for what the person may ride or carry."""
    return person.take_along is None and estimates.get("matte", {}).get("backend") == "pose"


def _thinned(opened: PersonClip) -> PersonClip:
    """A few small frames of the clip, for a preview."""
    colour, camera = opened.clip.colour, opened.camera
    person = thinned_person(opened.person, colour.size, len(colour))
    clip = thinned_clip(opened.clip)
    if camera is not None:
        camera = replace(camera, track=thinned_track(camera.track, clip.colour.size))
    return opened._replace(person=person, clip=clip, camera=camera)


def _camera_track(
    request: GenerationRequest, opened: PersonClip, scene: LiftedScene, log: Log
) -> CameraTrack:
    """The cameras of the clip's frames; a move is laid over the whole clip before it is thinned."""
    size = opened.clip.colour.size
    length, rate = opened.length, opened.frame_rate
    track = camera_track(request, opened.camera, scene, size, length, rate, log)
    if opened.clip.is_thinned and opened.camera is None:
        return thinned_track(track, size)
    return track


def _putter(
    request: GenerationRequest,
    opened: PersonClip,
    matte: FrameSource,
    placer: PersonPlacer,
    log: Log,
) -> Callable[[LiftedScene], PlacedTrack]:
    """Puts the cameras, and with them the person, into a lifted place."""
    filmed = opened.camera

    def put(scene: LiftedScene) -> PlacedTrack:
        with log.stage("place"):
            track = _camera_track(request, opened, scene, log)
            attitude = filmed.attitude if filmed else request.options.attitude
            attitude = attitude or filmed_attitude(track)
            if attitude.standing is None:
                attitude = attitude._replace(standing=standing_rays(matte, track))
            cameras = placer(scene, track, attitude)
            return PlacedTrack(cameras.track, attitude, cameras.framing, placer.report(cameras))

    return put


def _placer(
    request: GenerationRequest, opened: PersonClip, matte: FrameSource, folder: Path, log: Log
) -> PersonPlacer:
    """Puts the person into the place."""
    clip = opened.clip
    if clip.is_thinned:
        contact = GroundContact(None, clip.colour.size, opened.frame_rate, APART)
    else:
        own = opened.person.matte
        landmarks = clip_landmarks(own, folder, request.frames, len(clip.colour))
        contact = find_contact(clip.colour, matte, landmarks, log)
    may_scale = opened.is_own and not request.camera.tells_scale
    return PersonPlacer(
        request.place, request.options.framing, matte, contact, log, may_scale=may_scale
    )


def _rehearse(
    request: GenerationRequest, picture: ScenePicture, opened: PersonClip, folder: Path
) -> None:
    """Try what was asked of the place and the camera, before the long stages.

    Raises:
        InputError: as the stages themselves do, but for what the person's clip alone can tell.
    """
    quiet, asked = Log(), request.place
    if opened.is_tracked:
        if asked.place or asked.box or asked.scene_depth or asked.stand or asked.upright:
            place = lift_place(asked, picture, None, folder, quiet)
            if asked.stand:
                stand_point(place.scene, asked.stand)
        return

    def put(scene: LiftedScene) -> PlacedTrack:
        track = _camera_track(request, opened, scene, quiet)
        return PlacedTrack(track, filmed_attitude(track))

    place, placed = lift_and_put(request, picture, opened.camera, put, folder, quiet)
    shot = Shot(None, None, placed.track, opened.clip.colour.frame_rate)
    check_seen(prepare(shot, place.scene, request.options).clip)
