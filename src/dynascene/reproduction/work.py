"""Carries out what is left of the rows, one after the other or side by side."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import nullcontext
from functools import partial

import torch

from dynascene.errors import InputError
from dynascene.evaluation.benchmarks import benchmark_split, open_benchmark
from dynascene.evaluation.gap_job import GapRequest, run_gap
from dynascene.evaluation.gap_systems import follower, further_inputs
from dynascene.evaluation.job import run as run_evaluation
from dynascene.evaluation.metrics.choice import choose_metrics
from dynascene.evaluation.motion_benchmark import MotionBenchmark
from dynascene.evaluation.projected_followers import FramedFollower, ProjectedFollower
from dynascene.evaluation.protocol import Benchmark
from dynascene.evaluation.request import EvaluationRequest
from dynascene.evaluation.systems import Projection, Trained
from dynascene.generation.weights import load_weights
from dynascene.jobs.log import Log
from dynascene.models.sizes import MICRO
from dynascene.recipes import find_recipe
from dynascene.recipes.export import export_run
from dynascene.reproduction.materials import RENDERED, ReproductionRequest
from dynascene.reproduction.relit_scenes import STRENGTHS, RelitScenes, light_metrics
from dynascene.reproduction.short_benchmark import MovedBenchmark, run_short_benchmark
from dynascene.reproduction.steps import (
    SEED,
    ResultFolder,
    RowSteps,
    only_one,
    record_inputs,
    relocate_run,
)
from dynascene.training.trainer import train

REPORT_EVERY = 200  # steps
Report = Callable[[str], None]


def check_jobs(jobs: int) -> None:
    """Raise InputError for a number of rows that cannot be at work at once."""
    if jobs < 1:
        raise InputError(f"`jobs` {jobs}: must be at least 1")


def carry_out(steps: Sequence[RowSteps], jobs: int, report: Report) -> dict[str, str]:
    """Train, export and measure whatever is not finished.

    A row that fails does not stop the others.

    Args:
        steps: of the rows.
        jobs: how many are at work at once.
        report: takes lines about the progress; with several jobs it must be picklable.

    Returns:
        What went wrong, by the row's name.

    Raises:
        InputError: ``jobs`` is less than 1.
    """
    check_jobs(jobs)
    unfinished = [each for each in steps if not each.is_done]
    failures: dict[str, str] = {}
    if jobs == 1:
        for each in unfinished:
            try:
                finish_row(each, report)
            except InputError as error:
                failures[each.name] = str(error)
        return failures
    spawn = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    threads = max(1, (os.cpu_count() or 1) // jobs)
    with ProcessPoolExecutor(jobs, spawn, torch.set_num_threads, (threads,)) as pool:
        rows = {pool.submit(finish_row, each, report): each.name for each in unfinished}
        try:
            for future in as_completed(rows):
                if (error := future.exception()) is not None:
                    failures[rows[future]] = f"{type(error).__name__}: {error}"
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return failures


def finish_row(steps: RowSteps, report: Report) -> None:
    """All steps of a row that have no result yet.

    Raises:
        InputError: another process is at work on the row, or a step cannot be done.
    """
    with only_one(steps.folder):
        if steps.weights is not None:
            if not steps.weights.is_done:
                for number in range(len(steps.stages)):
                    _finish_stage(steps, number, report)
            _do(steps, steps.weights, "weights", _export, report)
        if steps.gap is not None:
            _do(steps, steps.gap, "camera gap", _measure_gap, report)
        for text, result in steps.metrics.items():
            _do(steps, result, f"metrics on {text}", partial(_measure_metrics, text), report)
        for name, result in steps.relit.items():
            _do(steps, result, f"metrics on {name}", partial(_measure_light, name), report)


def _finish_stage(steps: RowSteps, number: int, report: Report) -> None:
    """Other rows may begin with the same stage: one trains it, and the others wait."""
    stage = steps.stages[number]
    folder = stage.path.parent
    with nullcontext() if folder == steps.folder else only_one(folder, wait=True):
        if not stage.is_done:
            _train(steps, number, report)


def _train(steps: RowSteps, number: int, report: Report) -> None:
    stage, settings = steps.stages[number], steps.settings(number)
    record_inputs(stage)
    relocate_run(settings)
    run = find_recipe(stage.recipe)(settings)

    def progress(step: int, figures: dict[str, float]) -> None:
        if step % REPORT_EVERY == 0 or step == run.steps:
            seconds, loss = figures["seconds"], figures["loss"]
            report(f"{steps.name}: step {step}/{run.steps}, loss {loss:.4f}, {seconds:.2f} s")

    train(run, stage.path, progress=progress)


def _do(
    steps: RowSteps,
    result: ResultFolder,
    name: str,
    do: Callable[[RowSteps, ResultFolder], None],
    report: Report,
) -> None:
    if not result.is_done:
        report(f"{steps.name}: {name}")
        record_inputs(result)
        do(steps, result)


def _export(steps: RowSteps, result: ResultFolder) -> None:
    relocate_run(steps.settings(len(steps.stages) - 1))
    export_run(steps.stages[-1].path, result.path)


def _measure_gap(steps: RowSteps, result: ResultFolder) -> None:
    request = steps.request
    gap = GapRequest(
        [_system(steps)],
        RENDERED,
        request.test_clips,
        seed=SEED,
        imagery=request.imagery,
        size=None if steps.stages else request.size,
    )
    run_gap(gap, result.path, Log())


def _measure_metrics(text: str, steps: RowSteps, result: ResultFolder) -> None:
    request, system = steps.request, _system(steps)
    if request.size == MICRO:  # too small for the cells that ``evaluate`` describes
        trained = [follower(system)] if isinstance(system, Trained) else []
        benchmark = _short_benchmark(text, request, further_inputs(trained))
        metrics = choose_metrics(request.metrics, request.metric_weights)
        followers = trained or [FramedFollower(), ProjectedFollower()]
        is_filmed = request.seconds_of(text) is not None  # rendered clips have a gap of their own
        run_short_benchmark(followers, benchmark, metrics, SEED, result.path, gap=is_filmed)
        return
    evaluation = EvaluationRequest(
        [system],
        text,
        clips=request.test_clips,
        frames=request.size.frames,
        seed=SEED,
        obedience=0,
        imagery=request.imagery_of(text),
        metrics=request.metrics,
        metric_weights=request.metric_weights,
        size=request.size.resolution,
        seconds=request.seconds_of(text),
    )
    run_evaluation(evaluation, result.path, Log())


def _measure_light(name: str, steps: RowSteps, result: ResultFolder) -> None:
    request = steps.request
    scenes = RelitScenes(request.test_clips, request.size, SEED, request.imagery, STRENGTHS[name])
    run_short_benchmark([follower(_trained(steps))], scenes, light_metrics(), SEED, result.path)


def _short_benchmark(text: str, request: ReproductionRequest, inputs: frozenset[str]) -> Benchmark:
    """inputs: names of further fields that clips have."""
    size, clips = request.size, request.test_clips
    if text == RENDERED:
        return MovedBenchmark(benchmark_split(text), clips, size, SEED, request.imagery, inputs)
    benchmark = open_benchmark(
        text,
        clips,
        SEED,
        size.frames,
        request.imagery_of(text),
        size.resolution,
        request.seconds_of(text),
    )
    return MotionBenchmark(benchmark, inputs) if inputs else benchmark


def _system(steps: RowSteps) -> Trained | Projection:
    return Projection() if steps.weights is None else _trained(steps)


def _trained(steps: RowSteps) -> Trained:
    assert steps.weights is not None, "the row is trained"
    return Trained(steps.row.name, load_weights(steps.weights.path))
