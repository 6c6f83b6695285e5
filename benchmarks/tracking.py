"""How far off is the tracked camera? Real clips with known cameras, pans of panoramas, hard clips.

    python benchmarks/tracking.py [--data shared/data] [--training shared/training]
                                  [--mattes DIR] [--only NAME …]

Prints a table in markdown, row by row. Poses are compared relative to the first frame. Rotation:
median and largest angle between both, degrees. Direction: median angle between the displacements
from the first camera, over the frames that are at least a tenth of the largest displacement away.
The frames of the RealEstate10K clips are squeezed; they are stretched to square pixels first.
"under given": the held-out error, median, that the known poses and focal length leave on the same
tracks; not below ours, it says that these tracks do not prefer the known poses. "+ person" has
a rendered person walk across the picture, with its matte; "no matte" leaves that away. A folder
--mattes with results of `dynascene matte`, named like the clips, adds rows "+ matte".
"""

import argparse
import csv
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch

from dynascene.estimators.camera import TrackedCamera, TrackingOptions, track_camera
from dynascene.estimators.camera.point_tracks import follow_points
from dynascene.estimators.camera.triangulation import explain_tracks
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.geometry.panorama import angles_from_directions
from dynascene.geometry.rigid import camera_centres, relative_to_first, rotation_angle
from dynascene.io.cameras import CameraDefaults, read_cameras
from dynascene.io.frames import open_frames
from dynascene.io.images import read_image
from dynascene.io.mattes import open_matte
from dynascene.synthetic.shots.person_clips import (
    Placement,
    composite,
    lay_person,
    person_clip,
)
from dynascene.types import ArrayFrames, CameraTrack, FrameSource, Size

SQUARE = Size(456, 256)  # of the RealEstate10K clips, 16:9
PAN_SIZE, PAN_FRAMES = Size(768, 432), 32
PANS = ("pan-right:30+tilt-up:5", "pan-left:60+roll-left:4", "tilt-down:10+pan-right:12")
PAN_FOV = (55.0, 70.0, 40.0)
PERSON_HEIGHT = 0.7  # of the picture
SHOWN = ("bmx-trees", "lady-running", "juggle", "drive_forward", "man-skiing", "woman-running",
         "pexels-walking")  # fmt: skip
HEADINGS = ("clip", "focal", "kind", "verdict", "method", "cameras", "held-out px",
            "under given", "turn px", "focal off", "rotation °", "direction °",
            "CPU s")  # fmt: skip


class Clip(NamedTuple):
    name: str
    frames: FrameSource
    matte: FrameSource | None = None
    truth: CameraTrack | None = None


class Errors(NamedTuple):
    """Degrees; direction is None where the true camera does not travel."""

    rotation: float
    largest: float
    direction: float | None


def compare(found: CameraTrack, truth: CameraTrack) -> Errors:
    """Both relative to their first camera; unit-free, as only directions are compared."""
    a, b = relative_to_first(found.cam_from_world), relative_to_first(truth.cam_from_world)
    angles = rotation_angle(a[:, :3, :3] @ b[:, :3, :3].mT)
    there, here = camera_centres(b), camera_centres(a)
    away = there.norm(dim=-1)
    if away.max() < 1e-9:
        return Errors(angles.median().item(), angles.max().item(), None)
    judged = away > 0.1 * away.max()
    cosine = torch.nn.functional.cosine_similarity(here[judged], there[judged], dim=-1)
    direction = torch.rad2deg(torch.acos(cosine.clamp(-1, 1))).median().item()
    return Errors(angles.median().item(), angles.max().item(), direction)


def error_under(truth: CameraTrack, frames: FrameSource) -> float:
    """Median held-out error in working pixels that the known cameras leave."""
    held_out = follow_points(frames, None).held_out()
    focal = truth.intrinsics[0, 0, 0].item() * held_out.size.width / truth.size.width
    errors = explain_tracks(held_out, truth.cam_from_world.double().numpy(), focal).errors
    return float(np.median(errors))


def re10k_clips(data: Path) -> Iterator[Clip]:
    defaults = CameraDefaults(size=SQUARE)
    for poses in sorted((data / "re10k" / "poses").glob("*.txt")):
        source = open_frames(data / "re10k" / "videos" / f"{poses.stem}.mp4")
        stretched = [cv2.resize(f, SQUARE, interpolation=cv2.INTER_CUBIC) for f in source.read()]
        truth = read_cameras(poses, "re10k", defaults)
        yield Clip(f"re10k {poses.stem[:6]}", ArrayFrames(stretched), truth=truth)


def long_clip(data: Path) -> Iterator[Clip]:
    for video in (data / "re10k_long").glob("*.mp4"):
        truth = read_cameras(video.with_suffix(".camera_info.json"))
        yield Clip("re10k_long", open_frames(video), truth=truth)


def hard_clips(data: Path, mattes: Path | None) -> Iterator[Clip]:
    people = data / "people"
    frames = open_frames(people / "bmx-trees" / "frames")
    yield Clip("bmx-trees", frames, open_matte(people / "bmx-trees" / "masks", frames))
    for path in sorted(people.glob("*.mp4")) + sorted((data / "static").glob("*.mp4")):
        if any(name in path.stem for name in SHOWN):
            clip = Clip(path.stem.removesuffix("-dynamic-5738706"), open_frames(path))
            yield clip
            if mattes and (mattes / clip.name).is_dir():
                matte = open_matte(mattes / clip.name, clip.frames)
                yield clip._replace(name=f"{clip.name} + matte", matte=matte)
    yield Clip("lady-running", open_frames(people / "lady-running"))


def pans(training: Path) -> Iterator[Clip]:
    """Turning cameras in photographed panoramas."""
    with (training / "MANIFEST.tsv").open(newline="") as manifest:
        rows = [r for r in csv.DictReader(manifest, delimiter="\t") if r["category"] == "panorama"]
    for move, fov, row in zip(PANS, PAN_FOV, rows[: len(PANS)], strict=True):
        track = make_move(move, PAN_FRAMES, intrinsics_from_fov(fov, PAN_SIZE), PAN_SIZE)
        panorama = read_image(training / row["path"])[..., :3]
        yield Clip(move, ArrayFrames(list(pan_frames(panorama, track))), truth=track)


def pan_frames(panorama: np.ndarray, track: CameraTrack) -> Iterator[np.ndarray]:
    """What the turning camera sees of an equirectangular panorama, uint8 [H, W, 3]."""
    size, height, width = track.size, *panorama.shape[:2]
    x, y = np.meshgrid(np.arange(size.width) + 0.5, np.arange(size.height) + 0.5)
    pixels = torch.from_numpy(np.stack([x, y, np.ones_like(x)], axis=-1))
    for pose, intrinsics in zip(track.cam_from_world, track.intrinsics, strict=True):
        towards = pixels @ torch.linalg.inv(intrinsics).mT @ pose[:3, :3]
        azimuth, depression = angles_from_directions(towards)
        columns = (azimuth / (2 * torch.pi) + 0.5) * width - 0.5
        rows = (depression / torch.pi + 0.5) * height - 0.5
        where = (columns.float().numpy(), rows.float().numpy())
        yield cv2.remap(panorama, *where, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)


def with_person(clip: Clip) -> Clip:
    """The clip with a rendered person walking across it from left to right."""
    size, count = clip.frames.size, len(clip.frames)
    walker = person_clip(0)
    across = (torch.arange(count) + 0.5) / count
    foot = torch.stack([across * size.width, torch.full((count,), 0.93 * size.height)], dim=-1)
    scale = torch.full((count,), PERSON_HEIGHT * size.height / walker.height)
    placement = Placement(foot, scale, torch.zeros(count), 3 * torch.arange(count))
    person, matte = lay_person(walker, placement, size)
    background = torch.from_numpy(np.stack(list(clip.frames.read()))).movedim(-1, 1) / 255
    frames, mattes = (
        list((255 * x).round().byte().movedim(1, -1).numpy())
        for x in (composite(person, matte, background), matte)
    )
    return Clip(f"{clip.name} + person", ArrayFrames(frames), ArrayFrames(mattes), clip.truth)


def measure(clip: Clip, given: bool) -> tuple[TrackedCamera, Errors | None]:
    """Tracks a clip and prints its row."""
    focal = clip.truth.intrinsics[0, 0, 0].item() if clip.truth else None
    start = time.process_time()
    found = track_camera(clip.frames, clip.matte, TrackingOptions(focal if given else None))
    seconds = time.process_time() - start
    errors = compare(found.track, clip.truth) if found.track and clip.truth else None
    off = f"{100 * (found.focal / focal - 1):+.1f} %" if found.focal and focal else ""
    figures = found.clip
    # the person's own points would be held against the known poses
    truth = clip.truth if "person" not in clip.name and found.kind == "general" else None
    cells = (
        clip.name,
        found.focal_source or "–",
        found.kind,
        found.verdict,
        found.method or "–",
        f"{figures.registered_share:.0%}" if figures else "–",
        f"{figures.held_out_error:.2f}" if figures and figures.held_out_error is not None else "–",
        f"{error_under(truth, clip.frames):.2f}" if truth else "",
        f"{figures.turn_error:.2f}" if figures and figures.turn_error is not None else "",
        "" if given else off,
        f"{errors.rotation:.2f} ({errors.largest:.2f})" if errors else "",
        f"{errors.direction:.1f}" if errors and errors.direction is not None else "",
        f"{seconds:.0f}",
    )
    print(f"| {' | '.join(cells)} |", flush=True)
    return found, errors


def print_growth(plain: list[Errors], masked: list[Errors], unmasked: list[Errors]) -> None:
    """How much the person adds to the mean errors of the RealEstate10K clips."""
    for name, rows in (("alone", plain), ("person, matte", masked), ("person, no matte", unmasked)):
        if rows:
            turn = np.mean([row.rotation for row in rows])
            direction = np.mean([row.direction for row in rows])
            print(f"{name}: rotation {turn:.3f}°, direction {direction:.2f}° ({len(rows)} clips)")


def main() -> None:
    here = Path(__file__).resolve().parents[1]
    shared = next((p / "shared" for p in (here, here.parent) if (p / "shared").is_dir()), here)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=shared / "data")
    parser.add_argument("--training", type=Path, default=shared / "training")
    parser.add_argument("--mattes", type=Path, help="a folder NAME of mattes for each clip")
    parser.add_argument("--only", nargs="*", default=[""], help="parts of the clips' names")
    options = parser.parse_args()

    def chosen(clips: Iterator[Clip]) -> Iterator[Clip]:
        return (clip for clip in clips if any(name in clip.name for name in options.only))

    print(f"| {' | '.join(HEADINGS)} |\n|{' --- |' * len(HEADINGS)}")
    if (options.training / "MANIFEST.tsv").is_file():
        for clip in chosen(pans(options.training)):
            measure(clip, given=False)
            measure(clip, given=True)
    for clip in chosen(hard_clips(options.data, options.mattes)):
        measure(clip, given=False)
    for clip in chosen(long_clip(options.data)):
        measure(clip, given=False)
        measure(clip, given=True)
    plain, masked, unmasked = [], [], []
    for clip in chosen(re10k_clips(options.data)):
        measure(clip, given=False)
        person = with_person(clip)
        bare = person._replace(name=f"{person.name}, no matte", matte=None)
        for errors, some in ((plain, clip), (masked, person), (unmasked, bare)):
            row = measure(some, given=True)[1]
            errors += [row] if row else []
    print()
    print_growth(plain, masked, unmasked)


if __name__ == "__main__":
    main()
