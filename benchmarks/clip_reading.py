"""How many training samples does a core read from filmed clips? In CPU seconds of one thread.

    python benchmarks/clip_reading.py [--clips DIR] [--samples 8]

Both stages of DynaScene at 768×432. "general" reads as ``generate`` does: every frame of a matte is
converted to RGB at full size and held against grey pixel by pixel, every frame is scaled after its
conversion, and floats are shipped. "training" reads as training does. Both read the same frames in
turn. Without --clips, clips of 1920×1080 are made, with a keyframe every 24 frames: a walk with a
matte and an empty place.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from dynascene.datasets.filmed.cropping import cover_crop, frames_at
from dynascene.datasets.filmed.drawing import draw_frames
from dynascene.datasets.filmed.opening import ClipFiles, OpenClip, clip_files, open_clip
from dynascene.datasets.filmed.reading import read_piece
from dynascene.datasets.filmed.survey import open_manifest
from dynascene.datasets.tasks.collation import pack_samples
from dynascene.datasets.tasks.drawing import draw_sample
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.io.cameras import write_cameras
from dynascene.io.mattes import open_matte
from dynascene.io.video_writing import H264Writer
from dynascene.models.systems.dynascene import IMAGE_TASKS, VIDEO_TASKS
from dynascene.task_mix import TaskMix
from dynascene.types import FrameSource, Size

FILMED, TRAINED = Size(1920, 1080), Size(768, 432)
FRAMES, RATE, KEYFRAMES = 96, 24, 24


class Stage(NamedTuple):
    name: str
    mix: TaskMix
    length: int


STAGES = (Stage("I, a picture", IMAGE_TASKS, 1), Stage("II, 24 frames", VIDEO_TASKS, 24))


def write_clips(folder: Path) -> None:
    """A place of smooth noise with grain, before which an ellipse with soft edges walks."""
    random = np.random.default_rng(0)
    coarse = random.uniform(0, 255, (80, 140, 3)).astype(np.float32)
    place = cv2.resize(coarse, (FILMED.width + 4 * FRAMES, FILMED.height), interpolation=2)
    place = (place + random.normal(0, 8, place.shape)).clip(0, 255).astype(np.uint8)
    y, x = np.mgrid[: FILMED.height, : FILMED.width]
    for name in ("walk", "place"):
        (folder / name).mkdir(parents=True)
        with writer(folder / name / "video.mp4") as video:
            for k in range(FRAMES):
                video.write(np.ascontiguousarray(place[:, 4 * k : 4 * k + FILMED.width]))
        track = make_move("pan-right:8", FRAMES, intrinsics_from_fov(60, FILMED), FILMED)
        write_cameras(track, folder / name / "cameras.txt")
    with writer(folder / "walk" / "matte.mp4") as matte:
        for k in range(FRAMES):
            away = np.hypot((x - 600 - 5 * k) / 200, (y - 640) / 380)
            grey = (np.clip(20 - 20 * away, 0, 1) * 255).astype(np.uint8)
            matte.write(np.repeat(grey[..., None], 3, axis=2))


def writer(path: Path) -> H264Writer:
    return H264Writer(path, FILMED, Fraction(RATE), "high", None, KEYFRAMES)


class Source(NamedTuple):
    """An open clip, and its matte as ``generate`` reads it."""

    clip: OpenClip
    matte: FrameSource | None


def opened(files: ClipFiles) -> Source:
    clip = open_clip(files)
    matte = None if files.matte is None else open_matte(files.matte, clip.frames, strict=True)
    return Source(clip, matte)


def read_generally(source: Source, numbers: list[int]) -> list[Tensor]:
    """What a sample would ship: video, foreground, matte, loss mask, in floats."""
    shape = source.clip.square.size
    frames = cover_crop(frames_at(source.clip.frames, numbers), TRAINED, shape)
    video = frames[:, :3].float() / 127.5 - 1
    matte = torch.zeros_like(video[:, :1])
    if source.matte is not None:
        matte = cover_crop(frames_at(source.matte, numbers), TRAINED, shape).float() / 255
    # the other frame shows the place, and is small beside a clip
    return [part[:-1].clone() for part in (video, video * matte, matte, torch.ones_like(matte))]


def seconds_of(work: Callable[[int], object], samples: int) -> float:
    """CPU seconds of one sample, the first one left out."""
    work(0)
    start = time.process_time()
    for number in range(1, samples + 1):
        work(number)
    return (time.process_time() - start) / samples


def measured(stage: Stage, sources: list[Source], samples: int) -> str:
    megabytes: dict[str, list[float]] = {"general": [], "training": []}

    def drawn(number: int) -> tuple[Source, list[int], list[int]]:
        source = sources[number % len(sources)]
        rng = np.random.default_rng([7, number])
        return source, *draw_frames(rng, len(source.clip.frames), stage.length, 1)

    def generally(number: int) -> None:
        source, piece, others = drawn(number)
        parts = read_generally(source, [*piece, *others])
        megabytes["general"].append(sum(part.nbytes for part in parts) / 1e6)

    def in_training(number: int) -> None:
        source, piece, others = drawn(number)
        clip = read_piece("clip", source.clip, piece, others, TRAINED)
        sample = draw_sample(stage.mix, clip, np.random.default_rng([8, number]))
        batch = pack_samples([sample])
        parts = (batch.video, batch.matte, batch.loss_mask, *batch.fields.values())
        megabytes["training"].append(sum(part.nbytes for part in parts) / 1e6)

    general, training = seconds_of(generally, samples), seconds_of(in_training, samples)
    shipped = [f"{np.mean(values):.0f}" for values in megabytes.values()]
    return (
        f"| {stage.name} | {general:.2f} | {training:.2f} | {general / training:.1f} | "
        f"{1 / training:.2f} | {shipped[0]} | {shipped[1]} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--samples", type=int, default=8)
    given = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.clips or Path(temporary) / "clips"
        if given.clips is None:
            write_clips(folder)
        manifest = open_manifest(folder)
        records = [manifest[number] for number in range(len(manifest))]
        sources = [opened(clip_files(record, manifest.storage)) for record in records]
        print("| stage | general, s | training, s | ratio | samples/s of a core | MB | MB now |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for stage in STAGES:
            print(measured(stage, sources, given.samples), flush=True)


if __name__ == "__main__":
    main()
