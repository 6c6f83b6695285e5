"""What an evaluation is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dynascene.datasets.imagery import Folders
from dynascene.errors import InputError
from dynascene.evaluation.benchmark_manifest import BenchmarkManifest
from dynascene.evaluation.benchmarks import FRAMES
from dynascene.evaluation.matte_robustness import check_matte_errors
from dynascene.evaluation.protocol import EvaluatedSystem
from dynascene.evaluation.systems import SamplingSettings
from dynascene.seeds import check_seed
from dynascene.types import Size


@dataclass(frozen=True)
class EvaluationRequest:
    """What is to be evaluated.

    systems: in the order of the rows, after the still picture, which always takes part. data,
    imagery: as ``open_benchmark`` takes them. clips, frames: of the benchmark. obedience: shots
    that are panned both ways; None = as many as clips, 0 = none. cameras: clips in whose frames
    the camera is looked for. features: TorchScript file of a
    network that describes pictures; None = without weights. sampling: as the systems have it, for
    the report. metrics: names of the field's metrics; None = all whose weights are there.
    metric_weights: folder of published weights; None = in the cache. size: of the frames; None =
    256×144. seconds: that the frames of a filmed clip span; None = neighbours. manifest: of the
    clips, which decides all that they depend on; None = the first ones of ``data``. workers:
    processes that judge clips. videos: clips of which all rows are written side by side.
    matte_errors: faults of mattes, as ``MatteError`` names them, that systems are told too.
    """

    systems: Sequence[EvaluatedSystem]
    data: str
    clips: int = 32
    frames: int = FRAMES
    seed: int = 0
    obedience: int | None = None
    imagery: Folders = None
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    features: Path | None = None
    cameras: int = 0
    metrics: Sequence[str] | None = None
    metric_weights: Path | None = None
    size: Size | None = None
    seconds: float | None = None
    manifest: BenchmarkManifest | None = None
    workers: int = 1
    videos: int = 0
    matte_errors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.obedience is not None and not 0 <= self.obedience <= self.clips:
            raise InputError(f"`obedience` {self.obedience}: must be between 0 and `clips`")
        if not 0 <= self.cameras <= self.clips:
            raise InputError(f"`cameras` {self.cameras}: must be between 0 and `clips`")
        check_matte_errors(self.matte_errors)
        if self.videos < 0:
            raise InputError(f"`videos` {self.videos}: must not be negative")
        if self.workers < 1:
            raise InputError(f"`workers` {self.workers}: must be 1 or more")
        check_seed(self.seed)
