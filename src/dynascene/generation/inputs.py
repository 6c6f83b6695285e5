"""Opens what a request names and checks that it fits together."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dynascene.errors import InputError
from dynascene.estimators.scale.feet import standing_rays
from dynascene.generation.camera_input import FilmedCamera, camera_track, read_filmed
from dynascene.generation.footage import film_camera, read_footage, warn_of_conflict
from dynascene.generation.generate import check_generator
from dynascene.generation.ground_contact import clip_landmarks, find_contact
from dynascene.generation.guide import check_seen, prepare
from dynascene.generation.motion_input import frames_of_fields, motion_frames, motion_inputs
from dynascene.generation.person_input import FilmedPerson, matted_person, open_person
from dynascene.generation.place_input import ScenePicture, lift_place, open_place
from dynascene.generation.place_shape import BY_LINES, GROUND, ShapedPlace
from dynascene.generation.placing import PersonPlacer, outside, stand_point
from dynascene.generation.request import NULL_CAMERA, GenerationRequest, PersonInput
from dynascene.generation.subject import matte_options
from dynascene.generation.thinning import (
    thinned_clip,
    thinned_numbers,
    thinned_person,
    thinned_size,
    thinned_track,
)
from dynascene.geometry.framing import (
    Attitude,
    Framing,
    choose_framing,
    filmed_attitude,
    is_inside,
    place_track,
)
from dynascene.geometry.lifting import LiftedScene
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack, FrameSource, Shot, Size

LONGEST_SIDE = 1280  # of a background without a person, where no size is given


@dataclass(frozen=True)
class Inputs:
    """Everything that a generator needs.

    Args:
        place: what is known of the scene's shape, for the report.
        attitude: how the first camera was held, and where the person stands; None without a
            person, unless it is written beside the camera file.
        framing: where the first camera stands and looks; None without a person.
        estimates: what was estimated from the clip, for the report.
        still: the person is a single picture.
        sound: the video file whose sound belongs to the shot, and the second where it begins.
        numbers: in a preview, those of the frames in the clip.
    """

    shot: Shot
    scene: LiftedScene
    place: dict[str, Any]
    attitude: Attitude | None = None
    framing: Framing | None = None
    estimates: dict[str, Any] = field(default_factory=dict)
    still: bool = False
    sound: tuple[Path, float] | None = None
    numbers: tuple[int, ...] | None = None


@dataclass(frozen=True)
class PlacedTrack:
    """The cameras in track units.

    attitude: how the first one was held, where that is known. framing: where it is chosen already.
    feet: what is known of the standing feet, for the report.
    """

    track: CameraTrack
    attitude: Attitude | None
    framing: Framing | None = None
    feet: dict[str, Any] = field(default_factory=dict)


def open_inputs(
    request: GenerationRequest, folder: Path, log: Log, *, is_preview: bool = False
) -> Inputs:
    """Open what a request names, and estimate from the clip what it does not name.

    Args:
        folder: of the results, where the estimates are kept.
        is_preview: take a few small frames of the clip, see ``thinning``.

    Raises:
        InputError: whatever is missing, unreadable, or does not fit.
    """
    with log.stage("open"):
        picture = open_place(request.place)
    if request.person is None:
        return _open_place_alone(request, picture, folder, log, is_preview=is_preview)
    return _open_person_in_place(
        request, request.person, picture, folder, log, is_preview=is_preview
    )


def _open_person_in_place(
    request: GenerationRequest,
    person: PersonInput,
    picture: ScenePicture,
    folder: Path,
    log: Log,
    *,
    is_preview: bool,
) -> Inputs:
    camera, frames = request.camera, request.frames
    with log.stage("open person"):
        clip = open_person(person, frames)
        if clip.still and (camera.move or camera.cameras):
            raise InputError(
                f"{person.person}: is a single picture; a camera movement needs a video"
            )
        size, length = clip.colour.size, len(clip.colour)
        rate = float(clip.colour.frame_rate)
        filmed = read_filmed(camera, size, length, frames, log, rate)
        with_scale = read_footage(camera, filmed) if filmed else None
        filmed = _with_attitude(with_scale or filmed, request)
    is_tracked = not clip.still and camera.cameras is None and camera.move is None
    if clip.matte is None:
        with log.stage("check"):
            matte_options(person).check(person.person, clip.colour)
            if not is_preview:
                _rehearse(request, picture, filmed, clip, folder, is_tracked=is_tracked)
    numbers = None
    if is_preview:
        with log.stage("thin"):
            numbers = tuple(thinned_numbers(length))
            person, clip = thinned_person(person, size, length), thinned_clip(clip)
            size, length = clip.colour.size, len(clip.colour)
            filmed = filmed and replace(filmed, track=thinned_track(filmed.track, size))
    start = frames[0] if frames else 0
    foreground, matte, estimates = matted_person(clip, person, start, folder, log)
    if is_tracked:
        footage = film_camera(clip.colour, matte, person, camera.fov, folder, log)
        filmed = _with_attitude(footage.camera, request)
        estimates |= footage.report
    rate = foreground.frame_rate
    is_of_clip = is_tracked or with_scale is not None
    placer = _placer(request, person, clip, matte, folder, log, is_of_clip=is_of_clip)

    def put(scene: LiftedScene) -> PlacedTrack:
        with log.stage("place"):
            track = camera_track(request, filmed, scene, size, length, float(rate), log)
            attitude = filmed.attitude if filmed else request.options.attitude
            attitude = attitude or filmed_attitude(track)
            if attitude.standing is None:
                attitude = attitude._replace(standing=standing_rays(matte, track))
            cameras = placer(scene, track, attitude)
            return PlacedTrack(cameras.track, attitude, cameras.framing, placer.report(cameras))

    place, placed = _lift_and_put(request, picture, filmed, put, folder, log)
    scene, track = place.scene, placed.track
    estimates |= _said_of(place) | {"feet": placed.feet}
    has_foreign_camera = not is_of_clip and camera.cameras != NULL_CAMERA
    if has_foreign_camera and not clip.still:
        height = scene.surface.height
        warn_of_conflict(clip.colour, matte, track, height, person.person_height, log)
    shot = Shot(foreground, matte, track, rate)
    return Inputs(
        shot,
        scene,
        place.report,
        placed.attitude,
        placed.framing,
        estimates,
        clip.still,
        clip.sound,
        numbers,
    )


def _placer(
    request: GenerationRequest,
    person: PersonInput,
    clip: FilmedPerson,
    matte: FrameSource,
    folder: Path,
    log: Log,
    *,
    is_of_clip: bool,
) -> PersonPlacer:
    """Puts the person into the place. is_of_clip: the clip was filmed by the camera in use."""
    camera = request.camera
    is_told = camera.camera_scale is not None or camera.camera_height is not None
    # a matte of the user's has landmarks of the whole clip
    own = None if clip.is_thinned else person.matte
    landmarks = clip_landmarks(own, folder, request.frames, len(clip.colour))
    contact = find_contact(clip.colour, matte, landmarks, log)
    may_scale = is_of_clip and not is_told
    return PersonPlacer(
        request.place, request.options.framing, matte, contact, log, may_scale=may_scale
    )


def _rehearse(
    request: GenerationRequest,
    picture: ScenePicture,
    filmed: FilmedCamera | None,
    clip: FilmedPerson,
    folder: Path,
    *,
    is_tracked: bool,
) -> None:
    """Try what was asked of the place, the camera and the generator, before the long stages.

    Raises:
        InputError: as the stages themselves do, but for what the person's clip alone can tell.
    """
    check_generator(request.options)
    quiet, asked = Log(), request.place
    if is_tracked:
        if asked.place or asked.box or asked.scene_depth or asked.stand:
            place = lift_place(asked, picture, None, folder, quiet)
            if asked.stand:
                stand_point(place.scene, asked.stand)
        return
    colour = clip.colour

    def put(scene: LiftedScene) -> PlacedTrack:
        rate = float(colour.frame_rate)
        track = camera_track(request, filmed, scene, colour.size, len(colour), rate, quiet)
        return PlacedTrack(track, filmed_attitude(track))

    place, placed = _lift_and_put(request, picture, filmed, put, folder, quiet)
    shot = Shot(None, None, placed.track, colour.frame_rate)
    check_seen(prepare(shot, place.scene, request.options).clip)


def _open_place_alone(
    request: GenerationRequest, picture: ScenePicture, folder: Path, log: Log, *, is_preview: bool
) -> Inputs:
    """No person: the camera moves through the place."""
    size = request.options.size or _even(_limited(picture.size))
    size = thinned_size(size) if is_preview else size
    start, count, rate = motion_frames(request.motion, request.frames)
    filmed = read_filmed(request.camera, size, count, request.frames, log)
    if filmed is not None:
        filmed = read_footage(request.camera, filmed) or filmed
        filmed = _with_attitude(filmed, request)
    attitude = filmed.attitude if filmed else request.options.attitude

    def put(scene: LiftedScene) -> PlacedTrack:
        track = camera_track(request, filmed, scene, size, count, float(rate), log)
        return PlacedTrack(track, attitude)

    place, placed = _lift_and_put(request, picture, filmed, put, folder, log)
    track, numbers = placed.track, None
    fields = motion_inputs(request.motion, size, start, len(track))
    if is_preview:
        track, numbers = thinned_track(track, size), tuple(thinned_numbers(len(track)))
        fields = frames_of_fields(fields, numbers)
    shot = Shot(None, None, track, rate, fields)
    evidence = _said_of(place)
    return Inputs(shot, place.scene, place.report, attitude, estimates=evidence, numbers=numbers)


def _said_of(place: ShapedPlace) -> dict[str, Any]:
    """The evidence for a box, among what was estimated."""
    return {} if place.evidence is None else {"box": place.evidence}


def _lift_and_put(
    request: GenerationRequest,
    picture: ScenePicture,
    filmed: FilmedCamera | None,
    put: Callable[[LiftedScene], PlacedTrack],
    folder: Path,
    log: Log,
) -> tuple[ShapedPlace, PlacedTrack]:
    """The place, and the cameras in it. A box that nobody asked for gives way to the cameras."""
    track = filmed.track if filmed else None
    place = lift_place(request.place, picture, track, folder, log)
    placed = put(place.scene)
    if place.report.get("chosen") == BY_LINES and not _stays_inside(request, place.scene, placed):
        log.notice(
            "the camera would pass through a wall of the box, so the place is ground and backdrop "
            "(`place` box keeps the box, for a smaller movement)"
        )
        place = lift_place(replace(request.place, place=GROUND), picture, track, folder, log)
        placed = put(place.scene)
    is_put = placed.framing is not None and any(placed.framing.position)
    if is_put and not _stays_inside(request, place.scene, placed):
        raise InputError(outside(request.place))
    return place, placed


def _stays_inside(request: GenerationRequest, scene: LiftedScene, placed: PlacedTrack) -> bool:
    framing = placed.framing or choose_framing(
        request.options.framing, placed.track, scene, placed.attitude
    )
    return is_inside(place_track(placed.track, framing), scene.surface)


def _with_attitude(filmed: FilmedCamera | None, request: GenerationRequest) -> FilmedCamera | None:
    """The camera, held as the request says where it says so."""
    attitude = request.options.attitude
    return replace(filmed, attitude=attitude) if filmed and attitude else filmed


def _limited(size: Size) -> Size:
    scale = min(1.0, LONGEST_SIDE / max(size))
    return Size(round(size.width * scale), round(size.height * scale))


def _even(size: Size) -> Size:
    return Size(max(16, size.width // 2 * 2), max(16, size.height // 2 * 2))
