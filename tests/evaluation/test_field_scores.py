"""The field's metrics: both views, every clip, distances with intervals, and files."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from dynascene.errors import InputError
from dynascene.evaluation.clip_results import ClipTask
from dynascene.evaluation.clip_table import write_clip_table
from dynascene.evaluation.features import Scattering
from dynascene.evaluation.field_scores import (
    BACKGROUND,
    FULL_FRAME,
    FieldScores,
    ShotViews,
    over_background,
)
from dynascene.evaluation.field_tables import FieldFigures, field_notes, field_summary, field_tables
from dynascene.evaluation.flicker import true_motion
from dynascene.evaluation.judging import Judge, check_frames_of
from dynascene.evaluation.measurements import evaluate
from dynascene.evaluation.metrics.choice import FieldMetrics
from dynascene.evaluation.metrics.frechet import frechet_distance
from dynascene.evaluation.metrics.measures import ClipMetric, SetMetric
from dynascene.evaluation.protocol import EvaluationShot, ShotInputs
from dynascene.evaluation.scores import Scores
from dynascene.types import Batch

RNG = np.random.default_rng(0)
MEANS = SetMetric(
    "means", "Means", 2, lambda clip: clip.mean(axis=(1, 2)) / 9, {"net": "sha"}, "mean colours"
)


def small_shot(name: str = "shot", person: bool = True, frames: int = 3) -> EvaluationShot:
    """Matte on the left third, with a soft edge."""
    truth = RNG.integers(0, 256, (frames, 24, 32, 3), np.uint8)
    matte = torch.zeros(1, frames, 1, 24, 32)
    if person:
        matte[..., :10], matte[..., 10] = 1, 0.5
    colour = torch.rand(1, frames, 3, 24, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    batch = Batch(
        matte=matte,
        foreground=colour * matte,
        scene_image=torch.zeros(1, 3, 24, 32),
        scene_visibility=torch.ones(1, 1, 24, 32),
        cam_from_world=torch.eye(4).repeat(1, frames, 1, 1),
        intrinsics=torch.eye(3).repeat(1, frames, 1, 1),
    )
    return EvaluationShot(name, batch, truth)


def noisy(shot: EvaluationShot, level: float) -> np.ndarray:
    """The truth with noise, behind the person too."""
    noise = np.random.default_rng(1).normal(0, level, shot.truth.shape)
    return np.clip(shot.truth + noise, 0, 255).astype(np.uint8)


def judged(shot: EvaluationShot, level: float) -> np.ndarray:
    """The same with the truth behind the person."""
    return Judge(shot, Scattering()).judged(noisy(shot, level))


def add(scores: FieldScores, shot: EvaluationShot, levels: dict[str, float]) -> None:
    motion = true_motion(shot.truth, ShotViews(shot).region)
    frames = {row: noisy(shot, level) for row, level in levels.items()}
    scores.add(shot, frames, {}, motion)


@dataclass(frozen=True)
class Painter:
    """A system that makes these frames of every shot."""

    frames: np.ndarray
    name: str = "painter"
    weights: Mapping[str, str] = field(default_factory=dict)
    sampling: Mapping[str, float] = field(default_factory=dict)

    def render(
        self, inputs: ShotInputs, seed: int, *, estimates: bool = True
    ) -> dict[str, np.ndarray]:
        return {self.name: self.frames}


def test_the_person_lies_over_the_background_as_the_matte_says() -> None:
    shot = small_shot()
    frames = np.full_like(shot.truth, 100)
    over = over_background(shot.batch, frames)
    assert (over[:, :, 11:] == 100).all()
    person = (shot.batch.foreground[0].permute(0, 2, 3, 1).numpy() + 1) * 127.5
    np.testing.assert_allclose(over[:, :, :10], person[:, :, :10], atol=0.51)
    own = 2 * person[:, :, 10] - 127.5  # a foreground is multiplied by the matte
    np.testing.assert_allclose(over[:, :, 10], own / 2 + 50, atol=0.51)


def test_identical_clips_have_the_ideal_values() -> None:
    scores = FieldScores()
    add(scores, small_shot(), {"truth again": 0})
    ideal = {"l1": 0, "psnr": math.inf, "ssim": 1, "l1-paper": 0, "psnr-paper": 100, "edge": 0,
             "person-change": 0}  # fmt: skip
    for (view, metric, _), values in scores.values.items():
        if metric == "seams" or (view == BACKGROUND and metric in ("edge", "person-change")):
            continue
        assert values == pytest.approx([ideal[metric]]), (view, metric)


def test_more_noise_is_worse_in_every_metric_and_view() -> None:
    scores = FieldScores(replace(FieldMetrics(), sets=(MEANS,)))
    for k in range(3):
        add(scores, small_shot(f"shot {k}"), {"some": 4, "more": 16, "much": 64})
    figures = FieldFigures(scores, ["a", "b", "c"])
    for view in (BACKGROUND, FULL_FRAME):
        for metric in figures.columns(view):
            means = [figures.estimate(view, metric, row).mean for row in ("some", "more", "much")]
            if metric.name in ("person-change", "psnr-paper"):  # large errors wrap around
                continue
            assert means == sorted(means, reverse=metric.better == "higher"), (view, metric.name)


def test_the_person_is_in_full_frames_alone() -> None:
    scores, shot = FieldScores(), small_shot()
    add(scores, shot, {"row": 30})
    background, whole = (scores.values[view, "l1", "row"][0] for view in (BACKGROUND, FULL_FRAME))
    assert 0 < whole < background  # a third of the pixels is right
    columns = [m.name for m in FieldFigures(scores, ["a"]).columns(BACKGROUND)]
    assert columns == ["l1", "psnr", "ssim", "l1-paper", "psnr-paper"]
    assert scores.values[FULL_FRAME, "edge", "row"][0] > 0
    assert scores.values[FULL_FRAME, "person-change", "row"] == [0]


def test_what_shows_through_a_soft_edge_counts_in_full_frames_alone() -> None:
    shot = small_shot()
    frames = shot.truth.copy()
    frames[:, :, :11] = 255 - frames[:, :, :11]  # all that the matte covers to any degree
    task = ClipTask([Painter(frames)], 0, Scattering(), FieldMetrics())
    scores = evaluate(task, [shot]).field_scores
    assert scores.values[BACKGROUND, "l1", "painter"] == [0]
    edge = np.abs(255.0 - 2 * shot.truth[:, :, 10]).mean() / 2  # half of it is the person
    band = scores.values[FULL_FRAME, "edge", "painter"][0] * 9  # and 8 columns without a fault
    assert band == pytest.approx(edge, abs=9 * 0.5)  # composites are rounded
    assert scores.values[FULL_FRAME, "person-change", "painter"] == [0]


def test_clips_without_people_are_one_view() -> None:
    scores = FieldScores(replace(FieldMetrics(), sets=(MEANS,)))
    add(scores, small_shot(person=False), {"row": 30})
    assert FieldFigures(scores, ["a"]).views == [BACKGROUND]
    add(scores, small_shot("with"), {"row": 30})
    figures = FieldFigures(scores, ["a", "b"])
    assert figures.views == [BACKGROUND, FULL_FRAME]
    one, other = (scores.values[view, "psnr", "row"] for view in (BACKGROUND, FULL_FRAME))
    assert one[0] == other[0]
    assert one[1] != other[1]
    assert len(scores.samples[FULL_FRAME, "means", "row"]) == 2


def test_a_distance_is_that_of_all_clips_samples() -> None:
    scores = FieldScores(FieldMetrics((), (MEANS,)))
    shots = [small_shot(f"shot {k}") for k in range(4)]
    for shot in shots:
        add(scores, shot, {"row": 50})
    figures = FieldFigures(scores, ["a", "a", "b", "c"])
    value = figures.estimate(BACKGROUND, MEANS, "row")
    x, y = (
        np.concatenate([MEANS.describe(clip) for clip in clips])
        for clips in ([judged(shot, 50) for shot in shots], [shot.truth for shot in shots])
    )
    assert value.mean == pytest.approx(frechet_distance(x, y))
    assert value.low < value.high
    assert value.clips == 4
    summary = field_summary(figures)
    assert summary["metrics"]["means"]["weights"] == {"net": "sha"}
    assert summary["metrics"]["means"]["features"] == "mean colours"
    assert summary["views"][BACKGROUND]["row"]["means"]["clips"] == 4
    assert field_notes(figures) == ["mean colours; 4 clips."]


def test_clips_that_are_too_short_take_no_part_in_a_distance() -> None:
    patient = replace(MEANS, least_frames=3)
    scores = FieldScores(FieldMetrics((), (patient,)))
    shots = [small_shot("one"), small_shot("short", frames=2), small_shot("three")]
    for shot in shots:
        add(scores, shot, {"row": 50})
    figures = FieldFigures(scores, ["a", "b", "c"])
    x, y = (
        np.concatenate([MEANS.describe(clip) for clip in clips])
        for clips in (
            [judged(shots[k], 50) for k in (0, 2)],
            [shots[k].truth for k in (0, 2)],
        )
    )
    value = figures.estimate(BACKGROUND, patient, "row")
    assert value.mean == pytest.approx(frechet_distance(x, y))
    assert value.clips == 2
    assert field_notes(figures) == ["mean colours; 2 clips."]
    never = FieldScores(FieldMetrics((), (replace(MEANS, least_frames=4),)))
    add(never, shots[0], {"row": 50})
    assert FieldFigures(never, ["a"]).columns(BACKGROUND) == []


def test_a_table_for_each_view() -> None:
    scores = FieldScores()
    add(scores, small_shot(), {"one": 8, "two": 30})
    tables = field_tables(FieldFigures(scores, ["a"]))
    assert [table.title for table in tables] == [
        "The field's metrics, background only (matte = 0)",
        "The field's metrics, full frames with the person",
    ]
    assert tables[0].columns[:3] == ("system", "L1 ↓", "PSNR, dB ↑")
    assert tables[0].better == ("", "lower", "higher", "higher", "lower", "higher")
    assert [row[0] for row in tables[1].rows] == ["one", "two"]


def test_the_papers_l1_keeps_its_digits_in_files() -> None:
    """It is some 10⁻⁴ of a picture of 768×432."""
    tiny = ClipMetric("tiny", "Tiny", 7, "lower", lambda _: 8.1234567e-5)
    scores = FieldScores(FieldMetrics((tiny,)))
    add(scores, small_shot(), {"row": 1})
    views = field_summary(FieldFigures(scores, ["a"]))["views"]
    assert views[BACKGROUND]["row"]["tiny"]["mean"] == 8.1235e-5


def test_a_network_that_says_nan_names_the_clip() -> None:
    broken = ClipMetric("net", "Net", 2, "lower", lambda _: math.nan, {"net.pth": "sha"})
    scores = FieldScores(FieldMetrics((broken,)))
    with pytest.raises(InputError, match="clip shot 7, row: Net is NaN"):
        add(scores, small_shot("shot 7"), {"row": 1})


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (np.zeros((2, 4, 6, 3), np.uint8), "clip 3, row: 2 frames, the clip has 5"),
        (np.zeros((5, 4, 8, 3), np.uint8), "clip 3, row: frames are 8×4, the clip's are 6×4"),
        (np.full((5, 4, 6, 3), np.nan), "clip 3, row: .* must be uint8; some are NaN"),
    ],
)
def test_frames_that_cannot_be_compared_name_the_clip(frames: np.ndarray, message: str) -> None:
    truth = np.zeros((5, 4, 6, 3), np.uint8)
    check_frames_of("clip 3, row", truth, truth)
    with pytest.raises(InputError, match=message):
        check_frames_of("clip 3, row", frames, truth)


def test_every_clips_figures_as_parquet(tmp_path: Path) -> None:
    shot, scores, field_scores = small_shot(), Scores(), FieldScores()
    judge = Judge(shot, Scattering())
    scores.clips.append(shot.name)
    scores.places.append("wood")
    scores.add("row", judge.scores(judged(shot, 30)))
    add(field_scores, shot, {"row": 30})
    write_clip_table(tmp_path / "clips.parquet", scores, field_scores)
    lines = pq.read_table(tmp_path / "clips.parquet").to_pylist()
    assert [line["region"] for line in lines] == [
        "whole", "seen", "revealed", BACKGROUND, FULL_FRAME,
    ]  # fmt: skip
    assert {(line["clip"], line["place"], line["system"]) for line in lines} == {
        ("shot", "wood", "row")
    }
    assert lines[0]["psnr"] == pytest.approx(lines[3]["psnr"])
    assert lines[0]["l1"] is None
    assert lines[3]["flicker"] is None
    assert lines[3]["seams"] is None  # one window
    assert lines[4]["l1"] == field_scores.values[FULL_FRAME, "l1", "row"][0]
