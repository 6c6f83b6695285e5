"""Samples on short clips are compared with what the true track films."""

import numpy as np
import pytest
import torch
from torch import Tensor

from dynascene.evaluation.field_tables import FieldFigures, field_tables
from dynascene.evaluation.gap import StillFollower
from dynascene.evaluation.metrics.choice import choose_metrics
from dynascene.evaluation.projected_followers import ProjectedFollower
from dynascene.models.sizes import MICRO
from dynascene.reproduction.short_benchmark import MovedBenchmark, judge_samples
from dynascene.types import Batch

CLIPS = 8


@pytest.fixture(scope="module")
def benchmark() -> MovedBenchmark:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
        return MovedBenchmark("test", CLIPS, MICRO)


class Painter:
    """The truth of the clip whose number the seed is, lighter behind the person or elsewhere."""

    weights, sampling = {}, {}

    def __init__(self, name: str, benchmark: MovedBenchmark) -> None:
        self.name, self.benchmark = name, benchmark

    def frames(self, clip: Batch, seed: int) -> Tensor:
        truth = torch.from_numpy(self.benchmark[seed].truth / 255).movedim(-1, 1).float()[None]
        whole = clip.matte == 1
        lighter = {"oracle": whole & ~whole, "behind": whole, "beside": ~whole}[self.name]
        return torch.where(lighter, 1 - truth, truth)


def test_what_nobody_sees_does_not_count(benchmark: MovedBenchmark) -> None:
    names = ("oracle", "behind", "beside")
    metrics = choose_metrics(["l1", "person-change"])
    field_scores, scores = judge_samples(
        [Painter(n, benchmark) for n in names], benchmark, metrics, 0
    )
    assert scores.clips == [benchmark[index].name for index in range(CLIPS)]
    assert [name.split()[1] for name in scores.clips] == 2 * ["pan", "tilt", "dolly", "truck"]
    assert field_scores.has_people
    for view in ("background", "full frame"):
        l1 = {name: np.array(field_scores.values[view, "l1", name]) for name in names}
        assert (l1["oracle"] == 0).all()
        assert (l1["behind"] == 0).all()
        assert (l1["beside"] > 0.05).all()
    for name in names:  # the person's pixels are their own
        assert np.nanmax(field_scores.values["full frame", "person-change", name]) <= 1


def test_the_gap_of_a_benchmarks_own_clips(benchmark: MovedBenchmark) -> None:
    systems = [StillFollower(), ProjectedFollower()]
    scores, _ = judge_samples(systems, benchmark, choose_metrics(["psnr"]), 0, gap=True)
    gaps = {s.name: scores.values["background", "gap", s.name] for s in systems}
    assert gaps["still"] == [0] * CLIPS
    assert np.mean(gaps["projection"]) > 2
    table = field_tables(FieldFigures(scores, [f"{k}" for k in range(CLIPS)]))[0]
    assert table.columns == ("system", "PSNR, dB ↑", "camera gap, dB ↑")


def test_a_benchmark_ends(benchmark: MovedBenchmark) -> None:
    assert len(benchmark) == CLIPS
    with pytest.raises(IndexError):
        benchmark[CLIPS]
