"""What a thousand hours of video cost to curate, and what training on them costs.

    python benchmarks/scale_costs.py [--hours 1000] [--core 0.04] [--gpu 2]

Nothing runs: what was measured of the stages (docs/curation.md) and counted of training steps
(docs/training.md) is multiplied out, and printed in markdown. What nothing tells is a constant
below, with the word "assumed". Prices are the caller's, in dollars an hour.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

HOUR = 3600.0
CLIP_SECONDS = 4.0  # of a clip; assumed
SOURCE_RATE = 8e6 / 8  # bytes a second of 1080p footage as it is fetched; assumed
CLIP_RATE = 14.3e6 / 8  # bytes a second of a clip of 1080p at CRF 16, without its small matte
ENGINE_SECONDS = 0.034  # CPU seconds that the engine adds to a stage for each clip
GPU_RATE = 0.4 * 312e12  # FLOP a second: two fifths of what an A100 has at most in bf16; assumed
GPUS = 8
READING_RATE = {"stage I": 3.4, "stage II": 1.6}  # samples a second of one core


class Stage(NamedTuple):
    """A stage of curation.

    Attributes:
        cost: CPU seconds of one core for a second of footage.
        keeps: share of the clips that stay; assumed, so that the paper's 200,000 are left of a
            thousand hours.
    """

    name: str
    cost: float
    keeps: float


STAGES = (
    Stage("probe", 1 / 52, 0.9),
    Stage("shots", 1 / 7.9, 0.9),
    Stage("person", 1 / 4.4, 0.5),
    Stage("motion", 1 / 16, 0.75),
    Stage("fingerprint", 1 / 20, 0.95),
    Stage("matte", 25 * 0.33, 0.9),
    Stage("camera", 1 / 0.3, 0.85),
    Stage("write", 4.3, 1.0),
)


@dataclass(frozen=True)
class Training:
    """A stage of the paper's training.

    Attributes:
        flop: of a step of one process, with checkpointing as it is by default.
        batch: samples of a step of one process.
        steps: that the paper takes.
    """

    name: str
    flop: float
    batch: int
    steps: int

    @property
    def step_seconds(self) -> float:
        return self.flop / GPU_RATE

    @property
    def hours(self) -> float:
        """Of the whole, on ``GPUS`` at once."""
        return self.steps * self.step_seconds / HOUR

    @property
    def readers(self) -> float:
        """Cores that read as fast as all GPUs take."""
        return GPUS * self.batch / self.step_seconds / READING_RATE[self.name]


TRAININGS = (Training("stage I", 35e12, 3, 50_000), Training("stage II", 216e12, 1, 1_000_000))


def stage_hours(hours: float) -> Iterator[tuple[Stage, float, float]]:
    """Of each stage the clips that enter it and its core-hours."""
    clips = hours * HOUR / CLIP_SECONDS
    for stage in STAGES:
        yield stage, clips, clips * (stage.cost * CLIP_SECONDS + ENGINE_SECONDS) / HOUR
        clips *= stage.keeps


def print_curation(hours: float, price: float) -> None:
    stages = list(stage_hours(hours))
    print("| stage | clips in | core-hours | dollars |\n| --- | --- | --- | --- |")
    for stage, clips, spent in stages:
        print(f"| {stage.name} | {clips:,.0f} | {spent:,.0f} | {spent * price:,.0f} |")
    kept, total = stages[-1][1], sum(spent for *_, spent in stages)
    print(f"| **all** | | **{total:,.0f}** | **{total * price:,.0f}** |")
    fetched = hours * HOUR * SOURCE_RATE
    written = kept * CLIP_SECONDS * CLIP_RATE
    print(f"\nfetched: {fetched / 1e12:.1f} TB; kept: {kept:,.0f} clips, {written / 1e12:.1f} TB\n")
    print("| cores | days | fetched, MB/s | steps a second |\n| --- | --- | --- | --- |")
    steps = sum(clips for _, clips, _ in stages)
    for cores in (1, 10, 100, 1000):
        seconds = total * HOUR / cores
        print(
            f"| {cores:,} | {seconds / HOUR / 24:,.1f} | {fetched / seconds / 1e6:,.1f} "
            f"| {steps / seconds:,.1f} |"
        )


def print_training(price: float) -> None:
    print("\n| training | s a step | days on 8 GPUs | GPU-hours | dollars | cores that read |")
    print("| --- " * 6 + "|")
    for training in TRAININGS:
        spent = GPUS * training.hours
        print(
            f"| {training.name} | {training.step_seconds:.2f} | {training.hours / 24:.1f} "
            f"| {spent:,.0f} | {spent * price:,.0f} | {training.readers:.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=1000, help="of raw video")
    parser.add_argument("--core", type=float, default=0.04, help="dollars an hour of a CPU core")
    parser.add_argument("--gpu", type=float, default=2.0, help="dollars an hour of a GPU")
    arguments = parser.parse_args()
    print_curation(arguments.hours, arguments.core)
    print_training(arguments.gpu)


if __name__ == "__main__":
    main()
