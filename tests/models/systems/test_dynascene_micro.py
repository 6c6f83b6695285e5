"""The paper's stages at size micro: equal budgets, the paper's mixes, shared first stages."""

from dataclasses import replace

import pytest
import torch

from dynascene.models.sizes import MICRO
from dynascene.models.systems.dynascene import (
    DYNASCENE,
    FIGURE_9,
    TABLE_3,
    TABLE_4,
    image_parameters,
    video_parameters,
)
from dynascene.models.systems.dynascene_micro import LINEUPS
from dynascene.models.systems.micro import MICRO_TRAINING
from dynascene.models.systems.system import TableRow

PAPER = (*TABLE_3, *TABLE_4, *FIGURE_9)
PREFIXES = ("open.", "shared_rays.")


def rows(prefix: str) -> list[TableRow]:
    """The rows of Tables 3 and 4 and of Figure 9 in one lineup, as PAPER has them."""
    tables = (*DYNASCENE.tables[3], *DYNASCENE.tables[4], *DYNASCENE.figures[9])
    return [row for row in tables if row.stages[-1].name.startswith(prefix)]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_lineup_has_the_papers_rows_of_one_budget(prefix) -> None:
    table = rows(prefix)
    assert [row.label for row in table] == [row.label for row in PAPER]
    assert [row.figures for row in table] == [row.figures for row in PAPER]
    training = MICRO_TRAINING
    whole = (training.steps, training.steps * training.batch * training.size.frames)
    for row in table:
        schedules = [stage.schedules["micro"] for stage in row.stages]
        frames = sum(s.steps * s.batch * s.frames for s in schedules)
        assert (sum(s.steps for s in schedules), frames) == whole
        assert len({s.batch * s.frames for s in schedules}) == 1
        assert {s.frames for s in schedules[:-1]} <= {1}
        rest = {replace(s, steps=1, batch=1, frames=1) for s in schedules}
        assert len(rest) == 1  # rate, warm-up, averages and sampling are the same


@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_varies_about_the_rows_is_the_papers(prefix) -> None:
    for row, paper in zip(rows(prefix), PAPER, strict=True):
        for stage, original in zip(row.stages, paper.stages, strict=True):
            assert stage.variant == prefix.rstrip(".")
            assert stage.trains_image_encoder == original.trains_image_encoder
            mix = replace(stage.mix, null_camera=original.mix.null_camera)
            assert mix == original.mix
        assert row.stages[-1].mix.null_camera == paper.stages[-1].mix.null_camera
        assert row.stages[-1].continues == (row.stages[0].name if row.stages[1:] else None)


def test_first_stages_that_are_one_training_are_trained_once() -> None:
    first = {(p, row.label): row.stages[0] for p in PREFIXES for row in rows(p) if row.stages[1:]}
    for prefix in PREFIXES:
        whole = first[prefix, "+SV"]
        assert first[prefix, "two-stage"] is whole
        assert first[prefix, "with ABIA"] is first[prefix, "without ABIA"] is whole
        assert first[prefix, "+BO"] != whole
    # in the paper's form the first stage reads no camera
    assert first["open.", "+CC"] is first["open.", "baseline"]
    assert first["open.", "+SV"].mix.null_camera == 1
    # with shared rays it does
    assert first["shared_rays.", "+CC"].mix.null_camera < 0.5
    assert first["shared_rays.", "baseline"].mix.null_camera == 1
    names = [stage.name for stage in DYNASCENE.stages]
    assert {stage.name for stage in first.values()} <= set(names)


def test_the_first_stage_with_shared_rays_trains_the_camera_encoder_too() -> None:
    for lineup in LINEUPS:
        with torch.device("meta"):
            denoiser = DYNASCENE.denoiser(MICRO, lineup.training.variant)
        own = {id(p) for p in lineup.first(denoiser)}
        image, video = ({id(p) for p in g(denoiser)} for g in (image_parameters, video_parameters))
        motion = {id(p) for n, p in denoiser.named_parameters() if "motion_modules" in n}
        assert image <= own
        assert not own & motion
        camera = {id(p) for p in denoiser.conditioners["plucker_camera"].parameters()}
        assert (camera <= own) is (lineup.training.variant == "shared_rays")
        assert own | video == {id(p) for p in denoiser.parameters() if p.requires_grad}
