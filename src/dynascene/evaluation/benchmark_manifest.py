"""A benchmark as a file: its clips, the hashes of what they are made of, and how they are taken.

Paths are no part of it: whoever takes it says where the data lie, and other data are refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dynascene.datasets.imagery import SPLITS, Folders
from dynascene.errors import InputError
from dynascene.evaluation.benchmarks import (
    DEFAULT_SPLIT,
    LEAST_FRAMES,
    MOST_FRAMES,
    SyntheticBenchmark,
    refuse_imagery,
)
from dynascene.evaluation.filmed_benchmark import PEOPLE, FilmedBenchmark
from dynascene.evaluation.metrics.measures import VERSION
from dynascene.evaluation.protocol import Benchmark, EvaluationShot
from dynascene.io.text import is_finite_number, read_json
from dynascene.types import Size

MANIFEST = "benchmark.json"
FORMAT = 1
SYNTHETIC, FILMED = "synthetic", "filmed"


@dataclass(frozen=True, kw_only=True)
class BenchmarkManifest:
    """What decides every figure of a benchmark.

    Attributes:
        kind: synthetic, filmed (without people) or people.
        split: None: all.
        clips: their names, in order, as the tables have them.
        frames: of a clip, at most. size: of the frames. seed: of rendered shots and of the noise.
        seconds: as ``FilmedBenchmark`` has it.
        files: sha256 of the pictures that shots are rendered from, or of the clips' files, by name.
        metric_version: of the metrics' definitions.
    """

    kind: str
    split: str | None
    clips: tuple[str, ...]
    frames: int
    size: Size
    seed: int
    seconds: float | None
    files: Mapping[str, str]
    metric_version: int = VERSION

    @property
    def settings(self) -> dict[str, Any]:
        """As ``EvaluationRequest`` takes them."""
        names = ("frames", "size", "seed", "seconds")
        return {"clips": len(self.clips), **{name: getattr(self, name) for name in names}}

    def to_json(self) -> str:
        """The text of the file."""
        values = {"format": FORMAT, **asdict(self), "size": list(self.size)}
        return json.dumps(values, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class ManifestedBenchmark:
    """A benchmark whose clips are compared by name with those of a manifest.

    Raises InputError where a shot is another one.
    """

    benchmark: Benchmark
    manifest: BenchmarkManifest

    @property
    def name(self) -> str:
        return self.benchmark.name

    @property
    def note(self) -> str:
        return self.benchmark.note

    def __len__(self) -> int:
        return len(self.manifest.clips)

    def __getitem__(self, index: int) -> EvaluationShot:
        shot = self.benchmark[index]
        if shot.name != (name := self.manifest.clips[index]):
            raise InputError(
                f"`benchmark`: clip {name} is {shot.name} here; another version of dynascene "
                "renders other shots"
            )
        return shot


ClipBenchmark = SyntheticBenchmark | FilmedBenchmark | ManifestedBenchmark


def manifest_of(benchmark: ClipBenchmark, clips: list[str], seed: int) -> BenchmarkManifest:
    """The manifest of a benchmark; its own, where it was opened by one.

    Args:
        benchmark: as it was opened.
        clips: the names of its shots.
        seed: of the noise.
    """
    if isinstance(benchmark, ManifestedBenchmark):
        return benchmark.manifest
    kind, seconds = SYNTHETIC, None
    if isinstance(benchmark, FilmedBenchmark):
        kind, seconds = PEOPLE if benchmark.people else FILMED, benchmark.seconds
    return BenchmarkManifest(
        kind=kind,
        split=benchmark.split,
        clips=tuple(clips),
        frames=benchmark.frames,
        size=benchmark.size,
        seed=seed,
        seconds=seconds,
        files=benchmark.checksums(),
    )


def read_benchmark_manifest(path: Path) -> BenchmarkManifest:
    """Read what ``evaluate`` wrote.

    Raises:
        InputError: it is no manifest, or one of other metrics.
    """
    values = read_json(path)
    try:
        manifest = _from_json(values)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{path}: is no {MANIFEST} of evaluate ({error!r})") from None
    if manifest.metric_version != VERSION:
        raise InputError(
            f"{path}: is of metrics of version {manifest.metric_version}, and these are of version "
            f"{VERSION}; figures would not compare"
        )
    return manifest


def open_manifested(
    manifest: BenchmarkManifest, data: str, imagery: Folders = None
) -> ManifestedBenchmark:
    """The very clips of a manifest.

    Args:
        manifest: what was measured.
        data: ``synthetic``, ``re10k:FOLDER`` or ``people:FOLDER``, where the clips lie here.
        imagery: see ``SyntheticBenchmark``.

    Raises:
        InputError: the data are of another kind, lack a clip or picture, or a file is another one;
            the line names it.
    """
    kind, _, rest = data.partition(":")
    if (FILMED if kind == "re10k" else kind) != manifest.kind:
        raise InputError(f"`data` {data}: `benchmark` is of {manifest.kind} clips")
    if manifest.kind == SYNTHETIC:
        if rest not in ("", manifest.split):
            raise InputError(f"`data` {data}: `benchmark` is of split {manifest.split}")
        benchmark: SyntheticBenchmark | FilmedBenchmark = SyntheticBenchmark(
            manifest.split or DEFAULT_SPLIT,
            len(manifest.clips),
            manifest.seed,
            manifest.size,
            manifest.frames,
            folder=imagery,
        )
    else:
        refuse_imagery(imagery, data)
        folder, _, split = rest.rpartition(":")
        folder = folder if folder and split in SPLITS else rest
        benchmark = FilmedBenchmark(
            folder,
            manifest.split,
            len(manifest.clips),
            manifest.size,
            manifest.frames,
            manifest.kind == PEOPLE,
            manifest.seconds,
            names=tuple(clip.partition(" ")[2] for clip in manifest.clips),
        )
    _check_files(manifest.files, benchmark.checksums(), data)
    return ManifestedBenchmark(benchmark, manifest)


def _check_files(wanted: Mapping[str, str], present: Mapping[str, str], data: str) -> None:
    """Raises InputError for the first file that is missing, new or another one."""
    for name, checksum in wanted.items():
        if name not in present:
            raise InputError(f"`data` {data}: has no {name}, which is in `benchmark`")
        if present[name] != checksum:
            raise InputError(
                f"`data` {data}: {name} is another file than in `benchmark` (its sha256 begins "
                f"with {present[name][:12]}, not {checksum[:12]})"
            )
    if further := [name for name in present if name not in wanted]:
        raise InputError(f"`data` {data}: has {further[0]}, which is not in `benchmark`")


def _texts_of(files: Any) -> list[Any]:
    if not isinstance(files, Mapping):
        raise TypeError(f"files is {files!r}")
    return [*files, *files.values()]


def _from_json(values: Mapping[str, Any]) -> BenchmarkManifest:
    if values["format"] != FORMAT:
        raise ValueError(f"format {values['format']}")
    fields = {name: value for name, value in values.items() if name != "format"}
    for name in ("clips", "size"):
        if not isinstance(values[name], list):
            raise TypeError(f"{name} is {values[name]!r}")
    texts = [values["kind"], *values["clips"], *_texts_of(values["files"])]
    if values["split"] is not None:
        texts.append(values["split"])
    if strange := [text for text in texts if not isinstance(text, str)]:
        raise TypeError(f"{strange[0]!r} is no text")
    if any(type(length) is not int for length in values["size"]):
        raise TypeError(f"size is {values['size']!r}")
    fields |= {"clips": tuple(values["clips"]), "size": Size(*values["size"])}
    for name in ("frames", "seed", "metric_version"):
        if type(fields[name]) is not int:
            raise TypeError(f"{name} is {fields[name]!r}")
    if not LEAST_FRAMES <= fields["frames"] <= MOST_FRAMES:
        raise ValueError(f"frames is {fields['frames']}")
    if min(fields["size"]) < 1:
        raise ValueError(f"size is {fields['size']}")
    if fields["seconds"] is not None and not is_finite_number(fields["seconds"]):
        raise ValueError(f"seconds is {fields['seconds']!r}")
    return BenchmarkManifest(**fields)
