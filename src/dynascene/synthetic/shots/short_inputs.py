"""Further fields of a short clip, exact: the person's skeleton and picture, the background's flow.

F frames, H W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.camera_flow import backward_flow
from dynascene.geometry.rays import track_rays
from dynascene.geometry.world_points import points_of_frame, rows_off, seen_points, spread_shares
from dynascene.io.points import MOST as POINTS
from dynascene.synthetic.shots.person_clips import STRIDE_FRAMES
from dynascene.synthetic.shots.person_poses import character_of, pose_of, skeleton_of
from dynascene.synthetic.shots.short_filming import PersonLayers, Setting
from dynascene.types import CameraTrack

Maker = Callable[[Setting, CameraTrack, PersonLayers], Tensor]


def skeleton(setting: Setting, track: CameraTrack, person: PersonLayers) -> Tensor:
    """``skeleton`` of ``clip_fields``; black where there is nobody."""
    if person.who is None or person.where is None:
        return torch.zeros_like(person.colour)
    return skeleton_of(pose_of(person.who, person.where, track.size))


def character(setting: Setting, track: CameraTrack, person: PersonLayers) -> Tensor:
    """``character``: the person half a stride later, so that it is no frame of the clip."""
    if person.who is None or person.where is None:
        return torch.full_like(person.colour[0], -1)
    phase = int(person.where.phase[0]) + STRIDE_FRAMES // 2
    return character_of(person.who, phase % STRIDE_FRAMES, track.size)


def background_flow(setting: Setting, track: CameraTrack, person: PersonLayers) -> Tensor:
    """``background_flow``."""
    return backward_flow(track, setting.place.render(track_rays(track))[1])


def points(setting: Setting, track: CameraTrack, person: PersonLayers) -> Tensor:
    """``points``: what the first frame shows in 50 places, hidden where the person stands."""
    depth = setting.place.render(track_rays(track))[1]
    world = points_of_frame(track, depth, spread_shares(POINTS))
    rows = seen_points(world, track, depth, setting.picture)
    return rows_off(rows, person.matte > 0)


MAKERS: Mapping[str, Maker] = {
    "skeleton": skeleton,
    "character": character,
    "background_flow": background_flow,
    "points": points,
}


def check_inputs(names: frozenset[str]) -> None:
    """Raises InputError where short clips do not have one of these fields."""
    if unknown := sorted(names - MAKERS.keys()):
        raise InputError(f"short clips: have no {unknown[0]}; they have {', '.join(MAKERS)}")


def short_inputs(
    names: frozenset[str], setting: Setting, track: CameraTrack, person: PersonLayers
) -> dict[str, Tensor]:
    """The fields of these names.

    Args:
        names: of MAKERS.
        setting, track, person: as ``film`` takes them.
    """
    return {name: MAKERS[name](setting, track, person) for name in sorted(names)}
