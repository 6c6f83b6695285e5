"""From the names of a request to all that an evaluation reads."""

import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dynascene.errors import InputError
from dynascene.evaluation.benchmark_manifest import (
    ClipBenchmark,
    manifest_of,
    open_manifested,
)
from dynascene.evaluation.benchmarks import open_benchmark
from dynascene.evaluation.clip_journal import ClipJournal
from dynascene.evaluation.clip_results import ClipTask
from dynascene.evaluation.clip_work import Work
from dynascene.evaluation.external import ExternalVideos
from dynascene.evaluation.feature_networks import open_features
from dynascene.evaluation.matte_robustness import check_matte_errors
from dynascene.evaluation.metrics.choice import FieldMetrics, choose_metrics
from dynascene.evaluation.protocol import EvaluatedSystem
from dynascene.evaluation.request import EvaluationRequest
from dynascene.evaluation.sheet import MOST_CLIPS
from dynascene.evaluation.systems import STILL, Still
from dynascene.imaging.sheet import spread_frames


def open_work(request: EvaluationRequest, out: Path) -> Work:
    """All that an evaluation reads, and the journal of its clips.

    Raises:
        InputError: something that the request names cannot be used.
    """
    benchmark = open_clips(request)
    asked = len(benchmark) if request.obedience is None else request.obedience
    task = ClipTask(
        systems=_with_still(request.systems),
        seed=request.seed,
        features=open_features(request.features, benchmark),
        metrics=choose_metrics(request.metrics, request.metric_weights),
        obedience=min(asked, len(benchmark)),
        cameras=request.cameras,
        matte_errors=check_matte_errors(request.matte_errors),
        sheets=spread_frames(len(benchmark), min(MOST_CLIPS, len(benchmark))),
        videos=_spread(len(benchmark), request.videos),
    )
    return Work(benchmark, task, ClipJournal(out, _identity(request, benchmark, task)))


def open_clips(request: EvaluationRequest) -> ClipBenchmark:
    """The benchmark that a request names.

    Raises:
        InputError: as ``open_benchmark`` and ``open_manifested``.
    """
    if request.manifest is not None:
        return open_manifested(request.manifest, request.data, request.imagery)
    return open_benchmark(
        request.data,
        request.clips,
        request.seed,
        request.frames,
        request.imagery,
        request.size,
        request.seconds,
    )


def _identity(
    request: EvaluationRequest, benchmark: ClipBenchmark, task: ClipTask
) -> dict[str, Any]:
    """All that decides what is measured of a clip, but videos made elsewhere."""
    systems = [
        [s.name, {} if isinstance(s, ExternalVideos) else dict(s.weights), dict(s.sampling)]
        for s in task.systems
    ]
    chosen = task.metrics or FieldMetrics()
    return {
        "benchmark": json.loads(manifest_of(benchmark, [], request.seed).to_json()),
        "systems": systems,
        "features": [task.features.name, dict(task.features.weights)],
        "metrics": [[metric.name, dict(metric.weights)] for metric in chosen.columns],
        "numbers": [task.seed, task.obedience, task.cameras, list(task.sheets), list(task.videos)],
        "matte_errors": list(task.matte_errors),
        "versions": package_versions(),
    }


def _spread(clips: int, wanted: int) -> list[int]:
    """So many numbers of clips, evenly spread; the first one where one is wanted."""
    chosen = min(clips, wanted)
    return [*range(chosen)] if chosen < 2 else spread_frames(clips, chosen)


def _with_still(systems: Sequence[EvaluatedSystem]) -> list[EvaluatedSystem]:
    """The still picture before all others. Raises InputError where two would share their rows."""
    whole = [Still(), *(system for system in systems if system.name != STILL)]
    if len({system.name for system in whole}) < len(whole):
        raise InputError(
            "two systems have the same name: rename one folder or `external`, it heads its rows"
        )
    return whole


def package_versions() -> dict[str, str]:
    """Of what figures may depend on."""
    packages = {name: version(name) for name in ("dynascene", "torch", "diffusers", "numpy")}
    return packages | {"python": platform.python_version()}
