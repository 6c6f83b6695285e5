"""An evaluation that was stopped goes on with the next clip, and reuses nothing of another one."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.evaluation import opening
from dynascene.evaluation.camera_error import NOT_FOUND
from dynascene.evaluation.clip_files import read_clip_result, write_clip_result
from dynascene.evaluation.clip_results import ClipResult
from dynascene.evaluation.distribution import CellSums
from dynascene.evaluation.external import ExternalVideos, clip_file_name
from dynascene.evaluation.field_scores import Measured
from dynascene.evaluation.job import run
from dynascene.evaluation.obedience import PanFlow
from dynascene.evaluation.protocol import ShotInputs
from dynascene.evaluation.request import EvaluationRequest
from dynascene.evaluation.scores import REGIONS, Score
from dynascene.evaluation.systems import Projection, SamplingSettings, Still, Trained
from dynascene.generation.weights import load_weights
from dynascene.jobs.log import Log
from dynascene.types import Size


class Stoppable:
    """The still picture under another name; it may be stopped at a clip."""

    name, sampling = "mine", {}

    def __init__(self, stop_at: int = -1, weights: str = "a") -> None:
        self.stop_at, self.weights = stop_at, {"file": weights}
        self.clips: list[str] = []

    def render(
        self, inputs: ShotInputs, seed: int, *, estimates: bool = True
    ) -> dict[str, np.ndarray]:
        if seed == self.stop_at:
            raise KeyboardInterrupt
        self.clips.append(inputs.clip)
        return {self.name: Still().render(inputs, seed)["still"]}


@pytest.fixture(autouse=True)
def small_benchmark(benchmark, monkeypatch) -> None:
    monkeypatch.setattr(opening, "open_benchmark", lambda *_: benchmark)


def measure(system, out: Path, **options) -> dict:
    request = EvaluationRequest([system], "synthetic", clips=3, obedience=0, **options)
    run(request, out, Log())
    figures = json.loads((out / "metrics.json").read_text())
    return {key: figures[key] for key in ("systems", "field", "clips")}


def journals(folder: Path) -> list[Path]:
    return sorted(folder.glob(".out.unfinished-*"))


def test_finished_clips_are_skipped(benchmark, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        measure(Stoppable(stop_at=2), out)
    assert not out.exists()
    assert len(journals(tmp_path)) == 1
    second = Stoppable()
    figures = measure(second, out)
    assert second.clips == [benchmark[2].name]
    assert journals(tmp_path) == []
    assert figures == measure(Stoppable(), tmp_path / "at-once")
    for name in ("sheet.png", "table.md", "benchmark.json"):
        assert (out / name).read_bytes() == (tmp_path / "at-once" / name).read_bytes()


def test_another_request_reuses_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        measure(Stoppable(stop_at=2), out)
    for system, options in (
        (Stoppable(weights="b", stop_at=2), {}),
        (Stoppable(stop_at=2), {"metrics": ("l1",)}),
        (Stoppable(stop_at=3), {"seed": 1}),
    ):
        with pytest.raises(KeyboardInterrupt):
            measure(system, out, **options)
        assert len(system.clips) == 2
    assert len(journals(tmp_path)) == 4
    measure(Stoppable(), out)
    assert journals(tmp_path) == []


def test_a_damaged_clip_is_judged_again(benchmark, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        measure(Stoppable(stop_at=2), out)
    first = sorted(journals(tmp_path)[0].iterdir())[0]
    first.write_bytes(first.read_bytes()[:200])
    system = Stoppable()
    measure(system, out)
    assert system.clips == [benchmark[0].name, benchmark[2].name]


def test_a_video_that_was_replaced_is_judged_again(benchmark, tmp_path: Path) -> None:
    folder, out = tmp_path / "videos", tmp_path / "out"
    folder.mkdir()
    for index in range(2):
        shot = benchmark[index]
        np.save(folder / f"{clip_file_name(shot.name)}.npy", shot.truth)
    with pytest.raises(InputError, match="theirs: missing"):
        measure(ExternalVideos("theirs", folder), out)
    assert len(list(journals(tmp_path)[0].iterdir())) == 2
    for index in (1, 2):
        shot = benchmark[index]
        np.save(folder / f"{clip_file_name(shot.name)}.npy", shot.truth ^ 1)
    clips = measure(ExternalVideos("theirs", folder), out)["clips"]
    psnrs = [clip["theirs"]["whole"]["psnr"] for clip in clips]
    assert psnrs[0] == "inf"
    assert psnrs[1:] == pytest.approx([48.13, 48.13], abs=0.01)


def test_a_result_is_stored_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sums = CellSums(3, rng.random(4), rng.random((4, 4)), rng.random(4))
    result = ClipResult(
        name="000 a|b",
        place="é",
        has_person=True,
        scores={"x": dict.fromkeys(REGIONS, Score(math.inf, 1 / 3, math.nan, 0.0))},
        cells={"truth": dict.fromkeys(REGIONS, sums)},
        measured={"x": {"background": Measured({"l1": 0.1}, {"fid": sums.outer, "fvd": None})}},
        flows={"x": PanFlow(0.1, -2.0)},
        cameras={"x": NOT_FOUND},
        sheet=rng.integers(0, 255, (4, 5, 3), np.uint8),
        external={"x": "sha"},
        video=rng.integers(0, 255, 7, np.uint8),
    )  # fmt: skip
    path = tmp_path / "0.npz"
    write_clip_result(path, result)
    stored = read_clip_result(path)
    assert stored is not None
    np.testing.assert_equal(stored.scores, result.scores)
    np.testing.assert_equal(stored.cells, result.cells)
    np.testing.assert_equal(stored.measured, result.measured)
    np.testing.assert_equal(stored.sheet, result.sheet)
    np.testing.assert_equal(stored.cameras, result.cameras)
    np.testing.assert_equal(stored.video, result.video)
    plain = {"scores": {}, "cells": {}, "measured": {}, "sheet": None, "cameras": {}, "video": None}
    assert replace(stored, **plain) == replace(result, **plain)
    assert read_clip_result(tmp_path / "none.npz") is None


def test_fewer_than_one_worker_is_refused() -> None:
    with pytest.raises(InputError, match="`workers` 0"):
        EvaluationRequest([Projection()], "synthetic", workers=0)


@pytest.mark.long
def test_two_workers_give_the_figures_of_one(save_weights, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.undo()  # workers are other processes
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    weights = save_weights(tmp_path / "tiny", awake=True)
    made = {}
    for workers in (1, 2):
        trained = Trained("tiny", load_weights(weights), SamplingSettings(steps=1))
        request = EvaluationRequest(
            [trained], "synthetic", clips=2, frames=3, size=Size(64, 40), obedience=0,
            metrics=("l1", "edge"), workers=workers,
        )  # fmt: skip
        out = tmp_path / f"by-{workers}"
        run(request, out, Log())
        made[workers] = json.loads((out / "metrics.json").read_text())
    assert journals(tmp_path) == []
    for key in ("systems", "field", "clips"):
        assert_close(made[1][key], made[2][key])
    shutil.rmtree(tmp_path / "tiny")


def assert_close(one, other) -> None:
    """Nested figures that agree up to what another number of threads may do."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_close(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_close(a, b)
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-2, abs=1e-2)
    else:
        assert one == other
