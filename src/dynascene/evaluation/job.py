"""One evaluation, from names to a folder of results."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from dynascene.errors import InputError
from dynascene.evaluation.benchmarks import FRAMES, open_benchmark
from dynascene.evaluation.obedience import PanFlow, measure_obedience
from dynascene.evaluation.protocol import Benchmark, EvaluationShot, Scores, System, evaluate
from dynascene.evaluation.sheet import MOST_CLIPS, SheetCollector
from dynascene.evaluation.systems import STILL, SamplingSettings, open_system
from dynascene.evaluation.table import Table, markdown, summary, tables
from dynascene.generation.progress import Log
from dynascene.generation.sheet import sheet_frames
from dynascene.generation.workspace import result_folder
from dynascene.io.images import write_png

METRICS = "metrics.json"
OUTPUTS = [METRICS, "table.md", "sheet.png"]


@dataclass(frozen=True)
class EvaluationRequest:
    """What is to be evaluated.

    systems: names as ``open_system`` takes them; the still picture always takes part. data,
    imagery: as ``open_benchmark`` takes them. clips, frames: of the benchmark. obedience: shots
    that are panned both ways; None = as many as clips, 0 = none.
    """

    systems: Sequence[str]
    data: str
    clips: int = 32
    frames: int = FRAMES
    seed: int = 0
    obedience: int | None = None
    imagery: Path | None = None
    sampling: SamplingSettings = field(default_factory=SamplingSettings)

    def __post_init__(self) -> None:
        if self.obedience is not None and not 0 <= self.obedience <= self.clips:
            raise InputError(f"--obedience {self.obedience}: must be between 0 and --clips")
        if self.seed < 0:
            raise InputError(f"--seed {self.seed}: must not be negative")


def run(request: EvaluationRequest, out: Path, log: Log) -> list[Table]:
    """Carry out an evaluation; ``out`` is complete afterwards, or untouched if this raises.

    Writes metrics.json, table.md and sheet.png, and returns the tables.
    """
    with log.stage("open"):
        benchmark = open_benchmark(
            request.data, request.clips, request.seed, request.frames, request.imagery
        )
        systems = _open_systems(request)
    with result_folder(out, OUTPUTS, listing=METRICS) as folder:
        scores = _scores(systems, benchmark, request, log, folder / "sheet.png")
        flows = _flows(systems, benchmark, request, log)
        made = tables(scores, flows)
        figures = _provenance(request, benchmark, systems) | summary(scores, flows)
        figures |= {"stages": log.stages, "outputs": OUTPUTS}
        (folder / METRICS).write_text(json.dumps(figures, indent=1))
        page = markdown(made, f"Evaluation on {benchmark.name}", _notes(request, systems))
        (folder / "table.md").write_text(page, encoding="utf-8")
    return made


def _open_systems(request: EvaluationRequest) -> list[System]:
    names = [STILL, *(name for name in dict.fromkeys(request.systems) if name != STILL)]
    systems = [open_system(name, request.sampling) for name in names]
    if len({system.name for system in systems}) < len(systems):
        raise InputError("two weights folders have the same name: rename one, it heads their rows")
    return systems


def _scores(
    systems: Sequence[System],
    benchmark: Benchmark,
    request: EvaluationRequest,
    log: Log,
    sheet: Path,
) -> Scores:
    collector = SheetCollector(sheet_frames(len(benchmark), min(MOST_CLIPS, len(benchmark))))
    with log.stage("clips", len(benchmark)) as step:

        def on_clip(
            index: int, shot: EvaluationShot, rendered: Mapping[str, np.ndarray], so_far: Scores
        ) -> None:
            collector.add(index, shot, rendered, so_far)
            step()

        scores = evaluate(systems, benchmark, request.seed, on_clip)
    write_png(sheet, collector.image())
    return scores


def _flows(
    systems: Sequence[System], benchmark: Benchmark, request: EvaluationRequest, log: Log
) -> dict[str, list[PanFlow]]:
    shots = len(benchmark) if request.obedience is None else request.obedience
    if not shots:
        return {}
    with log.stage("pans", shots) as step:
        return measure_obedience(systems, benchmark, shots, request.seed, step)


def _provenance(
    request: EvaluationRequest, benchmark: Benchmark, systems: Sequence[System]
) -> dict[str, Any]:
    return {
        "benchmark": benchmark.name,
        "request": {**asdict(request), "imagery": None},  # whose path says nothing elsewhere
        "sampling": {system.name: dict(system.sampling) for system in systems if system.sampling},
        "weights": {system.name: dict(system.weights) for system in systems if system.weights},
        "versions": {name: version(name) for name in ("dynascene", "torch", "diffusers", "numpy")}
        | {"python": platform.python_version()},
    }


def _notes(request: EvaluationRequest, systems: Sequence[System]) -> list[str]:
    sampled = [
        f"{system.name}: {', '.join(f'{name} {n:g}' for name, n in system.sampling.items())}."
        for system in systems
        if system.sampling
    ]
    return [
        f"{request.clips} clips of {request.frames} frames, seed {request.seed}. "
        "Means over clips with 95 % bootstrap intervals; background only (matte = 0); "
        "uint8, data range 255. " + " ".join(sampled),
        "The guide of these shots knows the picture's true field of view, horizon and place; in "
        "use they are estimated. The camera's scale is told with an error, as in training.",
    ]
