"""The place lifted, and cameras put into it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dynascene.errors import InputError
from dynascene.generation.camera_input import FilmedCamera
from dynascene.generation.place_input import ScenePicture, lift_place
from dynascene.generation.place_shape import BY_LINES, GROUND, ShapedPlace
from dynascene.generation.placing import outside_message
from dynascene.generation.request import GenerationRequest
from dynascene.geometry.framing import Attitude, Framing, choose_framing, is_inside, place_track
from dynascene.geometry.lifting import LiftedScene
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack


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


def evidence_of(place: ShapedPlace) -> dict[str, Any]:
    """The evidence for a box, among what was estimated."""
    return {} if place.evidence is None else {"box": place.evidence}


def lift_and_put(
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
        raise InputError(outside_message(request.place))
    return place, placed


def _stays_inside(request: GenerationRequest, scene: LiftedScene, placed: PlacedTrack) -> bool:
    """Whether the cameras stay within the walls; cards are checked with the guide."""
    framing = placed.framing or choose_framing(
        request.options.framing, placed.track, scene, placed.attitude
    )
    return is_inside(place_track(placed.track, framing), replace(scene, cards=()))


def with_attitude(filmed: FilmedCamera | None, request: GenerationRequest) -> FilmedCamera | None:
    """The camera, held as the request says where it says so."""
    attitude = request.options.attitude
    return replace(filmed, attitude=attitude) if filmed and attitude else filmed
