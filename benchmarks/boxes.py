"""The guide of a box, and of a near backdrop, against the usual one, where the truth is known.

    DYNASCENE_TRAINING_DATA=... python benchmarks/boxes.py solid --places 40
    python benchmarks/boxes.py filmed FOLDER   # of RealEstate10K: videos/NAME.mp4, poses/NAME.txt

Solid places are rendered: a picture, and what cameras on a truck or a dolly see of what the picture
shows. Of filmed clips the first frame is the picture, and the later frames are the truth.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.datasets.filmed.cropping import cropped_frames
from dynascene.estimators.box.estimate import BoxEstimate, estimate_box
from dynascene.estimators.ground_end import find_ground_end
from dynascene.estimators.horizon import estimate_horizon
from dynascene.evaluation.bootstrap import estimate, mean_draws, place_weights
from dynascene.geometry.framing import Framing, is_inside, place_track
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.lifting import LiftedScene, lift_to_box, lift_to_stage, lift_with_depth
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import PictureCamera, picture_track
from dynascene.geometry.picture_guide import picture_guide
from dynascene.geometry.rays import Rays, track_rays
from dynascene.geometry.tracks import in_track_units, keep_inside, resize_track
from dynascene.imaging.clip_metrics import psnr
from dynascene.imaging.pixels import bytes_from_tensor, channels_last
from dynascene.io.cameras import CameraDefaults, read_cameras
from dynascene.io.cameras.re10k import stated_scale
from dynascene.io.frames import open_frames
from dynascene.synthetic.places.library import Library
from dynascene.synthetic.shots.views import scene_camera
from dynascene.synthetic.solid.place import SolidPlace
from dynascene.synthetic.solid.world import draw_solid
from dynascene.types import CameraTrack, Size

KINDS = ("room", "street", "yard", "park")
MOVES = ("truck-left:0.25", "truck-right:0.25", "dolly-in:0.3", "dolly-out:0.25")
FRAMES = 3  # of a move; the first is the picture's own view
SIZE = Size(320, 180)
BEHIND = 0.02  # share of its depth by which a point may lie behind the picture's surface
GROUND, NEAR, BOX, TAKEN = "ground", "its end", "box", "taken"
DEPTH, STILL = "true depth", "still"
WAYS = (GROUND, NEAR, BOX, TAKEN, DEPTH, STILL)


class Trial(NamedTuple):
    """One picture with its truths.

    kind: of the place. picture: uint8 [H, W, 3]. tracks: in track units, at the picture's camera,
    whose axes are the first frame's. truths: uint8 [F, h, w, 3] of each. seen: bool [F, h, w] of
    each, what the picture shows. depth: [H, W] of the picture, or None.
    """

    name: str
    kind: str
    picture: np.ndarray
    focal: float
    tracks: list[CameraTrack]
    truths: list[np.ndarray]
    seen: list[np.ndarray]
    depth: Tensor | None


def solid_trials(count: int, first: int) -> Iterator[Trial]:
    """Rendered places of the test split, of every kind in turn."""
    library = Library("test", SIZE.width)
    for number in range(first, first + count):
        rng = np.random.default_rng([7, number])
        kind = KINDS[number % len(KINDS)]
        _, place = draw_solid(library, rng, kind)
        camera = scene_camera(
            rng.uniform(50, 75), float(np.clip(rng.normal(-2, 5), -12, 10)), Size(426, 240)
        )
        yield _solid_trial(f"{kind} {number}", kind, place, camera)


def _solid_trial(name: str, kind: str, place: SolidPlace, camera: PictureCamera) -> Trial:
    rays = track_rays(picture_track(camera))
    place = place.scale(1 / float(place.render(rays)[1].median()))
    colour, depth = place.render(rays)
    fov = 2 * np.degrees(np.arctan(camera.size.width / 2 / camera.focal)) * 0.8
    tracks, truths, seen = [], [], []
    for move in MOVES:
        track = make_move(f"{move}:linear", FRAMES, intrinsics_from_fov(fov, SIZE), SIZE)
        placed = place_track(track, Framing(0.0, camera.pitch))
        placed = keep_inside(placed, place.contains)
        view = track_rays(placed)
        truth, distance = place.render(view)
        tracks.append(placed)
        truths.append(np.stack([bytes_from_tensor(frame) for frame in truth]))
        seen.append(_shown(view, distance, camera, depth))
    picture = bytes_from_tensor(colour[0])
    return Trial(name, kind, picture, camera.focal, tracks, truths, seen, depth[0, 0])


def _shown(view: Rays, distance: Tensor, camera: PictureCamera, depth: Tensor) -> np.ndarray:
    """Whether the picture shows what a frame sees: [F, h, w]."""
    points = view.origins + distance[:, 0, ..., None] * view.directions
    pixel, inside = camera.pixels_from_directions(points)
    grid = pixel / pixel.new_tensor(tuple(camera.size)) * 2 - 1
    surface = F.grid_sample(depth.expand(len(grid), -1, -1, -1), grid, mode="nearest",
                            padding_mode="border", align_corners=False)[:, 0]  # fmt: skip
    axis = camera.scene_from_picture.float()[:, 2]
    return (inside & (points @ axis < surface * (1 + BEHIND))).numpy()


def filmed_trials(folder: Path) -> Iterator[Trial]:
    """Clips of RealEstate10K: scene = first frame, the given cameras and their stated unit."""
    for video in sorted((folder / "videos").glob("*.mp4")):
        frames, poses = open_frames(video), folder / "poses" / f"{video.stem}.txt"
        cameras = read_cameras(poses, "re10k", CameraDefaults(size=frames.size, fov=60.0))
        count = min(len(cameras), len(frames))
        chosen = sorted({count // 4, count // 2, 3 * count // 4, count - 1})
        pictures = channels_last(cropped_frames(frames, [0, *chosen], frames.size, frames.size))
        track = in_track_units(cameras, stated_scale(poses) or 1.0)
        track = resize_track(CameraTrack(*_at(track, chosen), track.size), SIZE)
        truths = cropped_frames(frames, chosen, SIZE, frames.size)
        truth = channels_last(truths)[..., :3]
        focal = float(resize_track(cameras[:1], frames.size).intrinsics[0, 0, 0])
        everything = np.ones(truth.shape[:3], bool)
        yield Trial(
            video.stem, "filmed", pictures[0][..., :3], focal, [track], [truth], [everything], None
        )


def _at(track: CameraTrack, chosen: list[int]) -> tuple[Tensor, Tensor]:
    return track.cam_from_world[chosen], track.intrinsics[chosen]


def lifted(trial: Trial) -> dict[str, LiftedScene]:
    """The picture in all shapes; the focal length is known, the horizon is not."""
    size = Size(trial.picture.shape[1], trial.picture.shape[0])
    colours = torch.from_numpy(trial.picture).movedim(-1, 0) / 255
    level = PictureCamera(trial.focal, size, estimate_horizon(trial.picture, trial.focal).row)
    end = find_ground_end(trial.picture, level)
    scenes = {GROUND: lift_to_stage(colours, level)}
    scenes[NEAR] = scenes[GROUND] if end is None else lift_to_stage(colours, level, end.distance)
    box = estimate_box(trial.picture, trial.focal, known_focal=True)
    if box is not None:
        camera = PictureCamera(box.focal, size, box.horizon)
        scenes[BOX] = lift_to_box(colours, camera, box.box)
    scenes[TAKEN] = _taken(trial, scenes, box)
    if trial.depth is not None:
        scenes[DEPTH] = lift_with_depth(colours, level, trial.depth)
    return scenes


def _taken(trial: Trial, scenes: dict[str, LiftedScene], box: BoxEstimate | None) -> LiftedScene:
    """As generate takes it: the first that no camera leaves of a clear box, a backdrop where the
    ground ends, and the usual one."""
    is_clear = box is not None and box.clearness >= 1
    for scene in (scenes[BOX], scenes[NEAR]) if is_clear else (scenes[NEAR],):
        if all(is_inside(in_scene(track, trial, scene), scene) for track in trial.tracks):
            return scene
    return scenes[GROUND]


def in_scene(track: CameraTrack, trial: Trial, scene: LiftedScene) -> CameraTrack:
    """A track whose world is level, or the picture camera's, in the scene's world: the picture's
    camera has the pitch that the scene says."""
    if trial.kind != "filmed":
        first = track.cam_from_world[0]
        relative = track.cam_from_world @ torch.linalg.inv(first)
        track = CameraTrack(relative, track.intrinsics, track.size)
    to_picture = torch.eye(4, dtype=torch.float64)
    to_picture[:3, :3] = scene.camera.scene_from_picture.mT
    return CameraTrack(track.cam_from_world @ to_picture, track.intrinsics, track.size)


def guides(trial: Trial, scene: LiftedScene) -> list[np.ndarray]:
    """The guides along the tracks, uint8 [F, h, w, 3]; cameras that leave are drawn back."""
    made = []
    for track in trial.tracks:
        placed = in_scene(track, trial, scene)
        placed = keep_inside(placed, lambda points: scene.surface.contains(points, margin=0.05))
        colour, _ = picture_guide(scene.picture, scene.camera, scene.surface, track_rays(placed))
        made.append(np.stack([bytes_from_tensor(frame) for frame in colour]))
    return made


def measured(trial: Trial) -> tuple[dict[str, list[float]], bool]:
    """PSNR in decibels of every way along every track, and whether the box is taken."""
    scenes = lifted(trial)
    start = 0 if trial.kind == "filmed" else 1  # a move's first frame is the picture's own
    ways = {name: guides(trial, scene) for name, scene in scenes.items()}
    ways[STILL] = still(trial, scenes[GROUND])
    values = {
        name: [
            psnr(guide[start:], truth[start:], seen[start:])
            for guide, truth, seen in zip(made, trial.truths, trial.seen, strict=True)
        ]
        for name, made in ways.items()
    }
    return values, scenes[TAKEN] is scenes.get(BOX)


def still(trial: Trial, scene: LiftedScene) -> list[np.ndarray]:
    """The first view, held."""
    held = []
    for track in trial.tracks:
        pose = torch.eye(4, dtype=torch.float64).expand(len(track), -1, -1)
        still_track = CameraTrack(pose, track.intrinsics, track.size)
        held += guides(trial._replace(tracks=[still_track], kind="filmed"), scene)
    return held


def report(kind: str, rows: list[tuple[str, dict[str, list[float]], bool]]) -> None:
    """Means and paired differences over the places of a kind, with 95 % intervals."""
    names = [name for name, _, _ in rows]
    weights = place_weights(names)
    mean = {way: np.array([np.mean(values.get(way, np.nan)) for _, values, _ in rows])
            for way in WAYS}  # fmt: skip
    taken = sum(is_taken for _, _, is_taken in rows)
    print(f"{kind}: {len(rows)} places, the box is taken in {taken}")
    for way in WAYS:
        if not np.isnan(mean[way]).all():
            each = estimate(mean_draws(mean[way], weights), len(rows))
            less = estimate(mean_draws(mean[way] - mean[GROUND], weights), len(rows))
            mine = f"{each.mean:6.2f} dB ({each.low:.2f}–{each.high:.2f})"
            gain = f"{less.mean:+.2f} ({less.low:+.2f} … {less.high:+.2f})"
            print(f"  {way:10} {mine}   against ground {gain}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=("solid", "filmed"))
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--places", type=int, default=40)
    parser.add_argument("--first", type=int, default=0)
    arguments = parser.parse_args()
    filmed = arguments.data == "filmed"
    if filmed and arguments.folder is None:
        parser.error("filmed: give the folder of videos and poses")
    trials = (filmed_trials(arguments.folder) if filmed
              else solid_trials(arguments.places, arguments.first))  # fmt: skip
    rows: dict[str, list[tuple[str, dict[str, list[float]], bool]]] = {}
    for trial in trials:
        values, is_taken = measured(trial)
        rows.setdefault(trial.kind, []).append((trial.name, values, is_taken))
        line = ", ".join(f"{way} {np.nanmean(v):.2f}" for way, v in values.items())
        print(f"{trial.name}{' (taken)' if is_taken else ''}: {line}", flush=True)
    for kind, of_kind in rows.items():
        report(kind, of_kind)
    if len(rows) > 1:
        report("all", [row for of_kind in rows.values() for row in of_kind])


if __name__ == "__main__":
    main()
