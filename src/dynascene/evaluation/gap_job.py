"""The camera gap of some weights, from names to a folder of results."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dynascene.datasets.imagery import Folders
from dynascene.errors import InputError
from dynascene.evaluation.benchmarks import benchmark_split
from dynascene.evaluation.camera_fit import fitting_size, tried_shares
from dynascene.evaluation.gap import CameraFollower, StillFollower, measure_gaps
from dynascene.evaluation.gap_sheet import opposite_moves_sheet
from dynascene.evaluation.gap_systems import (
    SampledFollower,
    estimate_of,
    follower,
    further_inputs,
    untrained,
)
from dynascene.evaluation.gap_tables import gap_summary, gap_tables
from dynascene.evaluation.projected_followers import FramedFollower, ProjectedFollower
from dynascene.evaluation.protocol import EvaluatedSystem
from dynascene.evaluation.systems import Projection, Still, Trained
from dynascene.evaluation.table import Table
from dynascene.evaluation.table_formats import markdown_page
from dynascene.io.images import write_png
from dynascene.jobs.log import Log
from dynascene.jobs.result_folder import result_folder
from dynascene.models.sizes import ModelSize
from dynascene.seeds import check_seed
from dynascene.synthetic.shots.moved_clips import OBEYED, MovedClips, moved_clips
from dynascene.synthetic.shots.moved_shots import MOVES, MovedShots, TrueViews
from dynascene.synthetic.shots.short_shots import ShortShots

METRICS = "metrics.json"
OUTPUTS = [METRICS, "table.md", "sheet.png"]
AT_ONCE = 8  # clips


@dataclass(frozen=True)
class GapRequest:
    """What is to be measured.

    systems: trained weights of one size; ``Projection`` too. data: ``synthetic[:SPLIT]``. clips:
    plain moves, in turn of every kind. imagery: as ``EvaluationRequest``. size: of the frames;
    None = that of the weights.
    """

    systems: Sequence[EvaluatedSystem]
    data: str
    clips: int
    seed: int = 0
    imagery: Folders = None
    size: ModelSize | None = None

    def __post_init__(self) -> None:
        if self.clips < 1:
            raise InputError(f"`gap` {self.clips}: must be at least 1")
        check_seed(self.seed)


def run_gap(request: GapRequest, out: Path, log: Log) -> list[Table]:
    """Measure; ``out`` is complete afterwards, or untouched if this raises.

    Writes metrics.json, table.md and sheet.png, and returns the tables.
    """
    trained, plain = _followers(request.systems)
    size = request.size or _common_size(trained)
    of_trained = [*map(untrained, trained), *trained, *map(estimate_of, trained)]
    systems: list[CameraFollower] = [StillFollower(), *plain, *of_trained]
    if len({system.name for system in systems}) < len(systems):
        raise InputError("two rows have the same name: rename a weights folder, it heads its row")
    with log.stage("clips"):
        clips = _gap_clips(request, size, further_inputs(trained))
    with result_folder(out, OUTPUTS, listing=METRICS) as folder:
        with log.stage("gap"):
            gaps = measure_gaps(systems, clips.batches, clips.true_views, request.seed)
        with log.stage("intervals"):
            tables = gap_tables(gaps, clips.places, clips.moves)
        with log.stage("sheet"):
            shown = [*plain, *trained]
            picture = opposite_moves_sheet(shown, clips.batches, clips.moves, request.seed)
            write_png(folder / "sheet.png", picture)
        values = {
            "benchmark": f"synthetic:{benchmark_split(request.data)}, plain moves",
            "size": {"resolution": list(size.resolution), "frames": size.frames},
            "clips": request.clips,
            "seed": request.seed,
            "sampling": {s.name: dict(s.sampling) for s in systems if s.sampling},
            "weights": {s.name: dict(s.weights) for s in systems if s.weights},
            "gap": {
                name: gap_summary(each, clips.places, clips.moves) for name, each in gaps.items()
            },
            "stages": log.stages,
            "outputs": OUTPUTS,
        }
        (folder / METRICS).write_text(json.dumps(values, indent=1))
        note = _note(size, request, len(set(clips.places)))
        page = markdown_page(tables, "Camera gap", [note])
        (folder / "table.md").write_text(page, encoding="utf-8")
    return tables


class GapClips(NamedTuple):
    """Clips of plain moves. places, moves: of each. true_views: of a clip, by its number."""

    batches: list[MovedClips]
    places: list[str]
    moves: list[str]
    true_views: Callable[[int], TrueViews]


def _gap_clips(request: GapRequest, size: ModelSize, inputs: frozenset[str]) -> GapClips:
    """inputs: names of further fields that the clips have."""
    shots = ShortShots(
        benchmark_split(request.data),
        size.resolution,
        size.frames,
        request.seed,
        folder=request.imagery,
        inputs=inputs,
    )
    moved = MovedShots(shots)
    material = [moved[index] for index in range(request.clips)]
    batches = [
        moved_clips(material[start : start + AT_ONCE]) for start in range(0, len(material), AT_ONCE)
    ]
    shares, fitted = tried_shares(), fitting_size(size.resolution)
    return GapClips(
        batches,
        [m.shot.place for m in material],
        [m.move for m in material],
        lambda clip: moved.true_views(clip, shares, fitted),
    )


def _followers(
    systems: Sequence[EvaluatedSystem],
) -> tuple[list[SampledFollower], list[CameraFollower]]:
    """Trained ones, and those without training beside the still picture.

    Raises InputError for what is neither a network of its own nor one of these.
    """
    plain: list[CameraFollower] = []
    for system in systems:
        if isinstance(system, Projection):
            plain += [FramedFollower(), ProjectedFollower()]
        elif not isinstance(system, Trained | Still):
            raise InputError(f"`gap`: measures weights and the projection, not {system.name}")
    return [follower(system) for system in systems if isinstance(system, Trained)], plain


def _common_size(systems: Sequence[SampledFollower]) -> ModelSize:
    if not systems:
        raise InputError("`gap`: the frames are of the weights' size; name a folder of weights too")
    sizes = [system.pipeline.denoiser.size for system in systems]
    shapes = {(size.resolution, size.frames) for size in sizes}
    if len(shapes) > 1:
        raise InputError("`gap`: the weights are of several frame sizes; measure them one by one")
    return sizes[0]


def _note(size: ModelSize, request: GapRequest, places: int) -> str:
    moves = ", ".join(MOVES)
    shape = f"{size.frames} frames of {size.resolution.width}×{size.resolution.height}"
    return (
        f"{request.clips} clips of {shape} in {places} places, seed {request.seed}; {moves} in "
        "turn. PSNR of samples, and of the one-step estimate, against what the true track films, "
        "where nobody stands; gap: that minus the PSNR along the opposite, or a shuffled, track; "
        f"obeyed: a gap to the opposite of over {OBEYED} dB; fitting camera: the one on the way of "
        "the move from which the true place looks most like a frame. Figures with 95 % bootstrap "
        "intervals, which draw places."
    )
