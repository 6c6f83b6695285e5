"""Short clips whose camera and person belong together, so that steps tell of the background.

Whoever walks and stays in the picture is filmed by a camera that goes along, and the place slides
past. Whoever walks through the picture is filmed by a camera that stands still.

F frames, H W pixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.imagery import SPLITS, Folders
from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rigid import camera_centres, rigid
from dynascene.synthetic.places.place import SyntheticPlace
from dynascene.synthetic.shots.dataset import random_light
from dynascene.synthetic.shots.moved_shots import TrueViews
from dynascene.synthetic.shots.person_clips import (
    STRIDE_FRAMES,
    StrideClip,
    lay_person,
    mirrored,
    person_clip,
    standing_clip,
)
from dynascene.synthetic.shots.placements import placement_at
from dynascene.synthetic.shots.short_filming import (
    PersonLayers,
    Setting,
    ShortShot,
    StagedClip,
    in_track_units,
    level_pose,
    render,
)
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.synthetic.worlds import WORLDS, draw_world, worlds_with_depth
from dynascene.types import CameraTrack, Size

# How often each is drawn: walking with the camera going along; walking past a still camera;
# standing before a still camera; and standing while the camera pans.
KINDS: Mapping[str, float] = {"along": 0.45, "past": 0.2, "standing": 0.15, "panned": 0.2}
WALKING = ("along", "past")
PACE = 4  # frames of the stride per frame: a sixth of it, for in a 24th hardly anything moves
FIRST_PERSON, PEOPLE = 1000, 10  # seeds of the train split's people, and how many a split has
EYE = (0.9, 1.4)  # metres: height of the camera; low, so that feet are seen
DISTANCE = (2.7, 3.6)  # of the person, in heights of the camera
ASIDE = 0.5  # of the half picture, at most: where the person is in it
PITCH = (-4.0, 2.0)  # mean and deviation, degrees up
FOVS = (60.0, 78.0)  # degrees, across
PANS = (6.0, 20.0)  # degrees, either way
TRIES = 20  # places in which the camera runs into something


@dataclass(frozen=True)
class Scene:
    """All of a clip but what person and camera do: the same for every kind.

    Attributes:
        setting: the place, its picture and its light.
        intrinsics: [3, 3] pixels.
        metre: its length in track units.
        pitch: degrees up.
        person: seed of whom is filmed.
        reflected: whether they are seen in a mirror.
        phase: frame of the stride at the start.
        azimuth: degrees to the right of the camera, where the person is.
        distance: metres to the person.
        pan: degrees to the right, of the camera where it pans.
    """

    setting: Setting
    intrinsics: Tensor
    metre: float
    pitch: float
    person: int
    reflected: bool
    phase: int
    azimuth: float
    distance: float
    pan: float


class WalkerShots(ShortShots):
    """Clips of walkers and of people who stand; their scene picture is the first frame's view.

    Clips of one index but other kinds show the same person in the same place.

    Args:
        split, size, frames, seed, folder, inputs: as of ``ShortShots``.
        worlds: how often each kind of place is drawn; those without depth are left out.
        kinds: how often each of KINDS is drawn.

    Raises:
        InputError: as of ``ShortShots``; no world has depth; or a kind is unknown.
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
        kinds: Mapping[str, float] = KINDS,
        inputs: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(
            split,
            size,
            frames,
            seed,
            folder=folder,
            worlds=worlds_with_depth(worlds),
            person_share=1.0,
            own_view_share=1.0,
            inputs=inputs,
        )
        if unknown := sorted(set(kinds) - set(KINDS)):
            raise InputError(f"walkers: {unknown[0]!r} is no kind; there are {', '.join(KINDS)}")
        self.kinds = {kind: kinds[kind] for kind in KINDS if kind in kinds}

    def further_choices(self) -> str:
        return super().further_choices() + repr(("walkers", self.kinds))

    @torch.no_grad()
    def __getitem__(self, index: int) -> ShortShot:
        if not 0 <= index < len(self):
            raise IndexError(index)
        kind, world, name, scene = self._drawn(index)
        track = walked_track(scene, kind, self.size, torch.linspace(0, 1, self.frames), self.frames)
        person = laid_walker(scene, kind, track)
        return self.film(StagedClip(scene.setting, track, person), world, name)

    @torch.no_grad()
    def true_views(self, index: int, shares: Tensor) -> TrueViews:
        """What a clip's place shows along the way of its camera, without anybody.

        Where the camera does not move: along the way of a camera that goes with the person, were
        they walking.

        Args:
            index: of the clip.
            shares: [N] of that way: 0 is the first frame, 1 the last one.

        Returns:
            The views whose camera stands inside the place.
        """
        kind, _, _, scene = self._drawn(index)
        moving = kind if kind in ("along", "panned") else "along"
        track = walked_track(scene, moving, self.size, shares, self.frames)
        inside = scene.setting.place.contains(camera_centres(track.cam_from_world).float())
        track = CameraTrack(track.cam_from_world[inside], track.intrinsics[inside], self.size)
        degrees = abs(scene.pan) if kind == "panned" else math.nan
        return TrueViews(render(scene.setting, track)[0], shares[inside], degrees)

    def _drawn(self, index: int) -> tuple[str, str, str, Scene]:
        """A clip's kind, its world, the name of its place, and its scene."""
        rng = np.random.default_rng([self.seed, SPLITS.index(self.split), index, 5])
        shares = np.array(list(self.kinds.values()))
        kind = list(self.kinds)[int(np.searchsorted(shares.cumsum(), rng.random() * shares.sum()))]
        for _ in range(TRIES):
            world, name, place = draw_world(rng, self.worlds, self.library)
            scene = self._scene(rng, place)
            end = way(scene, self.frames)[-1:].float()
            if bool(scene.setting.place.contains(end).all()):
                return kind, world, name, scene
        raise InputError(f"walkers: {name} and {TRIES - 1} other places leave no room to walk")

    def _scene(self, rng: np.random.Generator, place: SyntheticPlace) -> Scene:
        fov, eye, pitch = rng.uniform(*FOVS), rng.uniform(*EYE), rng.normal(*PITCH)
        intrinsics = intrinsics_from_fov(float(fov), self.size)
        start = level_pose(0.0, float(pitch))
        picture = CameraTrack(start[None], intrinsics[None], self.size)
        place = in_track_units(place, picture)
        assert place.stage is not None  # worlds_with_depth
        first = FIRST_PERSON + SPLITS.index(self.split) * PEOPLE
        return Scene(
            setting=Setting(place, picture, random_light(rng)),
            intrinsics=intrinsics,
            metre=place.stage.height / float(eye),
            pitch=float(pitch),
            person=first + int(rng.integers(PEOPLE)),
            reflected=bool(rng.random() < 0.5),
            phase=int(rng.integers(STRIDE_FRAMES)),
            azimuth=float(rng.uniform(-1, 1) * ASIDE * fov / 2),
            distance=float(rng.uniform(*DISTANCE) * eye),
            pan=float(rng.choice([-1, 1]) * rng.uniform(*PANS)),
        )


def who_walks(scene: Scene) -> StrideClip:
    """The person of a clip, walking."""
    clip = person_clip(scene.person)
    return mirrored(clip) if scene.reflected else clip


def who_stands(scene: Scene) -> StrideClip:
    """The person of a clip, standing."""
    clip = standing_clip(scene.person)
    return mirrored(clip) if scene.reflected else clip


def way(scene: Scene, frames: int) -> Tensor:
    """How far the person walks in the frames of a clip, [F, 3] in track units.

    The person is drawn as seen along the line of sight, so their right is that of this line.
    """
    right, away = (float(metres) for metres in who_walks(scene).step)
    azimuth = math.radians(scene.azimuth)
    c, s = math.cos(azimuth), math.sin(azimuth)
    step = torch.tensor([c * right + s * away, 0.0, c * away - s * right], dtype=torch.float64)
    return torch.arange(frames)[:, None] * PACE * scene.metre * step


def walked_track(scene: Scene, kind: str, size: Size, shares: Tensor, frames: int) -> CameraTrack:
    """The camera of a clip, which looks straight ahead from the origin at the first frame.

    Args:
        scene, kind: what is filmed, and how.
        size: of the frames.
        shares: [N] of the clip, 0 the first frame and 1 the last one.
        frames: of the clip.
    """
    pan = scene.pan if kind == "panned" else 0.0
    poses = torch.stack([level_pose(pan * float(share), scene.pitch) for share in shares])
    if kind == "along":
        axes = torch.eye(3, dtype=torch.float64).expand(len(shares), 3, 3)
        poses = poses @ rigid(axes, -shares.double()[:, None] * way(scene, frames)[-1])
    return CameraTrack(poses, scene.intrinsics.expand(len(shares), 3, 3).clone(), size)


def laid_walker(scene: Scene, kind: str, track: CameraTrack) -> PersonLayers:
    """The person in the frames of a clip; who walks past is in the middle of the way halfway."""
    frames, stage = len(track), scene.setting.place.stage
    assert stage is not None  # worlds_with_depth
    azimuth = math.radians(scene.azimuth + (scene.pan / 2 if kind == "panned" else 0.0))
    line_of_sight = torch.tensor([math.sin(azimuth), 0.0, math.cos(azimuth)], dtype=torch.float64)
    position = (line_of_sight * scene.distance * scene.metre).expand(frames, 3).clone()
    if kind in WALKING:
        walked = way(scene, frames)
        position += walked - (walked.mean(dim=0) if kind == "past" else 0.0)
    position[:, 1] = stage.height
    phase = torch.arange(frames) * PACE + scene.phase
    clip = (who_walks if kind in WALKING else who_stands)(scene)
    placement = placement_at(position, track, phase, stage.height, scene.metre)
    return PersonLayers(*lay_person(clip, placement, track.size), clip, placement)
