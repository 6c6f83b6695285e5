"""Rows beside the paper's: which pairs stand alike, which do not, and which are not decided."""

import json
import math

import numpy as np

from dynascene.evaluation.bootstrap import Estimate
from dynascene.reproduction.agreement import agreement_note, compare_pairs
from dynascene.reproduction.light_page import light_tables, pairs_of
from dynascene.reproduction.lineups import lineups_of
from dynascene.reproduction.plan import AS_PUBLISHED, FigureEntry, PlannedRow, TableEntry
from dynascene.reproduction.results import RowResult, RowView

CLIPS = 24
PLACES = [f"place {index}" for index in range(CLIPS)]
BENCHMARK = "synthetic:test"


def view(**clips: np.ndarray) -> RowView:
    estimates = {n: Estimate(float(v.mean()), math.nan, math.nan, CLIPS) for n, v in clips.items()}
    return RowView(estimates, clips, PLACES, PLACES)


def row(name: str, label: str, psnr: float | None, ours: np.ndarray) -> RowResult:
    """A row whose paper says ``psnr`` (None: lacks the row), and which has ``ours`` here."""
    figures = {} if psnr is None else {"PSNR": psnr}
    entry = TableEntry(table=4, lineup=AS_PUBLISHED, label=label, figures=figures)
    planned = PlannedRow(name=name, stages=(), entries=(entry,), reads_camera=True, guided=False)
    return RowResult(
        planned, 0, None, None, {(BENCHMARK, "background"): view(psnr=ours)}, {}, [], []
    )


def compared(first: np.ndarray, other: np.ndarray):
    rows = [row("two", "two-stage", 29.27, first), row("one", "single-stage", 29.09, other)]
    (lineup,) = lineups_of(rows)
    return lineup


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(20, 2, CLIPS)


def test_a_pair_is_decided_by_its_paired_interval(monkeypatch) -> None:
    figures = {"PSNR": ("psnr", "higher")}
    monkeypatch.setattr("dynascene.reproduction.agreement.PAPER_METRICS", figures)
    clips = noise(0)
    small = np.random.default_rng(1).normal(0, 0.2, CLIPS)
    for shift, verdict in (
        (0.5, "as in the paper"), (-0.5, "against the paper"), (0.0, "not decided"),
    ):  # fmt: skip
        lineup = compared(clips + shift + small - small.mean(), clips)
        (pair,) = compare_pairs(lineup)
        assert (pair.better, pair.other, pair.verdict) == ("two-stage", "single-stage", verdict)
        assert abs(pair.margin.mean - shift / clips.mean()) < 1e-9
        assert json.loads(json.dumps(pair.to_json()))["verdict"] == verdict
        note = agreement_note(lineup, from_nothing=True)
        assert note.startswith("Table 4, as published: of 1 pairs of rows and metrics")
        assert ("What that may mean" in note) is (verdict == "against the paper")
        assert ("single-stage before two-stage by PSNR" in note) is (verdict == "against the paper")


def test_a_row_that_the_paper_lacks_stands_outside_its_order(monkeypatch) -> None:
    figures = {"PSNR": ("psnr", "higher")}
    monkeypatch.setattr("dynascene.reproduction.agreement.PAPER_METRICS", figures)
    rows = [row("own", "ours", None, noise(0)), row("one", "single-stage", 29.09, noise(1))]
    (lineup,) = lineups_of(rows)
    assert [line.entry.label for line in lineup.lines] == ["ours", "single-stage"]
    assert [line.entry.label for line in lineup.published] == ["single-stage"]
    assert lineup.best.entry.label == "single-stage"
    assert compare_pairs(lineup) == []
    (lineup,) = lineups_of(rows[:1])
    assert lineup.best.entry.label == "ours"


def lit(name: str, label: str, light: np.ndarray) -> RowResult:
    entry = FigureEntry(figure=9, lineup=AS_PUBLISHED, label=label)
    planned = PlannedRow(
        name=name, stages=(), entries=(), reads_camera=True, guided=False, drawn=(entry,)
    )
    flat = np.full(CLIPS, 20.0)
    views = {
        "relit scenes": {
            name: view(light=light, contrast=light, psnr=flat),
            "still": view(light=light + 9, contrast=light, psnr=flat),
        }
    }
    return RowResult(planned, 0, None, None, {}, {}, [], [], views)


def test_figure_9_pairs_both_rows_clip_by_clip() -> None:
    light = np.abs(noise(2))
    without, whole = lit("a", "without ABIA", light), lit("b", "with ABIA", light - 3)
    assert light_tables([whole]) == []
    assert list(pairs_of([whole, without])[AS_PUBLISHED]) == ["without ABIA", "with ABIA"]
    (table,) = light_tables([whole, without])
    assert table.columns == (
        "system", "error of light ↓", "error of contrast ↓", "PSNR, dB ↑",
    )  # fmt: skip
    names = [line[0] for line in table.rows]
    assert names == [
        "without ABIA", "with ABIA", "the scene picture, held",
        "with ABIA minus without ABIA, paired",
    ]  # fmt: skip
    assert table.rows[3][1].startswith("-3.00") or table.rows[3][1].startswith("−3.00")
