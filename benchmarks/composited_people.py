"""Clips of people whose mattes are known exactly, for benchmarks/mattes.py.

    python benchmarks/composited_people.py OUT [--imagery DIR] [--street VIDEO] [--only NAME,NAME]

Animated people walk, run, clap and jump before panoramas, rendered rooms and streets, and, with
``--street``, a filmed street; others pull a suitcase, carry a carton, an umbrella or a backpack,
kick a ball, or ride a skateboard, a scooter or a bicycle (``composited/takes.py``). The camera pans
after them, trucks along, shakes, or stands. Each frame is the mean light of an open shutter (half a
frame), person and background alike, with a soft shadow on the ground, noise and H.264. Writes
``OUT/people/NAME/clip.mp4`` and ``masks``, which are the mean coverage of each pixel by the person
and the thing. --imagery: training imagery with characters (DYNASCENE_TRAINING_DATA).

What this flatters: people and places are sharp, evenly lit and differ in colour, and nobody else is
there. What it does not: game characters are no photographs, to networks that were trained on
photographs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fractions import Fraction
from itertools import repeat
from pathlib import Path

import cv2
import numpy as np
import torch
from composited.cast import cast_of
from composited.takes import STREET, TAKES, Take
from torch import Tensor

from dynascene.datasets.imagery import training_folder
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rays import Rays, track_rays
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.geometry.surface import Stage
from dynascene.imaging.colour import linear_from_srgb, srgb_from_linear
from dynascene.imaging.pixels import tensor_from_bytes
from dynascene.io.frames import open_frames
from dynascene.io.images import write_png
from dynascene.io.video_encoding import EncodedWriter, VideoEncoding
from dynascene.synthetic.characters.filming import FRAME_RATE
from dynascene.synthetic.places.library import Library
from dynascene.synthetic.places.panorama import PanoramaPlace
from dynascene.synthetic.places.place import SyntheticPlace
from dynascene.synthetic.solid.renderer import render_solids
from dynascene.synthetic.solid.solids import Daylight, Solids
from dynascene.synthetic.solid.world import draw_solid
from dynascene.types import CameraTrack, Size

SIZE, FRAMES = Size(640, 360), 24
MOMENTS, SHUTTER = 6, 0.5  # of an open shutter; the share of a frame that it is open
EYE = 1.55  # metres: height of the camera where the place tells none
SHADOW, SHADOW_REACH = 0.55, 0.38  # share of the light that is lost under a person; metres
NOISE = 1.5  # standard deviation, 8-bit values
RATE_FACTOR = "23"  # of x264, as phones and web pages compress
LIGHT = Daylight(
    (0.45, -0.8, -0.4), (0.55, 0.52, 0.48), (0.42, 0.45, 0.5), (0.25, 0.24, 0.22), 0.25
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--imagery", type=Path)
    parser.add_argument("--street", type=Path, help="a 16:9 clip, filmed while driving ahead")
    parser.add_argument("--only", default=",".join(TAKES))
    options = parser.parse_args()
    folder = training_folder(options.imagery)
    if folder is None:
        parser.error("no imagery: give --imagery, a folder with panoramas and characters")
    for name in options.only.split(","):
        take = TAKES[name]
        if take.place == STREET and options.street is None:
            print(f"{name}: skipped, no --street")
            continue
        write_take(options.out / "people" / name, take, folder, options.street)
        print(name, flush=True)


def write_take(out: Path, take: Take, imagery: Path, street: Path | None) -> None:
    """Write the clip and the masks of one take."""
    masks = out / "masks"
    masks.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(17)
    options = {"crf": RATE_FACTOR, "preset": "medium", "x264-params": "mbtree=0"}
    rate = Fraction(int(FRAME_RATE))
    encoding = VideoEncoding("mp4", "libx264", "yuv420p", options, SIZE, rate, None)
    with EncodedWriter(out / "clip.mp4", encoding, SIZE) as writer:
        for index, (light, matte) in enumerate(exposures(take, imagery, street)):
            stored = 255 * srgb_from_linear(light).movedim(0, -1).numpy()
            stored += rng.normal(0, NOISE, stored.shape)
            writer.encode(np.rint(stored.clip(0, 255)).astype(np.uint8))
            coverage = np.rint(255 * matte.movedim(0, -1).numpy()).astype(np.uint8)
            write_png(masks / f"{index:05d}.png", coverage)


def exposures(take: Take, imagery: Path, street: Path | None) -> Iterator[tuple[Tensor, Tensor]]:
    """Each frame's light [3, H, W] and the person's share of it [1, H, W], 0 … 1."""
    place = place_of(take, imagery)
    ground = EYE if place is None or place.stage is None else place.stage.height
    moments = np.arange(FRAMES)[:, None] + SHUTTER * np.arange(MOMENTS) / MOMENTS
    seconds = moments.ravel() / FRAME_RATE
    cast = cast_of(take, imagery, ground, seconds)
    track = track_of(take, cast.positions, ground, seconds)
    solids = Solids(cast.mesh, cast.pictures, LIGHT, ground)
    filmed = open_frames(street).read() if place is None and street else repeat(np.empty(0))
    for index, picture in zip(range(FRAMES), filmed, strict=False):
        here = slice(index * MOMENTS, (index + 1) * MOMENTS)
        rays = track_rays(track[here])
        person = render_solids(solids, rays, vertices=cast.vertices[here]).colour
        behind = filmed_light(picture) if place is None else linear_from_srgb(place.render(rays)[0])
        behind = behind * shadow(rays, ground, [contact[here] for contact in cast.contacts])
        light = person[:, :3] + (1 - person[:, 3:]) * behind
        yield light.mean(0), person[:, 3:].mean(0).clamp(0, 1)


def place_of(take: Take, imagery: Path) -> SyntheticPlace | None:
    """The rendered place of a take; None where it is filmed."""
    if take.place == STREET:
        return None
    library = Library("test", SIZE.width, imagery)
    if take.place in ("room", "street"):
        return draw_solid(library, np.random.default_rng(5), take.place)[1]
    number = library.names("panorama").index(f"{take.place}.jpg")
    stage = None if take.radius is None else Stage(EYE, take.radius)
    return PanoramaPlace(library.panorama(number)[1], 0.6, False, stage)


def track_of(take: Take, positions: np.ndarray, ground: float, seconds: np.ndarray) -> CameraTrack:
    """A camera that travels evenly and is turned after the person, late and by a shaking hand.

    Or it stands and looks at one place.
    """
    time = torch.from_numpy(seconds)
    right, ahead = take.travel
    centres = torch.stack([right * time, 0 * time, ahead * time], dim=-1)
    # the operator follows an even pace from the first to the last place, not every step
    share = (time / time[-1] if take.follows else torch.full_like(time, 0.5))[:, None]
    aim = torch.from_numpy(positions[:1]) * (1 - share) + torch.from_numpy(positions[-1:]) * share
    offset = aim - centres[:, ::2]
    late = 3.0 * torch.sin(2.1 * time + 0.5) * take.follows
    yaw = torch.rad2deg(torch.atan2(offset[:, 0], offset[:, 1])) + late
    down = torch.rad2deg(torch.atan2(torch.tensor(ground - take.aim), offset.norm(dim=-1)))
    shakes = [take.shake * torch.sin(w * time + w) for w in (9.1, 11.3, 6.7)]
    rotation = (
        rotation_about("y", yaw + shakes[0])
        @ rotation_about("x", shakes[1] - down)
        @ rotation_about("z", shakes[2])
    )
    poses = rigid(rotation.mT, -(rotation.mT @ centres[..., None])[..., 0])
    return CameraTrack(poses, intrinsics_from_fov(take.fov, SIZE).expand(len(time), 3, 3), SIZE)


def shadow(rays: Rays, ground: float, contacts: list[np.ndarray]) -> Tensor:
    """The share of its light that the ground keeps: [F, 1, H, W]; contacts: [F, 2] each."""
    descent = rays.directions[..., 1]
    depth = (ground - rays.origins[..., 1]) / descent.where(descent > 1e-3, torch.inf)
    points = (rays.origins + depth[..., None] * rays.directions)[..., ::2]
    centres = [torch.from_numpy(contact).float()[:, None, None] for contact in contacts]
    away = torch.stack([(points - centre).norm(dim=-1) for centre in centres]).amin(0)
    dark = SHADOW * torch.exp(-(away / SHADOW_REACH).square()) * (descent > 1e-3)
    return (1 - dark)[:, None]


def filmed_light(picture: np.ndarray) -> Tensor:
    """The light of a filmed frame uint8 [H, W, 3], at SIZE: [1, 3, H, W]."""
    small = cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA)
    return linear_from_srgb(tensor_from_bytes(small)[None])


if __name__ == "__main__":
    main()
