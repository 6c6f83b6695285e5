"""What rows are trained and measured on, and the hashes that recognise it wherever it lies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dynascene.datasets.imagery import MANIFEST, read_manifest, training_folder
from dynascene.errors import InputError
from dynascene.evaluation.filmed_benchmark import KINDS
from dynascene.evaluation.metrics.choice import FieldMetrics, choose_metrics
from dynascene.evaluation.metrics.measures import LIGHT_METRICS
from dynascene.io.checksums import sha256_of
from dynascene.io.manifests import MANIFEST as CLIP_MANIFEST
from dynascene.models.sizes import MICRO, ModelSize

RENDERED = "synthetic:test"
PROCEDURAL = "procedural pictures"
MICRO_SECONDS = 1.0  # that filmed clips of size micro span


@dataclass(frozen=True, kw_only=True)
class ReproductionRequest:
    """What is to be made.

    Attributes:
        size: of the networks.
        steps: of every row, in all its stages; None: as the recipes say.
        imagery: folder of photographs, to train on and, of its test split, to measure on; None: as
            DYNASCENE_TRAINING_DATA says, else procedural pictures.
        clips: folders or URLs of filmed clips that stages train on; none: rendered ones.
        data: further benchmarks, as ``open_benchmark`` takes them.
        test_clips: of each benchmark.
        seconds: that the frames of a filmed benchmark span; None: a second at size micro, whose
            few frames would hardly move, else neighbouring frames.
        metrics, metric_weights: as ``EvaluationRequest``; at size micro, None: those that read no
            network, for which its frames are too small.

    Raises:
        InputError: a metric is named that reads a network, at size micro.
    """

    size: ModelSize
    steps: int | None = None
    imagery: Path | None = None
    clips: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    test_clips: int = 64
    metrics: tuple[str, ...] | None = None
    metric_weights: Path | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "imagery", training_folder(self.imagery))
        if self.size == MICRO:
            usual = tuple(metric.name for metric in FieldMetrics().clips)
            allowed = (*usual, *(metric.name for metric in LIGHT_METRICS))
            for name in self.metrics or ():
                if name not in allowed:
                    raise InputError(
                        f"`metrics` {name}: frames of size micro are too small for it; there is "
                        f"{', '.join(allowed)}"
                    )
            object.__setattr__(self, "metrics", self.metrics or usual)
            object.__setattr__(self, "seconds", self.seconds or MICRO_SECONDS)

    def seconds_of(self, benchmark: str) -> float | None:
        """That the frames of a benchmark span; rendered ones have moves of their own."""
        return self.seconds if benchmark.partition(":")[0] in KINDS else None

    def imagery_of(self, benchmark: str) -> Path | None:
        """Photographs for the places of a benchmark; filmed ones show their own."""
        return None if benchmark.partition(":")[0] in KINDS else self.imagery

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """As ``open_benchmark`` takes them."""
        return (RENDERED, *self.data)


@dataclass(frozen=True)
class Identity:
    """Hashes of contents: paths play no part.

    Attributes:
        pictures: of the imagery.
        clips: of each source that is trained on.
        benchmarks: of each benchmark, by what the request calls it.
        metrics: of the weights of each metric that is measured, by its name and their files.
    """

    pictures: str
    clips: tuple[str, ...] = ()
    benchmarks: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def identity_of(request: ReproductionRequest) -> Identity:
    """Read all that a request names, once.

    Raises:
        InputError: something cannot be read.
    """
    pictures = pictures_hash(request.imagery)
    benchmarks = {
        text: pictures if text == RENDERED else clips_hash(_folder_of(text))
        for text in request.benchmarks
    }
    chosen = choose_metrics(request.metrics, request.metric_weights)
    metrics = {metric.name: dict(metric.weights) for metric in chosen.columns}
    return Identity(pictures, tuple(map(clips_hash, request.clips)), benchmarks, metrics)


def pictures_hash(folder: Path | None) -> str:
    """Of the pictures that a manifest lists, with their splits."""
    if folder is None:
        return PROCEDURAL
    lines = [
        (r.path.relative_to(folder).as_posix(), r.category, r.split, sha256_of(r.path))
        for r in read_manifest(folder)
    ]
    return fingerprint({MANIFEST: lines})


def clips_hash(source: str) -> str:
    """Of a folder of clips: of its manifest, where it has one; a URL is itself."""
    path = Path(source)
    if not path.exists():
        return source
    manifest = path / CLIP_MANIFEST
    return sha256_of(manifest if manifest.is_file() else path)


def fingerprint(values: Mapping[str, Any] | Sequence[Any]) -> str:
    """The SHA-256 of plain values."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _folder_of(benchmark: str) -> str:
    kind, _, rest = benchmark.partition(":")
    if kind not in KINDS:
        return benchmark
    folder, _, split = rest.rpartition(":")
    return folder if folder and split in ("train", "val", "test") else rest
