"""Training shots of synthetic places: video, matte, clean background, cameras, scene and guide.

F frames, H W pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from dynascene.datasets.imagery import SPLITS, Folders
from dynascene.datasets.scale_jitter import jitter_scale
from dynascene.extras import require
from dynascene.geometry.lifting import LiftedScene, lift_to_stage
from dynascene.geometry.picture import picture_track
from dynascene.geometry.picture_guide import picture_guide
from dynascene.geometry.rays import Rays, track_rays
from dynascene.geometry.tracks import keep_inside
from dynascene.imaging.resizing import shrink
from dynascene.synthetic.characters.filming import film_character
from dynascene.synthetic.places.library import Library
from dynascene.synthetic.shots.person_clips import composite, lay_person, person_clip
from dynascene.synthetic.shots.placements import random_placement
from dynascene.synthetic.shots.views import View, draw_view
from dynascene.synthetic.solid.place import SolidPlace
from dynascene.synthetic.worlds import WORLDS, check_worlds, draw_world
from dynascene.types import Size

EYE_METRES = 1.6  # what the camera's height is taken for where a place has no scale
PEOPLE = 8  # synthetic people of a split


@dataclass(frozen=True)
class SyntheticShot:
    """One training sample, everything true to the place. Value ranges as in ``types.Batch``.

    Attributes:
        video, background: [F, 3, H, W], with and without the person.
        matte: [F, 1, H, W].
        foreground: [F, 3, H, W], the person's own colour times the matte.
        scene_image, scene_visibility: [3, H, W], [1, H, W].
        cam_from_world, intrinsics: [F, 4, 4], [F, 3, 3] float64, as the network gets them: in the
            scene camera's world and in track units, up to the jitter of the scale.
        scene_cam_from_world, scene_intrinsics: [4, 4], [3, 3] float64 of the scene picture, at the
            origin of that world.
        guide, guide_visibility: [F, 3, H, W], [F, 1, H, W], along those cameras.
        depth: [F, 1, H, W] of the background in the true track's unit; infinite where the
            place has no scale.
        world: kind of the place.
        place: name of the picture it is made of.
    """

    video: Tensor
    background: Tensor
    matte: Tensor
    foreground: Tensor
    scene_image: Tensor
    scene_visibility: Tensor
    cam_from_world: Tensor
    intrinsics: Tensor
    scene_cam_from_world: Tensor
    scene_intrinsics: Tensor
    guide: Tensor
    guide_visibility: Tensor
    depth: Tensor
    world: str
    place: str


class SyntheticShots(Dataset[SyntheticShot]):
    """Shots made when asked for: the same seed and index give the same shot.

    Args:
        split: train, val or test; their places, textures and people are distinct.
        size, frames: of a shot.
        seed: of the set.
        length: how many shots; a smaller set is the beginning of a larger one.
        folder: of imagery, or several, see ``training_folder``; without it pictures are
            procedural.
        worlds: how often each kind of place is drawn.
        person_share: share of the shots with a person.
        device: where shots are made.

    Raises:
        InputError: the split is unknown, the folder or the shares are bad, or solid places are
            drawn and the extra ``synthetic`` is not installed.
    """

    def __init__(
        self,
        split: str = "train",
        size: Size | tuple[int, int] = (256, 144),
        frames: int = 24,
        seed: int = 0,
        *,
        length: int = 1_000_000,
        folder: Folders = None,
        worlds: Mapping[str, float] = WORLDS,
        person_share: float = 0.5,
        device: torch.device | str = "cpu",
    ) -> None:
        self.size = Size(*size)
        self.library = Library(split, self.size.width, folder)
        self.split, self.frames, self.seed, self.length = split, frames, seed, length
        check_worlds(worlds)
        self.worlds = dict(worlds)
        if self.worlds.get("solid"):  # now, rather than in a loader's worker
            require("synthetic", "the solid world", ["moderngl"])
            if self.library.characters():
                require("synthetic", "an animated character (.glb)", ["pygltflib"])
        self.person_share = person_share
        self.device = torch.device(device)

    def __len__(self) -> int:
        return self.length

    def people(self) -> range:
        """The seeds of this split's people, for ``person_clip``."""
        start = SPLITS.index(self.split) * PEOPLE
        return range(start, start + PEOPLE)

    def prepare(self) -> None:
        """Render all people now, before worker processes fork, so that they share them."""
        for seed in self.people():
            person_clip(seed)

    def __getitem__(self, index: int) -> SyntheticShot:
        return self.with_scene(index)[0]

    @torch.no_grad()
    def with_scene(self, index: int) -> tuple[SyntheticShot, LiftedScene]:
        """A shot, and its scene picture in 2.5-D as the guide was made from it.

        Args:
            index: of the shot.

        Returns:
            The shot, whose cameras stand in the scene's world, and the scene.
        """
        if not 0 <= index < self.length:
            raise IndexError(index)
        rng = np.random.default_rng([self.seed, SPLITS.index(self.split), index])
        world, name, place = draw_world(rng, self.worlds, self.library)
        view = draw_view(rng, place, self.size, self.frames)
        return self._film(rng, world, name, view)

    def _film(
        self, rng: np.random.Generator, world: str, name: str, view: View
    ) -> tuple[SyntheticShot, LiftedScene]:
        light = random_light(rng).to(self.device)
        rays = track_rays(view.track, self.device)
        colour, depth = view.place.render(rays)
        background = apply_light(colour, light)
        picture_rays = track_rays(picture_track(view.camera), self.device)
        picture = apply_light(view.place.render(picture_rays)[0][0], light)
        scene = lift_to_stage(picture.cpu(), view.camera)
        surface = scene.surface
        input_track = keep_inside(
            jitter_scale(view.track, rng), lambda x: surface.contains(x, margin=0.05)
        )
        guide, visibility = picture_guide(
            picture, view.camera, surface, track_rays(input_track, self.device)
        )
        stage = view.place.stage
        ground = surface.height if stage is None else stage.height
        person, matte = self._person(rng, view, rays, ground)
        scene_camera = picture_track(view.camera, self.size)
        shot = SyntheticShot(
            video=composite(person, matte, background) * 2 - 1,
            background=background * 2 - 1,
            matte=matte,
            foreground=(person * 2 - 1) * matte,
            scene_image=shrink(picture, self.size.width) * 2 - 1,
            scene_visibility=torch.ones_like(background[0, :1]),
            cam_from_world=input_track.cam_from_world.to(self.device),
            intrinsics=input_track.intrinsics.to(self.device),
            scene_cam_from_world=scene_camera.cam_from_world[0].to(self.device),
            scene_intrinsics=scene_camera.intrinsics[0].to(self.device),
            guide=guide * 2 - 1,
            guide_visibility=visibility,
            depth=depth,
            world=world,
            place=name,
        )
        return shot, scene

    def _person(
        self, rng: np.random.Generator, view: View, rays: Rays, ground: float
    ) -> tuple[Tensor, Tensor]:
        """Colour [F, 3, H, W] and matte [F, 1, H, W]; all zeros where there is nobody."""
        track, place = view.track, view.place
        if rng.random() >= self.person_share:
            empty = torch.zeros(
                len(track), 4, self.size.height, self.size.width, device=self.device
            )
            return empty[:, :3], empty[:, 3:]
        characters = self.library.characters()
        if isinstance(place, SolidPlace) and characters:
            light = place.solids.light
            return film_character(rng, characters, track, rays, ground, place.metre, light)
        clip = person_clip(int(rng.choice(self.people())))
        placement = random_placement(rng, clip, track, ground, ground / EYE_METRES)
        return lay_person(clip, placement.to(self.device), self.size)


def random_light(rng: np.random.Generator) -> Tensor:
    """Exposure and white balance of a whole shot: factors on sRGB values, [3, 1, 1]."""
    stops = rng.normal(0, 0.35) + rng.normal(0, 0.08, 3)
    # light times 2^s is about sRGB times 2^(s / 2.2)
    return torch.from_numpy(2 ** (np.clip(stops, -1.2, 0.8) / 2.2)).float()[:, None, None]


def apply_light(colour: Tensor, light: Tensor) -> Tensor:
    return (colour * light).clamp(0, 1)
