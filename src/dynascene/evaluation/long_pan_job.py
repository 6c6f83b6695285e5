"""Long pans of some systems, from names to a folder of results."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dynascene.datasets.imagery import Folders
from dynascene.errors import InputError
from dynascene.evaluation.ablations import WithMemory
from dynascene.evaluation.benchmarks import SIZE, benchmark_split
from dynascene.evaluation.gap_systems import follower, untrained
from dynascene.evaluation.long_pan import (
    DEGREES,
    FRAMES,
    LAST,
    STARTS,
    LongPan,
    PanError,
    long_pan,
    pan_error,
    pan_library,
)
from dynascene.evaluation.long_pan_tables import pan_summary, pan_tables
from dynascene.evaluation.protocol import EvaluatedSystem
from dynascene.evaluation.systems import Projection, Still, Trained
from dynascene.evaluation.table import Table
from dynascene.evaluation.table_formats import markdown_page
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.decoding import is_guided
from dynascene.generation.weights import LoadedWeights
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.imaging.sheet import SheetRow, contact_sheet, spread_frames, stack_sheets
from dynascene.io.images import write_png
from dynascene.jobs.log import Log
from dynascene.jobs.result_folder import result_folder
from dynascene.seeds import check_seed
from dynascene.types import Size

METRICS = "metrics.json"
OUTPUTS = [METRICS, "table.md", "sheet.png"]
SHOWN, LEAST_WIDTH = 3, 128  # pans of the sheet; pixels of its pictures, at least


@dataclass(frozen=True)
class LongPanRequest:
    """What is to be measured.

    systems: any that ``generate`` makes, and the still picture, which always takes part. data:
    ``synthetic[:SPLIT]``. clips: pans of each kind. imagery: as ``EvaluationRequest``.
    """

    systems: Sequence[EvaluatedSystem]
    data: str
    clips: int
    seed: int = 0
    imagery: Folders = None

    def __post_init__(self) -> None:
        if self.clips < 1:
            raise InputError(f"`long_pans` {self.clips}: must be at least 1")
        check_seed(self.seed)


@dataclass(frozen=True)
class PannedSystem:
    """A row. options: as ``generate`` makes its clips; None: the picture, standing still. size: of
    its pictures and frames."""

    name: str
    options: GenerationOptions | None
    size: Size = SIZE

    def frames(self, pan: LongPan, seed: int) -> np.ndarray:
        """uint8 [F, H, W, 3]"""
        if self.options is None:
            return bytes_from_tensor(pan.views(np.zeros(1), self.size)).repeat(FRAMES, 0)
        return pan.frames(self.options, self.size, seed)


def panned_systems(system: EvaluatedSystem) -> list[PannedSystem]:
    """A system's rows; weights without a guide come with the same networks untrained.

    Raises:
        InputError: it is neither the projection nor weights.
    """
    if isinstance(system, Still):
        return []
    if isinstance(system, Projection):
        return [PannedSystem(system.name, system.options)]
    if isinstance(system, WithMemory):
        return [PannedSystem(system.name, replace(system.system.options, scene_memory=True))]
    if not isinstance(system, Trained):
        raise InputError(f"`long_pans`: measures the projection and weights, not {system.name}")
    pipeline = system.loaded.pipeline
    if is_guided(pipeline):
        return [PannedSystem(system.name, system.options)]
    fresh = untrained(follower(system))
    silent = Trained(fresh.name, LoadedWeights(fresh.pipeline, {}), system.settings)
    size = pipeline.denoiser.size.resolution
    return [PannedSystem(each.name, each.options, size) for each in (silent, system)]


def run_long_pans(request: LongPanRequest, out: Path, log: Log) -> list[Table]:
    """Measure; ``out`` is complete afterwards, or untouched if this raises.

    Writes metrics.json, table.md and sheet.png, and returns the tables.
    """
    split = benchmark_split(request.data)
    rows = _rows(request)
    library = pan_library(split, rows[0].size, request.imagery)
    made = PannedClips([], {}, [])
    with result_folder(out, OUTPUTS, listing=METRICS) as folder:
        with log.stage("pans", len(STARTS) * request.clips) as step:
            for kind, start in STARTS.items():
                pans = [long_pan(library, n, start, request.seed) for n in range(request.clips)]
                _measure(made, kind, pans, rows, request.seed, step)
        write_png(folder / "sheet.png", stack_sheets(made.sheets))
        values = {
            "benchmark": f"synthetic:{split}, pans of {DEGREES:g} degrees in {FRAMES} frames",
            "size": list(rows[0].size),
            "clips": request.clips,
            "seed": request.seed,
            "sampling": {s.name: dict(s.sampling) for s in request.systems if s.sampling},
            "weights": {s.name: dict(s.weights) for s in request.systems if s.weights},
            "long_pans": pan_summary(made.errors, made.places),
            "stages": log.stages,
            "outputs": OUTPUTS,
        }
        (folder / METRICS).write_text(json.dumps(values, indent=1))
        tables = pan_tables(made.errors, made.places)
        note = _note(request, rows[0].size, len(set(made.places)))
        page = markdown_page(tables, "Long pans", [note])
        (folder / "table.md").write_text(page, encoding="utf-8")
    return tables


def _rows(request: LongPanRequest) -> list[PannedSystem]:
    """All rows, the still picture's first. Raises InputError where they do not go together."""
    rows = [row for system in request.systems for row in panned_systems(system)]
    sizes = {row.size for row in rows} or {SIZE}
    if len(sizes) > 1:
        raise InputError("`long_pans`: the systems are of several frame sizes; measure them apart")
    rows.insert(0, PannedSystem(Still.name, None, sizes.pop()))
    if len({row.name for row in rows}) < len(rows):
        raise InputError("two rows have the same name: rename a weights folder, it heads its row")
    return rows


class PannedClips(NamedTuple):
    """What was measured. places: of the pans. errors: by kind of pan and system. sheets: of a few
    pans."""

    places: list[str]
    errors: dict[str, dict[str, list[PanError]]]
    sheets: list[np.ndarray]


def _measure(
    made: PannedClips,
    kind: str,
    pans: Sequence[LongPan],
    rows: Sequence[PannedSystem],
    seed: int,
    on_pan: Callable[[], None],
) -> None:
    """Adds pans of one kind to what was measured."""
    errors = made.errors.setdefault(kind, {row.name: [] for row in rows})
    made.places[:] = [pan.name for pan in pans]  # the same for every kind
    for number, pan in enumerate(pans):
        frames = {row.name: row.frames(pan, seed + number) for row in rows}
        for name, each in frames.items():
            errors[name].append(pan_error(pan, each))
        if number < SHOWN:
            made.sheets.append(_sheet(pan, frames, rows[0].size))
        on_pan()


def _sheet(pan: LongPan, made: Mapping[str, np.ndarray], size: Size) -> np.ndarray:
    shown = spread_frames(FRAMES)
    times = max(1, -(-LEAST_WIDTH // size.width))
    truth = bytes_from_tensor(pan.views(pan.yaws[shown], size))
    rows = {"truth": truth} | {name: frames[shown] for name, frames in made.items()}
    return contact_sheet(
        [SheetRow(name, list(x.repeat(times, 1).repeat(times, 2))) for name, x in rows.items()],
        [f"{degrees:+.0f}°" for degrees in pan.yaws[shown]],
    )


def _note(request: LongPanRequest, size: Size, places: int) -> str:
    return (
        f"{request.clips} pans of {DEGREES:g} degrees in {FRAMES} frames of "
        f"{size.width}×{size.height} in {places} panoramas, to the right and to the left, seed "
        f"{request.seed}; made by generate from the view of the picture's middle, which is as wide "
        "as a frame. Fitting camera: the one from which the true place looks most like a frame. At "
        f"the end: in the last {LAST} frames. Where seen: frames compared only where the picture "
        "shows the place. Figures with 95 % bootstrap intervals, which draw places."
    )
