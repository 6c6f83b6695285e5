"""Strokes of the brush in the step Matte become hints of the draft."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from app_server import NO_PIXELS, SIZE, write_person

from dynascene.estimators.matte.hints import Hint
from dynascene.interfaces.app.drafts import Draft
from dynascene.interfaces.app.store import JobStore

gr = pytest.importorskip("gradio", reason="gradio is not installed")
SESSION = "a" * 32


def event(frame: object = 0, **values: object) -> SimpleNamespace:
    """What the page tells of a click or a stroke on a frame."""
    return SimpleNamespace(frame=frame, **values)


@pytest.fixture
def step(tmp_path: Path) -> Iterator:
    """The step, for a session that has a clip."""
    from dynascene.interfaces.app.desk import Desk
    from dynascene.interfaces.app.steps.matte import MatteStep
    from dynascene.interfaces.app.workers import Workers

    store = JobStore(tmp_path / "jobs.sqlite")
    desk = Desk(tmp_path, store, Workers(store, tmp_path))
    store.change(SESSION, **vars(Draft(clip=str(write_person(tmp_path / "walker.mov")))))
    with gr.Blocks():
        yield MatteStep(desk)
    store.close()


def test_a_stroke_is_scaled_to_the_clip_and_belongs_to_the_frame_that_is_seen(step) -> None:
    along = [[30.5, 32.5], [40.5, 32.5], [70.5, 32.5]]
    updates = step.brush(SESSION, 5.0, "not the person", event(3, stroke=along))
    hints = step.desk.store.draft(SESSION).hints
    assert {(hint.frame, hint.is_person) for hint in hints} == {(3, False)}
    assert all(28 <= hint.x <= 73 and 31 <= hint.y <= 34 for hint in hints)
    assert max(hint.x for hint in hints) - min(hint.x for hint in hints) > 30
    assert updates[step.hints].count("\n") == len(hints) - 1
    assert json.loads(updates[step.picture])["frame"] == 5  # where the slider is meanwhile
    step.brush(SESSION, 0.0, "the person", event(stroke=[[10.0, 10.0]]))  # a dab
    assert step.desk.store.draft(SESSION).hints[len(hints)].frame == 0


def test_a_stroke_on_a_picture_that_is_shown_smaller_is_enlarged(
    step, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("dynascene.interfaces.app.steps.matte.frame_picture", half_a_frame)
    step.brush(SESSION, 0.0, "the person", event(stroke=[[20.5, 10.5]]))
    (hint,) = step.desk.store.draft(SESSION).hints
    assert abs(hint.x - 41) <= 1
    assert abs(hint.y - 21) <= 1


def half_a_frame(source, matte, number: int) -> np.ndarray:
    return np.zeros((SIZE.height // 2, SIZE.width // 2, 3), np.uint8)


@pytest.mark.parametrize(
    "stroke",
    [None, [], [[1.0]], [[1.0, float("nan")]], [[1.0, 10**400]], "along", [[0, 0]] * 20_001],
)
def test_a_stroke_that_is_none_is_refused_and_its_ink_goes(step, stroke) -> None:
    before = step.turn_to(SESSION, 0.0)[step.picture]
    updates = step.brush(SESSION, 0.0, "the person", event(stroke=stroke))
    assert "cannot be read" in updates[step.message]
    assert step.desk.store.draft(SESSION).hints == ()
    after = updates[step.picture]
    assert json.loads(after)["picture"] == json.loads(before)["picture"]
    assert after != before  # a page takes no notice of an equal value


@pytest.mark.parametrize("index", NO_PIXELS)
def test_a_click_that_is_no_pixel_is_refused(step, index) -> None:
    updates = step.click(SESSION, 0.0, "the person", event(index=index))
    assert "outside the picture" in updates[step.message]
    assert step.desk.store.draft(SESSION).hints == ()


@pytest.mark.parametrize("frame", [None, -1, 6, 0.5, True, "0"])
def test_a_click_on_a_frame_that_the_clip_lacks_is_refused(step, frame) -> None:
    updates = step.click(SESSION, 0.0, "the person", event(frame, index=[11, 12]))
    assert "not in the clip" in updates[step.message]
    assert step.desk.store.draft(SESSION).hints == ()


def test_what_was_just_typed_is_cut_out_by(step) -> None:
    """A click on the button leaves the field at the same moment."""
    step.cut_out(SESSION, "0:10,20\n3:5,6,out")
    job = step.desk.store.last_job(SESSION, "matte")
    assert job.draft.hints == (Hint(0, 10, 20), Hint(3, 5, 6, False))


def test_a_click_that_has_not_come_into_the_field_yet_counts(step) -> None:
    step.click(SESSION, 0.0, "the person", event(index=[11, 12]))
    step.cut_out(SESSION, "")
    assert step.desk.store.last_job(SESSION, "matte").draft.hints == (Hint(0, 11, 12),)


def test_a_field_that_cannot_be_read_begins_nothing(step) -> None:
    updates = step.cut_out(SESSION, "0:10")
    assert "0:10" in updates[step.message]
    assert step.desk.store.last_job(SESSION, "matte") is None


def test_a_field_that_is_left_as_it_was_takes_no_click_back(step) -> None:
    step.click(SESSION, 0.0, "the person", event(index=[11, 12]))
    assert step.write_hints(SESSION, "", "", 0.0) == {step.message: ""}
    assert step.desk.store.draft(SESSION).hints == (Hint(0, 11, 12),)


def test_an_edit_keeps_the_clicks_that_came_meanwhile_and_no_others(step) -> None:
    """The field had two lines when its last one was removed, and a third click was on its way."""
    for x in (11, 22, 33):
        step.click(SESSION, 0.0, "the person", event(index=[x, 12]))
    updates = step.write_hints(SESSION, "0:11,12", "0:11,12\n0:22,12", 0.0)
    assert step.desk.store.draft(SESSION).hints == (Hint(0, 11, 12), Hint(0, 33, 12))
    assert updates[step.hints] == updates[step.hints_base] == "0:11,12\n0:33,12"
    step.write_hints(SESSION, "", updates[step.hints_base], 0.0)
    assert step.desk.store.draft(SESSION).hints == ()
