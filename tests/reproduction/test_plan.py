"""Rows come from the registered systems; rows of one lineup have one budget."""

from dataclasses import replace
from pathlib import Path

import pytest

from dynascene.errors import InputError
from dynascene.models.sizes import MICRO, SD15, SMALL
from dynascene.models.systems import SYSTEMS
from dynascene.recipes import all_recipes
from dynascene.reproduction.materials import Identity, ReproductionRequest
from dynascene.reproduction.plan import (
    AS_PUBLISHED,
    PERSON_TOO,
    PLAIN,
    RAYS,
    SEEDS,
    check_one_budget,
    choose_rows,
    rows_of,
)
from dynascene.reproduction.steps import plan_steps


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


def test_systems_that_make_the_person_stand_in_a_lineup_of_their_own() -> None:
    rows = rows_of(MICRO)
    trainings = ("micro", "micro_free", "micro_flow", "micro_places")
    names = {f"animateanywhere.{name}" for name in trainings}
    assert lineup(rows, 2, PERSON_TOO) == {
        *names,
        "disentangled.micro",
        "disentangled.micro_places",
    }
    of_them = [row for row in rows if row.name in {*names, "disentangled.micro"}]
    assert all(len(row.entries) == 1 and not row.entries[0].figures for row in of_them)
    # AnimateAnywhere is told no camera; Disentangled by points that follow it
    camera = {row.name: row.reads_camera for row in of_them}
    assert camera == {**dict.fromkeys(names, False), "disentangled.micro": True}
    assert not any(e.lineup == PERSON_TOO for row in rows_of(SMALL) for e in row.entries)


def test_every_row_has_the_papers_figures_and_existing_recipes() -> None:
    recipes = all_recipes()
    for size in (MICRO, SMALL, SD15):
        for row in rows_of(size):
            published = [entry.figures for entry in row.entries if entry.figures]
            lacking = {entry.lineup for entry in row.entries} == {PERSON_TOO}
            assert published or row.drawn or lacking, row.name
            assert all(figures["PSNR"] > 25 for figures in published)
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


def test_micro_rows_of_tables_3_and_4_stand_in_two_lineups() -> None:
    rows = rows_of(MICRO)
    for name, prefix in ((AS_PUBLISHED, "open."), (RAYS, "shared_rays.")):
        ablation = {"baseline.stage2", "cc.stage2", "bo.stage2", "stage2"}
        names = {f"dynascene.micro.{prefix}{stage}" for stage in ablation}
        assert lineup(rows, 3, name) == names
        whole = f"dynascene.micro.{prefix}stage2"
        assert lineup(rows, 4, name) == {whole, f"dynascene.micro.{prefix}single_stage"}
        drawn = {r.name for r in rows for e in r.drawn if (e.figure, e.lineup) == (9, name)}
        assert drawn == {whole, f"dynascene.micro.{prefix}without_abia.stage2"}
    assert not lineup(rows, 3, PLAIN)
    assert not any(".micro." in row.name for row in rows if lineup([row], 2, AS_PUBLISHED))
    camera = {row.name: row.reads_camera for row in rows}
    assert not camera["dynascene.micro.shared_rays.baseline.stage2"]
    assert camera["dynascene.micro.shared_rays.cc.stage2"]


def test_by_default_the_ablations_are_of_the_network_that_follows_a_camera() -> None:
    chosen = choose_rows(rows_of(MICRO), [])
    assert not lineup(chosen, 3, AS_PUBLISHED) | lineup(chosen, 4, AS_PUBLISHED)
    assert len(lineup(chosen, 3, RAYS)) == 4
    assert "dynascene.micro_paper" in lineup(chosen, 2, AS_PUBLISHED)
    names = ["dynascene.micro.open.stage2"]
    assert [row.name for row in choose_rows(rows_of(MICRO), names)] == names


@pytest.mark.parametrize("total", [None, 40])
def test_every_row_at_micro_sees_as_many_frames(total) -> None:
    rows = rows_of(MICRO)
    assert {row.frames(total) for row in rows} == {24 * (total or 6_000)}
    assert {sum(row.stage_steps(total)) for row in rows} == {total or 6_000}


def test_what_decides_a_training_stays() -> None:
    """Rows that were trained by earlier versions are known by these hashes."""
    identity = Identity("pictures", (), {"synthetic:test": "pictures"}, {"psnr": {}})
    steps = plan_steps(Path("x"), ReproductionRequest(size=MICRO), identity, rows_of(MICRO))
    names = {each.name: each.stages[-1].path.name for each in steps}
    assert names["dynascene.micro, seed 0"] == "run-6376f5a25f08"
    assert names["dynascene.micro_paper"] == "run-6247923d25a7"
    assert names["cameractrl.micro_shared_rays, seed 2"] == "run-531a9501d40c"
    losses = {row.name: row.stages[-1].loss for row in rows_of(MICRO)}
    assert losses["dynascene.micro_paper"].startswith(
        "noise (plain mean); UniformSteps(offset=0.0,"
    )
    assert len({losses[f"{system}.micro"] for system in ("actanywhere", "cameractrl")}) == 1
    assert steps[0].weights.path.name == "weights-7983975751b6"
    assert steps[0].gap.path.name == "gap-9d3a598768c6"


def test_a_first_stage_of_several_rows_lies_in_one_folder_and_the_others_wait() -> None:
    rows = [row for row in rows_of(MICRO) if ".micro." in row.name]
    identity = Identity("pictures")
    steps = plan_steps(Path("x"), ReproductionRequest(size=MICRO), identity, tuple(rows))
    first = {each.name.removeprefix("dynascene.micro."): each.stages[0].path for each in steps}
    assert first["open.cc.stage2"] == first["open.baseline.stage2"]
    assert first["open.cc.stage2"].parts[-3] == "dynascene.micro.open.baseline.stage1"
    assert first["shared_rays.cc.stage2"] != first["shared_rays.baseline.stage2"]
    assert first["shared_rays.without_abia.stage2"] == first["shared_rays.stage2"]
    assert len({each.stages[-1].path for each in steps}) == len(steps)
    beginnings = [each.stages[0].path for each in steps]
    new = [path not in beginnings[:number] for number, path in enumerate(beginnings)]
    assert new == sorted(new, reverse=True)  # those that would wait come last


def test_rows_are_chosen_by_name() -> None:
    rows = rows_of(MICRO)
    assert [r.name for r in choose_rows(rows, ["actanywhere.micro"])] == ["actanywhere.micro"]
    small = rows_of(SMALL)
    assert choose_rows(small, []) == small
    with pytest.raises(InputError, match="`rows` mine: is no row of this size"):
        choose_rows(rows, ["mine"])
    assert {row.name.split(".")[0] for row in rows} <= SYSTEMS.keys()


def test_the_choice_of_clips_is_part_of_a_trainings_identity(monkeypatch) -> None:
    system = SYSTEMS["dynascene"]
    (micro,) = (training for training in system.rendered if training.name == "micro")
    usual = next(row for row in rows_of(MICRO) if row.name == "dynascene.micro").stages[0].network
    assert not {"person_share", "without_points"} & usual.keys()
    changed = replace(micro, person_share=1.0, without_points=0.1)
    monkeypatch.setitem(SYSTEMS, "dynascene", replace(system, rendered=(changed,)))
    network = next(row for row in rows_of(MICRO) if row.name == "dynascene.micro").stages[0].network
    assert network == {**usual, "person_share": 1.0, "without_points": 0.1}
