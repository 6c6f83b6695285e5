"""Rows come from the registered systems; rows of one lineup have one budget."""

from dataclasses import replace

import pytest

from dynascene.errors import InputError
from dynascene.models.sizes import MICRO, SD15, SMALL
from dynascene.models.systems import SYSTEMS
from dynascene.recipes import all_recipes
from dynascene.reproduction.plan import (
    AS_PUBLISHED,
    PLAIN,
    RAYS,
    SEEDS,
    check_one_budget,
    choose_rows,
    rows_of,
)


def lineup(rows, table: int, name: str) -> set[str]:
    return {r.name for r in rows for e in r.entries if (e.table, e.lineup) == (table, name)}


def test_micro_rows_stand_in_three_lineups() -> None:
    rows = rows_of(MICRO)
    assert {
        "dynascene.micro_paper", "actanywhere.micro", "cameractrl.micro", "motionctrl.micro",
    } <= lineup(rows, 2, AS_PUBLISHED)  # fmt: skip
    assert {
        "dynascene.micro", "actanywhere.micro_clean", "cameractrl.micro_shared_rays",
        "motionctrl.micro_shared_rays",
    } <= lineup(rows, 2, RAYS)  # fmt: skip
    assert {"actanywhere.micro_clean", "cameractrl.micro_clean"} <= lineup(rows, 2, PLAIN)
    assert not any("micro_48" in row.name or "micro_96" in row.name for row in rows)
    by_name = {row.name: row for row in rows}
    assert not by_name["actanywhere.micro_clean"].reads_camera
    assert by_name["cameractrl.micro"].reads_camera
    assert {name: by_name[name].seeds for name in SEEDS} == SEEDS


def test_every_row_has_the_papers_figures_and_existing_recipes() -> None:
    recipes = all_recipes()
    for size in (MICRO, SMALL, SD15):
        for row in rows_of(size):
            assert row.entries, row.name
            assert all(entry.figures["PSNR"] > 25 for entry in row.entries)
            assert {stage.recipe for stage in row.stages} <= recipes.keys()


def test_staged_rows_are_the_papers_tables() -> None:
    rows = rows_of(SD15)
    labels = {
        number: {e.label for row in rows for e in row.entries if e.table == number}
        for number in (2, 3, 4)
    }
    assert labels[2] == {"DynaScene", "ActAnywhere", "CameraCtrl", "MotionCtrl"}
    assert labels[3] == {"baseline", "+CC", "+BO", "+SV"}
    assert labels[4] == {"single-stage", "two-stage"}
    whole = next(row for row in rows if row.name == "dynascene.sd15.stage2")
    assert [entry.table for entry in whole.entries] == [2, 3, 4]
    assert [stage.recipe for stage in whole.stages] == [
        "dynascene.sd15.stage1", "dynascene.sd15.stage2",
    ]  # fmt: skip
    baseline = next(row for row in rows if "baseline" in row.name)
    assert not baseline.reads_camera  # it has the network, and is never told


def test_a_row_shares_its_steps_out_as_its_recipes_do() -> None:
    row = next(row for row in rows_of(SMALL) if row.name == "dynascene.small.stage2")
    assert row.stage_steps(None) == [20_000, 40_000]
    assert row.stage_steps(30) == [10, 20]
    assert sum(row.stage_steps(31)) == 31


def test_the_budget_of_a_lineup_is_one() -> None:
    rows = rows_of(MICRO)
    check_one_budget(rows, None)
    stage = rows[0].stages[0]
    longer = replace(rows[0], stages=(replace(stage, steps=2 * stage.steps),))
    check_one_budget((longer, *rows[1:]), 10)
    with pytest.raises(InputError, match="other budgets"):
        check_one_budget((longer, *rows[1:]), None)


def test_rows_are_chosen_by_name() -> None:
    rows = rows_of(MICRO)
    assert [r.name for r in choose_rows(rows, ["actanywhere.micro"])] == ["actanywhere.micro"]
    assert choose_rows(rows, []) == rows
    with pytest.raises(InputError, match="`rows` mine: is no row of this size"):
        choose_rows(rows, ["mine"])
    assert {row.name.split(".")[0] for row in rows} <= SYSTEMS.keys()
