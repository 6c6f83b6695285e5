"""Short clips of few pixels, whose scene picture comes with its own camera.

At this size everything is rendered as it will be seen, without a guide: what a network knows of the
place is the picture, and where it was taken.

F frames, H W pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from dynascene.datasets.imagery import SPLITS, Folders
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import rigid
from dynascene.geometry.tracks import keep_inside
from dynascene.synthetic.places.library import Library
from dynascene.synthetic.places.place import SyntheticPlace
from dynascene.synthetic.shots.dataset import EYE_METRES, PEOPLE, random_light
from dynascene.synthetic.shots.person_clips import lay_person, person_clip
from dynascene.synthetic.shots.placements import random_placement
from dynascene.synthetic.shots.short_filming import (
    FINENESS,
    PersonLayers,
    Setting,
    ShortShot,
    StagedClip,
    film,
    in_track_units,
    level_pose,
    started_at,
)
from dynascene.synthetic.shots.short_inputs import check_inputs, short_inputs
from dynascene.synthetic.shots.short_paths import random_short_track
from dynascene.synthetic.worlds import DRAW, WORLDS, check_worlds, draw_world
from dynascene.types import CameraTrack, Size

PITCHES = (-3.0, 6.0)  # mean and deviation of the first frame's, degrees up
# of pictures that are no view of the clip's first frame: deviations of their camera from it
PICTURE_YAW, PICTURE_PITCH, PICTURE_SHIFT = 15.0, 4.0, 0.06
PICTURE_FOVS = (60.0, 85.0)
# fields whose content has changed under their name, and what they hold now
MEANINGS = {"points": "points, with their places in the picture"}
OWN_VIEW_SHARE = 0.6  # of the clips, whose picture is the first frame's view


class ShortShots(Dataset[ShortShot]):
    """Clips made when asked for: the same seed and index give the same clip.

    Args:
        split: train, val or test; their places, textures and people are distinct.
        size, frames: of a clip.
        seed: of the set.
        folder: of imagery, or several, see ``training_folder``; without it pictures are
            procedural.
        worlds: how often each kind of place is drawn.
        person_share: share of the clips with a person.
        own_view_share: share of the clips whose scene picture is the first frame's view.
        inputs: names of further fields that clips have, see ``short_inputs``.

    Raises:
        InputError: the split or a further field is unknown, or the folder or the shares are bad.
    """

    def __init__(
        self,
        split: str,
        size: Size,
        frames: int,
        seed: int = 0,
        *,
        folder: Folders = None,
        worlds: Mapping[str, float] = WORLDS,
        person_share: float = 0.5,
        own_view_share: float = OWN_VIEW_SHARE,
        inputs: frozenset[str] = frozenset(),
    ) -> None:
        check_worlds(worlds)
        check_inputs(inputs)
        self.inputs = inputs
        self.split, self.size, self.frames, self.seed = split, size, frames, seed
        self.library = Library(split, FINENESS * size.width, folder)
        # however they are written, the same shares give the same clips
        self.worlds = {kind: worlds[kind] for kind in DRAW if kind in worlds}
        self.person_share, self.own_view_share = person_share, own_view_share

    def __len__(self) -> int:
        return 2**31  # drawn, not enumerated

    def further_choices(self) -> str:
        """What decides the clips beside the numbers that all have, as text of a key."""
        names = [MEANINGS.get(name, name) for name in sorted(self.inputs)]
        return repr(names) if names else ""

    def __getitem__(self, index: int) -> ShortShot:
        if not 0 <= index < len(self):
            raise IndexError(index)
        rng = np.random.default_rng([self.seed, SPLITS.index(self.split), index, 2])
        world, name, place = draw_world(rng, self.worlds, self.library)
        turning = place.stage is None
        track = random_short_track(rng, self.frames, self.size, turning=turning)
        return self.filmed(rng, world, name, place, track)

    @torch.no_grad()
    def filmed(
        self,
        rng: np.random.Generator,
        world: str,
        name: str,
        place: SyntheticPlace,
        track: CameraTrack,
    ) -> ShortShot:
        """A clip of a place.

        Args:
            rng: draws the first pose, the picture, the light and the person.
            world, name, place: as ``draw_world`` gives them.
            track: begins at the identity; it is shrunk until it stays inside.
        """
        return self.film(self.staged(rng, place, track), world, name)

    def film(self, clip: StagedClip, world: str, name: str) -> ShortShot:
        """What is filmed of a staged clip. world, name: of the place."""
        shot = film(*clip, world, name)
        return replace(shot, inputs=short_inputs(self.inputs, *clip))

    def staged(
        self, rng: np.random.Generator, place: SyntheticPlace, track: CameraTrack
    ) -> StagedClip:
        """What a clip shows; arguments as ``filmed``."""
        setting, track = self.placed(rng, place, track)
        return StagedClip(setting, track, self._person(rng, setting.place, track))

    def placed(
        self, rng: np.random.Generator, place: SyntheticPlace, track: CameraTrack
    ) -> tuple[Setting, CameraTrack]:
        """What is filmed, and the track in its world; arguments as ``filmed``."""
        start = level_pose(0.0, float(rng.normal(*PITCHES)))
        setting = self._setting(rng, place, start, track)
        return setting, keep_inside(started_at(track, start), setting.place.contains)

    def _setting(
        self, rng: np.random.Generator, place: SyntheticPlace, start: Tensor, track: CameraTrack
    ) -> Setting:
        picture = CameraTrack(start[None], track.intrinsics[:1], self.size)
        if rng.random() >= self.own_view_share:
            picture = self._other_view(rng, picture, turning=place.stage is None)
        place = in_track_units(place, picture)
        return Setting(place, keep_inside(picture, place.contains), random_light(rng))

    def _other_view(
        self, rng: np.random.Generator, picture: CameraTrack, *, turning: bool
    ) -> CameraTrack:
        """A picture that was taken beside the clip, with another lens."""
        pitch = float(rng.normal(PITCHES[0], PICTURE_PITCH))
        pose = level_pose(float(rng.normal(0, PICTURE_YAW)), pitch)
        if not turning:
            shift = torch.from_numpy(rng.normal(0, PICTURE_SHIFT, 3) * [1, 0.3, 1])
            pose = pose @ rigid(torch.eye(3, dtype=torch.float64), -shift)
        fov = float(rng.uniform(*PICTURE_FOVS))
        return CameraTrack(pose[None], intrinsics_from_fov(fov, self.size)[None], self.size)

    def _person(
        self, rng: np.random.Generator, place: SyntheticPlace, track: CameraTrack
    ) -> PersonLayers:
        """All zeros where there is nobody."""
        if rng.random() >= self.person_share:
            empty = torch.zeros(len(track), 4, self.size.height, self.size.width)
            return PersonLayers(empty[:, :3], empty[:, 3:])
        first = SPLITS.index(self.split) * PEOPLE
        clip = person_clip(first + int(rng.integers(PEOPLE)))
        ground = 1.0 if place.stage is None else place.stage.height
        placement = random_placement(rng, clip, track, ground, ground / EYE_METRES)
        return PersonLayers(*lay_person(clip, placement, self.size), clip, placement)
