"""The camera gap of some weights, from names to a folder of results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynascene.errors import InputError
from dynascene.evaluation.benchmarks import benchmark_split
from dynascene.evaluation.gap import (
    CameraFollower,
    ClipGaps,
    GapFigures,
    StillFollower,
    gap_figures,
    measure_gaps,
    of_moves,
)
from dynascene.evaluation.gap_sheet import opposite_moves_sheet
from dynascene.evaluation.gap_systems import SampledFollower, follower, untrained
from dynascene.evaluation.protocol import EvaluatedSystem
from dynascene.evaluation.systems import Trained
from dynascene.evaluation.table import Table, markdown, plain_estimate, text_of
from dynascene.io.images import write_png
from dynascene.jobs.log import Log
from dynascene.jobs.result_folder import result_folder
from dynascene.models.sizes import ModelSize
from dynascene.synthetic.shots.moved_clips import OBEYED, moved_clips
from dynascene.synthetic.shots.moved_shots import MOVES, MovedShots
from dynascene.synthetic.shots.short_shots import ShortShots

METRICS = "metrics.json"
OUTPUTS = [METRICS, "table.md", "sheet.png"]
AT_ONCE = 8  # clips
COLUMNS = ("system", "PSNR", "seen", "gap to opposite", "gap to shuffled", "obeyed")


@dataclass(frozen=True)
class GapRequest:
    """What is to be measured.

    systems: trained weights of one size. data: ``synthetic[:SPLIT]``. clips: plain moves, in turn
    of every kind. imagery: as ``EvaluationRequest``.
    """

    systems: Sequence[EvaluatedSystem]
    data: str
    clips: int
    seed: int = 0
    imagery: Path | None = None

    def __post_init__(self) -> None:
        if self.clips < 1:
            raise InputError(f"`gap` {self.clips}: must be at least 1")
        if self.seed < 0:
            raise InputError(f"`seed` {self.seed}: must not be negative")


def run_gap(request: GapRequest, out: Path, log: Log) -> list[Table]:
    """Measure; ``out`` is complete afterwards, or untouched if this raises.

    Writes metrics.json, table.md and sheet.png, and returns the tables.
    """
    trained = _followers(request.systems)
    size = _common_size(trained)
    split = benchmark_split(request.data)
    systems: list[CameraFollower] = [StillFollower(), *map(untrained, trained), *trained]
    if len({system.name for system in systems}) < len(systems):
        raise InputError("two rows have the same name: rename a weights folder, it heads its row")
    with log.stage("clips"):
        shots = ShortShots(
            split, size.resolution, size.frames, request.seed, folder=request.imagery
        )
        moved = MovedShots(shots)
        material = [moved[index] for index in range(request.clips)]
        batches = [
            moved_clips(material[start : start + AT_ONCE])
            for start in range(0, len(material), AT_ONCE)
        ]
    places, moves = [m.shot.place for m in material], [m.move for m in material]
    with result_folder(out, OUTPUTS, listing=METRICS) as folder:
        with log.stage("gap"):
            gaps = measure_gaps(systems, batches, request.seed)
        with log.stage("intervals"):
            tables = gap_tables(gaps, places, moves)
        with log.stage("sheet"):
            picture = opposite_moves_sheet(trained, batches, moves, request.seed)
            write_png(folder / "sheet.png", picture)
        values = {
            "benchmark": f"synthetic:{split}, plain moves",
            "size": {"resolution": list(size.resolution), "frames": size.frames},
            "clips": request.clips,
            "seed": request.seed,
            "sampling": {s.name: dict(s.sampling) for s in systems if s.sampling},
            "weights": {s.name: dict(s.weights) for s in systems if s.weights},
            "gap": {name: gap_summary(each, places, moves) for name, each in gaps.items()},
            "stages": log.stages,
            "outputs": OUTPUTS,
        }
        (folder / METRICS).write_text(json.dumps(values, indent=1))
        page = markdown(tables, "Camera gap", [_note(size, request, len(set(places)))])
        (folder / "table.md").write_text(page, encoding="utf-8")
    return tables


def _followers(systems: Sequence[EvaluatedSystem]) -> list[SampledFollower]:
    """Raises InputError for what is no network of its own."""
    for system in systems:
        if not isinstance(system, Trained):
            raise InputError(f"`gap`: measures weights alone, not {system.name}")
    return [follower(system) for system in systems if isinstance(system, Trained)]


def _common_size(systems: Sequence[SampledFollower]) -> ModelSize:
    sizes = [system.pipeline.denoiser.size for system in systems]
    shapes = {(size.resolution, size.frames) for size in sizes}
    if len(shapes) > 1:
        raise InputError("`gap`: the weights are of several frame sizes; measure them one by one")
    return sizes[0]


def gap_tables(
    gaps: Mapping[str, ClipGaps], places: Sequence[str], moves: Sequence[str]
) -> list[Table]:
    """All moves together, then one by one."""
    tables = [Table("Camera gap, dB", COLUMNS, [
        [name, *_texts(gap_figures(each, places))] for name, each in gaps.items()
    ])]  # fmt: skip
    for move in dict.fromkeys(moves):
        rows = []
        for name, each in gaps.items():
            some, chosen = of_moves(each, moves, move)
            own = [place for place, there in zip(places, chosen, strict=True) if there]
            rows.append([name, *_texts(gap_figures(some, own))])
        tables.append(Table(f"Camera gap, dB: {move}", COLUMNS, rows))
    return tables


def _texts(figures: GapFigures) -> list[str]:
    decibels = [text_of(value, 2) for value in figures[:4]]
    return [*decibels, f"{figures.obeyed.mean:.0%} of {figures.obeyed.clips}"]


def gap_summary(gaps: ClipGaps, places: Sequence[str], moves: Sequence[str]) -> dict[str, Any]:
    """All figures as plain JSON values, and every clip's own."""
    names = ClipGaps._fields
    figures = gap_figures(gaps, places)
    clips = [
        {"place": place, "move": move, **dict(zip(names, map(_rounded, values), strict=True))}
        for place, move, *values in zip(places, moves, *gaps, strict=True)
    ]
    return {name: plain_estimate(value) for name, value in figures._asdict().items()} | {
        "clips": clips
    }


def _rounded(value: float) -> float | None:
    return None if value != value else round(float(value), 4)


def _note(size: ModelSize, request: GapRequest, places: int) -> str:
    moves = ", ".join(MOVES)
    shape = f"{size.frames} frames of {size.resolution.width}×{size.resolution.height}"
    return (
        f"{request.clips} clips of {shape} in {places} places, seed {request.seed}; {moves} in "
        "turn. PSNR of samples against what the true track films, where nobody stands; gap: that "
        "minus the PSNR along the opposite, or a shuffled, track; obeyed: a gap to the opposite of "
        f"over {OBEYED} dB. Figures with 95 % bootstrap intervals, which draw places."
    )
