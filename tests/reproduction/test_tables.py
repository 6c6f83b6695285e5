"""A tiny plan through the whole: trained, killed, moved, gone on with, measured, written."""

import json
import math
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dynascene.errors import InputError
from dynascene.evaluation import camera_fit
from dynascene.models.sizes import MICRO, SMALL
from dynascene.recipes import short_clips
from dynascene.reproduction import work
from dynascene.reproduction.job import FIGURE_9, OUTPUTS, page_notes, write_tables
from dynascene.reproduction.materials import (
    Identity,
    ReproductionRequest,
    identity_of,
    pictures_hash,
)
from dynascene.reproduction.plan import rows_of
from dynascene.reproduction.results import read_plain, read_results
from dynascene.reproduction.status import duration, status_table, steps_left
from dynascene.reproduction.steps import RowSteps, only_one, plain_steps, plan_steps
from dynascene.reproduction.work import carry_out
from dynascene.training import shot_cache
from dynascene.training.trainer import train

ROWS = ("dynascene.micro", "actanywhere.micro_clean")
METRICS = ("l1", "psnr", "edge")


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
        patch.setattr(short_clips, "PLAIN_MOVES", 2)
        patch.setattr(short_clips, "Stock", lambda: shot_cache.Stock(first=8, uses=8))
        patch.setattr(shot_cache, "CLIPS_PER_FILE", 2)
        patch.setattr(camera_fit, "STEPS", 8)
        yield


@pytest.fixture(scope="module")
def request_of_two_steps(quick) -> ReproductionRequest:
    return ReproductionRequest(size=MICRO, steps=2, test_clips=4, metrics=METRICS)


@pytest.fixture(scope="module")
def identity(request_of_two_steps) -> Identity:
    return identity_of(request_of_two_steps)


def planned(
    out: Path, request: ReproductionRequest, identity: Identity, names=ROWS
) -> list[RowSteps]:
    rows = tuple(replace(row, seeds=1) for row in rows_of(MICRO) if row.name in names)
    return plan_steps(out, request, identity, rows)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, request_of_two_steps, identity) -> tuple[Path, list[str]]:
    """A folder with all rows, and what was reported; killed after a step, and moved."""
    out, moved = (tmp_path_factory.mktemp("whole") / name for name in ("before", "after"))

    def killed(run, folder, **options):
        train(run, folder, until=1, **options)
        raise KeyboardInterrupt

    steps = planned(out, request_of_two_steps, identity)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "train", killed)
        with pytest.raises(KeyboardInterrupt):
            carry_out(steps, 1, lambda line: None)
    assert steps_left(steps[0]) == 1
    out.rename(moved)
    lines: list[str] = []
    assert carry_out(planned(moved, request_of_two_steps, identity), 1, lines.append) == {}
    plain = plain_steps(moved, request_of_two_steps, identity)
    assert carry_out([plain], 1, lines.append) == {}
    return moved, lines


def test_a_killed_row_goes_on_where_it_stood(finished, request_of_two_steps, identity) -> None:
    out, lines = finished
    for steps in planned(out, request_of_two_steps, identity):
        assert steps.is_done
        log = (steps.stages[0].path / "log.jsonl").read_text().splitlines()
        logged = [json.loads(line)["step"] for line in log if "seconds" in json.loads(line)]
        assert logged[-1] == 2
    assert f"{ROWS[0]}: camera gap" in lines


def test_a_restart_does_nothing_again(
    finished, request_of_two_steps, identity, monkeypatch
) -> None:
    monkeypatch.setattr(work, "finish_row", None)  # a call would fail
    steps = planned(finished[0], request_of_two_steps, identity)
    assert carry_out(steps, 1, lambda line: None) == {}
    table = status_table(steps, 2)
    assert table.rows[0] == [ROWS[0], "2 of 2", "3 of 3", "–"]


@pytest.mark.parametrize("value", [1e200, "1", True, {}])
def test_a_damaged_figure_names_its_folder_and_field(
    finished, request_of_two_steps, identity, value
) -> None:
    steps = planned(finished[0], request_of_two_steps, identity)[:1]
    path = next(iter(steps[0].metrics.values())).path / "metrics.json"
    text = path.read_text()
    values = json.loads(text)
    view = next(iter(values["field"]["views"].values()))
    view[ROWS[0]]["psnr"]["mean"] = value
    path.write_text(json.dumps(values))
    with pytest.raises(InputError, match=rf"{path.parent}: holds no whole results.*mean is"):
        read_results(steps)
    path.write_text(text)
    assert read_results(steps)


def test_changed_inputs_are_done_again(finished, request_of_two_steps, identity) -> None:
    out = finished[0]
    for other, undone in (
        (replace(identity, pictures="others"), 3),
        (replace(identity, metrics={"psnr": {}}), 1),
    ):
        steps = planned(out, request_of_two_steps, other)[0]
        assert sum(not result.is_done for result in steps.results) == undone
        assert steps.stages[0].is_done is (undone == 1)
    longer = planned(out, replace(request_of_two_steps, steps=3), identity)[0]
    assert not longer.stages[0].is_done
    assert steps_left(longer) == 3


def test_the_page_has_rows_figures_and_pictures(
    finished, request_of_two_steps, identity, tmp_path
) -> None:
    steps = planned(finished[0], request_of_two_steps, identity)
    unfinished = planned(finished[0], request_of_two_steps, identity, ["cameractrl.micro"])
    plain = plain_steps(finished[0], request_of_two_steps, identity)
    every = [plain, *steps, *unfinished]
    tables = write_tables(every, request_of_two_steps, identity, tmp_path / "page")
    assert {path.name for path in (tmp_path / "page").iterdir()} == set(OUTPUTS) - {FIGURE_9}
    titles = [table.title for table in tables]
    first = "Table 2, clean frames and the picture's rays"
    assert f"{first}: synthetic:test, background" in titles
    figures = tables[titles.index(f"{first}: synthetic:test, background")]
    assert [row[0] for row in figures.rows] == [
        "DynaScene (dynascene.micro)",
        "ActAnywhere (actanywhere.micro_clean)",
        "without training: still",
        "without training: still, framed",
        "without training: projection",
    ]
    assert figures.columns[:5] == (
        "system", "camera gap, dB ↑", "of the estimate ↑", "obeyed", "L1 ↓",
    )  # fmt: skip
    assert figures.rows[2][1].startswith("0.00")
    assert figures.rows[1][1].startswith("0.00")  # it reads no camera
    assert figures.rows[3][1].startswith("0.00")  # either track begins alike
    assert float(figures.rows[4][1].split()[0]) > 1  # a warp by the track that it is told
    assert [each.row.name for each in read_plain(steps)] == ["still"]  # before they are measured
    order = tables[titles.index(f"{first}: order, best first")]
    assert order.rows[1][:2] == ["PSNR, psnr here", "DynaScene > ActAnywhere"]
    margins = tables[titles.index(f"{first}: how far ahead is DynaScene")]
    assert margins.rows[1][:4] == [
        "ActAnywhere (actanywhere.micro_clean)", "PSNR", "29.27 against 28.04", "+4.4%",
    ]  # fmt: skip

    page = (tmp_path / "page" / "table.md").read_text()
    assert "Not finished yet, and missing above: cameractrl.micro." in page
    manifest = json.loads((tmp_path / "page" / "manifest.json").read_text())
    assert manifest["identity"]["pictures"] == "procedural pictures"
    assert manifest["seconds"] == {"synthetic:test": None}
    assert set(manifest["figure_10"]["pan"]["dynascene.micro"]) == {
        "no camera", "opposite", "matching",
    }  # fmt: skip
    lineup = "Table 2, clean frames and the picture's rays"
    assert f"{lineup}: of 2 pairs of rows and metrics" in page  # L1 and PSNR
    assert {pair["better"] for pair in manifest["agreement"][lineup]} == {"DynaScene"}
    clips = pq.read_table(tmp_path / "page" / "clips.parquet").to_pydict()
    assert set(clips["row"]) == set(ROWS)
    # of each row: 4 clips, 2 metrics of the background, 3 of full frames, 6 of the camera gap
    assert len(clips["value"]) == 2 * 4 * (2 + 3 + 6)


@pytest.mark.long
def test_systems_that_make_the_person_have_rows_of_their_own(
    request_of_two_steps, identity, tmp_path
) -> None:
    names = ["animateanywhere.micro_flow", "disentangled.micro"]
    steps = planned(tmp_path, request_of_two_steps, identity, names)
    assert carry_out(steps, 1, lambda line: None) == {}
    without_camera, with_points = (result.gap for result in read_results(steps))
    assert without_camera is not None
    assert (without_camera.gaps.opposite == 0).all()  # it is told no camera
    assert with_points is not None
    assert (with_points.gaps.opposite != 0).all()  # the points go the opposite way
    tables = write_tables(steps, request_of_two_steps, identity, tmp_path / "page")
    titles = [table.title for table in tables]
    lineup = "Table 2, the person made too"
    figures = tables[titles.index(f"{lineup}: synthetic:test, background")]
    assert [row[0] for row in figures.rows[:2]] == [
        "AnimateAnywhere (animateanywhere.micro_flow)",
        "Disentangled (disentangled.micro)",
    ]
    assert not any("order" in title for title in titles)
    page = (tmp_path / "page" / "table.md").read_text()
    assert "stand as in the paper" not in page  # which lacks these rows


def test_the_page_says_what_systems_that_make_the_person_are_told(request_of_two_steps) -> None:
    rows = {row.name: row for row in rows_of(MICRO)}
    for names, is_said in ((["disentangled.micro"], True), (ROWS, False)):
        notes = page_notes(request_of_two_steps, [rows[name] for name in names], [])
        assert any("AnimateAnywhere is told nothing" in note for note in notes) is is_said


def test_a_first_stage_of_two_rows_is_trained_once(
    request_of_two_steps, identity, tmp_path
) -> None:
    names = [f"dynascene.micro.open.{row}.stage2" for row in ("baseline", "cc")]
    lines: list[str] = []
    steps = planned(tmp_path, request_of_two_steps, identity, names)
    assert [steps_left(each) for each in steps] == [2, 2]
    assert carry_out(steps, 1, lines.append) == {}
    first = steps[0].stages[0]
    assert first.path == steps[1].stages[0].path
    log = [json.loads(line) for line in (first.path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log if "seconds" in line] == [1]
    assert all(each.is_done and steps_left(each) == 0 for each in steps)
    weights = [json.loads((each.weights.path / "card.json").read_text()) for each in steps]
    starts = {card["starts_from"] for card in weights}
    assert starts == {"dynascene.micro.open.baseline.stage1 after 1 steps"}


def test_a_row_that_fails_does_not_stop_the_others(
    request_of_two_steps, identity, tmp_path, monkeypatch
) -> None:
    begun = []

    def failing(steps, report) -> None:
        begun.append(steps.name)
        raise InputError("no space left")

    monkeypatch.setattr(work, "finish_row", failing)
    failures = carry_out(planned(tmp_path, request_of_two_steps, identity), 1, lambda line: None)
    assert failures == dict.fromkeys(ROWS, "no space left")
    assert begun == list(ROWS)
    assert write_tables([], request_of_two_steps, identity, tmp_path / "page") == []


def test_one_process_works_on_a_row(tmp_path) -> None:
    with only_one(tmp_path), pytest.raises(InputError, match="another process"), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass


def test_who_waits_gets_the_lock_in_the_end(tmp_path) -> None:
    order: list[str] = []

    def second() -> None:
        with only_one(tmp_path, wait=True):
            order.append("second")

    thread = threading.Thread(target=second)
    with only_one(tmp_path):
        thread.start()
        thread.join(timeout=0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


@pytest.mark.long
def test_rows_are_done_side_by_side(request_of_two_steps, identity, tmp_path) -> None:
    steps = planned(tmp_path, request_of_two_steps, identity, ROWS[:1])
    with only_one(steps[0].folder):  # so that the worker has nothing long to do
        failures = carry_out(steps, 2, print)
    assert "another process is at work" in failures[ROWS[0]]
    with pytest.raises(InputError, match="`jobs` 0"):
        carry_out(steps, 0, print)


def test_pictures_are_known_by_their_contents(tmp_path) -> None:
    hashes = []
    for name, content in (("a", b"one"), ("b", b"one"), ("c", b"two")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "sky.jpg").write_bytes(content)
        (folder / "MANIFEST.tsv").write_text("path\tcategory\tsplit\nsky.jpg\tphoto\ttrain\n")
        hashes.append(pictures_hash(folder))
    assert hashes[0] == hashes[1] != hashes[2]


def test_filmed_clips_of_size_micro_span_a_second(tmp_path) -> None:
    identity = Identity("p", benchmarks={"synthetic:test": "p", "re10k:x": "h"})

    def folders(seconds: float | None) -> list[str]:
        request = ReproductionRequest(size=MICRO, data=("re10k:x",), seconds=seconds)
        steps = planned(tmp_path, request, identity)[0]
        return [folder.path.name for folder in steps.metrics.values()]

    assert ReproductionRequest(size=MICRO).seconds_of("re10k:x") == 1
    assert ReproductionRequest(size=SMALL).seconds_of("re10k:x") is None
    assert ReproductionRequest(size=MICRO).seconds_of("synthetic:test") is None
    assert folders(None) == folders(1.0)
    assert folders(1.0)[0] == folders(2.0)[0]
    assert folders(1.0)[1] != folders(2.0)[1]


def test_size_micro_has_no_metrics_of_networks() -> None:
    request = ReproductionRequest(size=MICRO)
    assert {"l1", "psnr", "ssim", "edge"} <= set(request.metrics or ())
    with pytest.raises(InputError, match="`metrics` lpips-alex: frames of size micro"):
        ReproductionRequest(size=MICRO, metrics=("lpips-alex",))


def test_durations_are_told_in_minutes() -> None:
    assert duration(61) == "0 h 02 min"
    assert duration(3 * 3600) == "3 h 00 min"
    assert duration(0) == "–"
    assert duration(math.nan) == "?"
