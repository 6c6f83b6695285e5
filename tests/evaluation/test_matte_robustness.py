"""Faulty mattes are told, and not what is judged."""

import json

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.evaluation import opening
from dynascene.evaluation.ablations import WithMemory
from dynascene.evaluation.clip_results import ClipTask
from dynascene.evaluation.features import Scattering
from dynascene.evaluation.job import run
from dynascene.evaluation.matte_robustness import (
    LABELS,
    check_matte_errors,
    faulty_inputs,
    reads_mattes,
)
from dynascene.evaluation.measurements import evaluate
from dynascene.evaluation.protocol import EvaluationShot, ShotInputs
from dynascene.evaluation.request import EvaluationRequest
from dynascene.evaluation.systems import Projection, Still
from dynascene.jobs.log import Log
from dynascene.types import Batch

PERSON = 0.5  # the person's colour, −1 … 1


def shot_with_a_person(*, person: bool = True) -> EvaluationShot:
    """Somebody of one colour in the middle of a noisy place."""
    truth = np.random.default_rng(0).integers(0, 256, (3, 60, 80, 3), np.uint8)
    matte = torch.zeros(1, 3, 1, 60, 80)
    if person:
        matte[..., 15:45, 30:50] = 1
    batch = Batch(
        matte=matte,
        foreground=PERSON * matte.expand(-1, -1, 3, -1, -1),
        scene_image=torch.zeros(1, 3, 60, 80),
        scene_visibility=torch.ones(1, 1, 60, 80),
        cam_from_world=torch.eye(4).repeat(1, 3, 1, 1),
        intrinsics=torch.eye(3).repeat(1, 3, 1, 1),
    )
    return EvaluationShot("shot", batch, truth)


def told(kind: str, seed: int = 0) -> Batch:
    inputs = faulty_inputs(shot_with_a_person(), kind, seed)
    assert inputs is not None
    return inputs.batch


class Greedy:
    """Paints the truth, but takes what the matte says for the person to be black."""

    name, weights, sampling = "greedy", {}, {}

    def __init__(self, shot: EvaluationShot) -> None:
        self.shot = shot

    def render(
        self, inputs: ShotInputs, seed: int, *, estimates: bool = True
    ) -> dict[str, np.ndarray]:
        person = inputs.batch.matte[0, :, 0, ..., None].numpy() > 0
        return {self.name: np.where(person, np.uint8(0), self.shot.truth)}


def test_an_eroded_matte_is_smaller_and_a_dilated_one_larger() -> None:
    true = shot_with_a_person().batch.matte
    assert (told("erode").matte <= true).all()
    assert told("erode").matte.sum() < true.sum()
    assert (told("dilate").matte >= true).all()
    assert told("dilate").matte.sum() > true.sum()
    assert told("dropped").matte.sum() < true.sum()
    assert not torch.equal(told("jagged").matte, true)


def test_the_video_is_the_same_cut_out_otherwise() -> None:
    shot, batch = shot_with_a_person(), told("dilate")
    added = (batch.matte == 1) & (shot.batch.matte == 0)
    place = torch.from_numpy(shot.truth).movedim(-1, 1)[None] / 127.5 - 1
    cut = added.expand_as(place)
    torch.testing.assert_close(batch.foreground[cut], place[cut].float())
    inner = (shot.batch.matte == 1).expand_as(place)
    assert (batch.foreground[inner] == PERSON).all()
    eroded = told("erode")
    assert (eroded.foreground[(eroded.matte == 0).expand_as(place)] == 0).all()


def test_faults_differ_by_shot_and_not_by_call() -> None:
    assert torch.equal(told("jagged", 1).matte, told("jagged", 1).matte)
    assert not torch.equal(told("dropped", 1).matte, told("dropped", 2).matte)
    assert faulty_inputs(shot_with_a_person(person=False), "erode", 0) is None


def test_the_background_of_the_true_matte_is_judged() -> None:
    shot = shot_with_a_person()
    task = ClipTask([Greedy(shot), Still()], 0, Scattering(), matte_errors=("erode", "dilate"))
    scores = evaluate(task, [shot]).scores
    values = {row: scores.values(row, "whole", "psnr")[0] for row in scores.rows}
    assert list(values) == [
        "greedy", "greedy, eroded matte", "greedy, dilated matte", "still",
    ]  # fmt: skip
    assert values["greedy"] == values["greedy, eroded matte"] == np.inf  # black within the person
    assert values["greedy, dilated matte"] < 30
    assert scores.faulty == {
        "greedy, eroded matte": "greedy", "greedy, dilated matte": "greedy",
    }  # fmt: skip


def test_without_a_person_nothing_changes() -> None:
    shot = shot_with_a_person(person=False)
    task = ClipTask([Greedy(shot)], 0, Scattering(), matte_errors=("dropped",))
    scores = evaluate(task, [shot]).scores
    assert scores.rows["greedy"] == scores.rows["greedy, matte with holes"]


def test_what_reads_no_matte_has_no_rows() -> None:
    assert not any(map(reads_mattes, (Still(), Projection(), WithMemory(Projection()))))
    assert reads_mattes(Greedy(shot_with_a_person()))


def test_names_are_checked_and_ordered() -> None:
    assert check_matte_errors(("jagged", "erode")) == ("erode", "jagged")
    assert check_matte_errors(tuple(LABELS)) == tuple(LABELS)
    with pytest.raises(InputError, match="`matte_errors` noisy: there is erode, dilate, jagged"):
        EvaluationRequest([Projection()], "synthetic", matte_errors=("noisy",))


def test_an_evaluation_has_a_table_of_differences(benchmark, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(opening, "open_benchmark", lambda *_: benchmark)
    request = EvaluationRequest(
        [Greedy(benchmark[0])], "synthetic", clips=3, obedience=0, metrics=("l1",),
        matte_errors=("dilate",),
    )  # fmt: skip
    tables = run(request, tmp_path / "out", Log())
    table = next(t for t in tables if t.title == "Faulty matte minus true matte, whole")
    assert [row[0] for row in table.rows] == ["greedy, dilated matte"]
    values = json.loads((tmp_path / "out" / "metrics.json").read_text())["systems"]
    assert values["greedy, dilated matte"]["ssim"]["minus_true_matte"]["mean"] <= 0
    assert "minus_true_matte" not in values["greedy"]["ssim"]
