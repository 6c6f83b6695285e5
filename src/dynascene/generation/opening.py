"""Opens what a request names and checks that it fits together."""

from pathlib import Path

from dynascene.generation.camera_files import check_camera_files
from dynascene.generation.camera_input import camera_track, read_filmed
from dynascene.generation.clip_scale import clip_beside
from dynascene.generation.footage import with_footage
from dynascene.generation.inputs import Inputs
from dynascene.generation.motion_input import motion_frames, motion_inputs
from dynascene.generation.person_in_place import open_person_in_place
from dynascene.generation.place_input import ScenePicture, open_place
from dynascene.generation.placed_cameras import (
    PlacedTrack,
    evidence_of,
    lift_and_put,
    with_attitude,
)
from dynascene.generation.request import GenerationRequest
from dynascene.generation.thinning import thinned_numbers, thinned_rate, thinned_size, thinned_track
from dynascene.geometry.lifting import LiftedScene
from dynascene.jobs.log import Log
from dynascene.types import Shot, Size

LONGEST_SIDE = 1280  # of a background without a person, where no size is given


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
    return open_person_in_place(
        request, request.person, picture, folder, log, is_preview=is_preview
    )


def _open_place_alone(
    request: GenerationRequest, picture: ScenePicture, folder: Path, log: Log, *, is_preview: bool
) -> Inputs:
    """No person: the camera moves through the place."""
    size = request.options.size or _even(_limited(picture.size))
    size = thinned_size(size) if is_preview else size
    start, count, rate = motion_frames(request.motion, request.frames)
    filmed = read_filmed(request.camera, size, count, request.frames, log)
    if filmed is not None:
        check_camera_files(request.delivery.camera_files, filmed)
        filmed = with_footage(filmed, clip_beside(request.camera, None, log))
        filmed = with_attitude(filmed, request)
    attitude = filmed.attitude if filmed else request.options.attitude

    def put(scene: LiftedScene) -> PlacedTrack:
        track = camera_track(request, filmed, scene, size, count, float(rate), log)
        return PlacedTrack(track, attitude)

    place, placed = lift_and_put(request, picture, filmed, put, folder, log)
    track, numbers = placed.track, None
    fields = motion_inputs(request.motion, size, start, len(track))
    if is_preview:
        numbers = tuple(thinned_numbers(len(track)))
        track, rate = thinned_track(track, size), thinned_rate(rate, len(track))
    shot = Shot(None, None, track, rate, fields)
    evidence = evidence_of(place)
    return Inputs(
        shot,
        place.scene,
        place.report,
        attitude,
        estimates=evidence,
        numbers=numbers,
        uprights=place.uprights,
    )


def _limited(size: Size) -> Size:
    scale = min(1.0, LONGEST_SIDE / max(size))
    return Size(round(size.width * scale), round(size.height * scale))


def _even(size: Size) -> Size:
    return Size(max(16, size.width // 2 * 2), max(16, size.height // 2 * 2))
