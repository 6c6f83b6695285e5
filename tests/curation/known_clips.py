"""Small clips of which it is known what each stage has to say: a hundred, and fifty broken ones.

    python tests/curation/known_clips.py FOLDER [SHARE [SERIES]]

writes FOLDER/known with the hundred, FOLDER/broken with the fifty, and answers.json in each: by
file name, what becomes of it (``stage`` and ``code`` of the rejection, null where it is kept), the
frames that begin another take, and of a duplicate the file that it repeats. The places are
procedural pictures that a virtual camera looks around in, the people procedural walkers. The same
call writes the same files. SHARE: only so much of them. SERIES: 0, 1 …: others of the same kinds,
with other places and people.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch

from dynascene.io.video_writing import H264Writer
from dynascene.synthetic.places.procedural import procedural_panorama
from dynascene.synthetic.shots.person_clips import (
    STRIDE_FRAMES,
    Placement,
    composite,
    lay_person,
    person_clip,
)
from dynascene.types import Size

SIZE, SMALL, RATE = Size(240, 136), Size(160, 90), 24
MIN_HEIGHT = 120  # what a probe of these clips is to ask for
FRAMES, PART = 40, 30  # of a clip, and of each take of a clip with cuts
# between the seeds of kinds, of the takes of a clip, and of series
KIND_SEEDS, TAKE_SEEDS, SERIES_SEEDS = 100, 1_000, 10_000
WALKERS, PLACES = 4, 12  # that are drawn; every clip has its own combination
PLACE_WIDTH = 1600
GRAIN = 0.006  # of the sensor: without it, what stands still would be still to the bit


class Kind(NamedTuple):
    """How many clips there are, and which stage drops them with which code."""

    count: int
    stage: str | None = None
    code: str | None = None


KINDS = {
    "good": Kind(22),
    "cuts": Kind(14),
    "person-none": Kind(12, "person", "no-person"),
    "person-two": Kind(12, "person", "several-people"),
    "static": Kind(7, "motion", "little-motion"),
    "dancer": Kind(7, "motion", "static-background"),
    "low": Kind(8, "probe", "low-resolution"),
    "corrupt": Kind(8, "probe", None),
    "zz-duplicate": Kind(10, "duplicates", "duplicate"),  # the last by name: the others stay
}
BREAKS = ("cut-start", "cut-middle", "cut-end", "flipped", "empty", "text", "picture", "renamed")


@dataclass(frozen=True)
class Answer:
    """What is known of a file. code: None where any will do. cuts: frames that begin a take."""

    kind: str
    stage: str | None = None
    code: str | None = None
    cuts: tuple[int, ...] = ()
    repeats: str | None = None


def write_known_clips(folder: Path, share: float = 1.0, series: int = 0) -> dict[str, Answer]:
    """Write the clips, or of each kind a share of them (at least one), and ``answers.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    answers: dict[str, Answer] = {}
    for number, (kind, (count, stage, code)) in enumerate(KINDS.items()):
        for index in range(max(1, round(count * share))):
            name = f"{kind}-{index:02}.mp4"
            answer = Answer(kind, stage, code)
            seed = SERIES_SEEDS * series + KIND_SEEDS * number + index
            if kind == "corrupt":
                _write(folder / name, _take(seed, 1, True), SIZE)
                break_file(folder / name, BREAKS[index % 4])
            elif kind == "zz-duplicate":
                answer = replace(answer, repeats=f"good-{index:02}.mp4")
                _write_again(folder / name, SERIES_SEEDS * series + index)
            elif kind == "cuts":
                takes = 2 + index % 2
                answer = replace(answer, cuts=tuple(PART * (n + 1) for n in range(takes - 1)))
                _write(folder / name, _with_cuts(seed, takes), SIZE)
            else:
                people = {"person-none": 0, "person-two": 2}.get(kind, 1)
                size = SMALL if kind == "low" else SIZE
                moving = kind not in ("static", "dancer")
                _write(folder / name, _take(seed, people, moving, dances=kind == "dancer"), size)
            answers[name] = answer
    _write_answers(folder, answers)
    return answers


def write_broken_clips(folder: Path, count: int = 50) -> dict[str, Answer]:
    """Write broken videos of all kinds in turn, each broken elsewhere, and ``answers.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / "whole.mp4"
    _write(whole, _take(900, 1, True), SIZE)
    answers: dict[str, Answer] = {}
    for index in range(count):
        damage = BREAKS[index % len(BREAKS)]
        name = f"{damage}-{index:02}.mp4"
        (folder / name).write_bytes(whole.read_bytes())
        break_file(folder / name, damage, index)
        answers[name] = Answer(damage, "probe")
    whole.unlink()
    _write_answers(folder, answers)
    return answers


def break_file(path: Path, damage: str, seed: int = 0) -> None:
    """Damage a video file; bits are flipped in its pictures, not in its index."""
    rng = np.random.default_rng([41, seed])
    content = bytearray(path.read_bytes())
    if damage.startswith("cut-"):
        low, high = {"start": (0.02, 0.2), "middle": (0.3, 0.7), "end": (0.8, 0.95)}[damage[4:]]
        content = content[: int(rng.uniform(low, high) * len(content))]
    elif damage == "flipped":
        begin = content.index(b"mdat") + 1200
        for place in rng.integers(begin, len(content), 24):
            content[place] ^= 1 << int(rng.integers(8))
    elif damage == "empty":
        content.clear()
    elif damage == "text":
        content = bytearray(b"This is a note, and no video.\n" * int(rng.integers(1, 200)))
    elif damage == "picture":
        noise = rng.integers(0, 255, (90, 160, 3), np.uint8)
        content = bytearray(cv2.imencode(".png", noise)[1].tobytes())
    elif damage == "renamed":  # Matroska under the name of an MP4
        _remux(path, path.with_suffix(".mkv"))
        content = bytearray(path.with_suffix(".mkv").read_bytes())
        path.with_suffix(".mkv").unlink()
    path.write_bytes(bytes(content))


def _take(
    seed: int, people: int, moving: bool, frames: int = FRAMES, dances: bool = False
) -> Iterator[np.ndarray]:
    """A place, a camera that pans and closes in (or stands), and walkers, or one who dances:
    uint8 [H, W, 3]."""
    rng = np.random.default_rng([43, seed])
    series = seed // SERIES_SEEDS
    place = _place(PLACES * series + seed % PLACES)
    background = _looked_around(place, rng, moving, frames)
    for number in range(people):
        column = (0.5 if people == 1 else (0.27, 0.73)[number]) + rng.uniform(-0.04, 0.04)
        placement = _dance(rng, frames) if dances else _placement(rng, frames, column, people == 1)
        walker = person_clip(WALKERS * series + (seed + number) % WALKERS)
        person, matte = lay_person(walker, placement, SIZE)
        background = composite(person, matte, background)
    yield from (background.permute(0, 2, 3, 1) * 255).round().byte().numpy()


def _with_cuts(seed: int, takes: int) -> Iterator[np.ndarray]:
    """Takes of which no other clip has any, each in another place."""
    for take in range(takes):
        yield from _take(seed + TAKE_SEEDS * take, 1, True, PART)


@lru_cache(maxsize=PLACES)
def _place(seed: int) -> np.ndarray:
    """The part about the horizon of a procedural panorama, float32 [H, W, 3] sRGB."""
    picture = procedural_panorama(700 + seed, PLACE_WIDTH).permute(1, 2, 0).numpy()
    return np.ascontiguousarray(picture[PLACE_WIDTH // 8 : -PLACE_WIDTH // 8])


def _looked_around(
    picture: np.ndarray, rng: np.random.Generator, moving: bool, frames: int
) -> torch.Tensor:
    """Windows of a picture along a smooth path, or the first one again and again: [F, 3, H, W]."""
    share = np.linspace(0, 1, frames) if moving else np.zeros(frames)
    width = 1.2 * SIZE.width * (1 - rng.uniform(0, 0.2) * share)
    left = rng.uniform(500, 700) + rng.choice([-1, 1]) * rng.uniform(180, 320) * share
    top = 50 + rng.uniform(0, 60) + 8 * np.sin(share * rng.uniform(4, 9))
    shown = []
    for w, x, y in zip(width, left, top, strict=True):
        zoom = w / SIZE.width
        matrix = np.array([[zoom, 0, x], [0, zoom, y]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        shown.append(cv2.warpAffine(picture, matrix, SIZE, flags=flags))
    grain = rng.standard_normal(shown[0].shape, np.float32) * GRAIN
    rolled = [np.roll(grain, rng.integers(0, SIZE.width, 2), axis=(0, 1)) for _ in shown]
    seen = np.clip(np.stack(shown) + np.stack(rolled), 0, 1)
    return torch.from_numpy(seen).permute(0, 3, 1, 2).contiguous()


def _placement(rng: np.random.Generator, frames: int, column: float, walks: bool) -> Placement:
    share = torch.linspace(-0.5, 0.5, frames)
    drift = rng.uniform(-0.15, 0.15) if walks else 0.0
    x = (column + drift * share) * SIZE.width
    foot = torch.stack([x, torch.full_like(x, rng.uniform(0.9, 0.96) * SIZE.height)], dim=-1)
    scale = torch.full((frames,), rng.uniform(0.38, 0.46) * SIZE.height)
    phase = torch.arange(frames) + int(rng.integers(STRIDE_FRAMES))
    return Placement(foot, scale, torch.zeros(frames), phase)


def _dance(rng: np.random.Generator, frames: int) -> Placement:
    """To and fro in front of the camera, cut off by the picture's lower border."""
    seconds = torch.arange(frames) / RATE
    x = (0.5 + rng.uniform(0.2, 0.25) * torch.sin(2 * np.pi * 0.8 * seconds)) * SIZE.width
    scale = rng.uniform(0.7, 0.9)
    foot = torch.stack([x, torch.full_like(x, (0.3 + 1.5 * scale) * SIZE.height)], dim=-1)
    phase = 2 * torch.arange(frames) + int(rng.integers(STRIDE_FRAMES))
    size = torch.full((frames,), scale * SIZE.height)
    return Placement(foot, size, torch.zeros(frames), phase)


def _write_again(path: Path, seed: int) -> None:
    """A good clip once more: smaller, coarser, cut by 4 % at its borders, or brighter."""
    frames = np.stack(list(_take(seed, 1, True)))
    change = seed % 3
    if change == 0:
        frames = frames[:, 3:-3, 5:-5]
    elif change == 1:
        frames = np.clip(frames * 1.08 + 6, 0, 255).astype(np.uint8)
    size = Size(216, 122)
    again = (cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames)
    _write(path, again, size)


def _write(path: Path, frames: Iterator[np.ndarray] | Sequence[np.ndarray], size: Size) -> None:
    with H264Writer(path, size, Fraction(RATE), "high") as writer:
        for frame in frames:
            height, width = frame.shape[:2]
            fits = (width, height) == size
            small = frame if fits else cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
            writer.write(small)


def _remux(path: Path, target: Path) -> None:
    import av

    with av.open(str(path)) as read, av.open(str(target), "w") as written:
        stream = written.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(read.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                written.mux(packet)


def _write_answers(folder: Path, answers: dict[str, Answer]) -> None:
    told = {name: asdict(answer) for name, answer in answers.items()}
    (folder / "answers.json").write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    share_of_them = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    write_broken_clips(Path(sys.argv[1]) / "broken", round(50 * share_of_them))
    series_of_them = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    write_known_clips(Path(sys.argv[1]) / "known", share_of_them, series_of_them)
