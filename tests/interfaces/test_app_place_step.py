"""The step Place: the line of the horizon, the point where somebody stands, and the preview."""

import html
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from app_server import NO_PIXELS, write_person, write_place

from dynascene.errors import InputError
from dynascene.generation.frame_preview import PreviewFrame
from dynascene.geometry.cards import Upright
from dynascene.interfaces.app.drafts import MOVE, Draft
from dynascene.interfaces.app.store import JobStore

gr = pytest.importorskip("gradio", reason="gradio is not installed")
SESSION = "a" * 32


@pytest.fixture
def step(tmp_path: Path) -> Iterator:
    """The step, for a session with a clip and a place."""
    from dynascene.interfaces.app.desk import Desk
    from dynascene.interfaces.app.steps.place import PlaceStep
    from dynascene.interfaces.app.workers import Workers

    store = JobStore(tmp_path / "jobs.sqlite")
    clip, scene = write_person(tmp_path / "walker.mov"), write_place(tmp_path / "place.png")
    draft = Draft(clip=str(clip), scene=str(scene), camera=MOVE, generator="projection")
    store.change(SESSION, **vars(draft))
    with gr.Blocks():
        yield PlaceStep(Desk(tmp_path, store, Workers(store, tmp_path)))
    store.close()


def test_the_line_and_the_slider_put_the_horizon_by_hand(step) -> None:
    dragged = step.let_go(SESSION, SimpleNamespace(horizon=0.40049))
    assert (dragged[step.horizon], dragged[step.horizon_by_hand]) == (0.4, True)
    assert step.desk.store.draft(SESSION).horizon == 0.4
    step.set_horizon(SESSION, 0.75)
    assert step.desk.store.draft(SESSION).horizon == 0.75


def test_another_choice_leaves_what_was_dragged_and_clicked(step) -> None:
    """Its answer may still be on the way to the page when another slider moves."""
    step.let_go(SESSION, SimpleNamespace(horizon=0.4))
    step.click(SESSION, SimpleNamespace(index=[30, 72]))
    first = {part: part.value for part in step.choices}  # as the page began
    step.choose(SESSION, *(first | {step.scale: 2.0}).values())
    draft = step.desk.store.draft(SESSION)
    assert (draft.horizon, draft.stand, draft.person_scale) == (0.4, (30, 72), 2)
    step.choose_horizon(SESSION, True, 0.5)  # of a slider that does not know of the drag
    assert step.desk.store.draft(SESSION).horizon == 0.4


def test_the_box_puts_the_horizon_by_hand_or_lets_the_picture_tell(step) -> None:
    step.choose_horizon(SESSION, True, 0.6)
    assert step.desk.store.draft(SESSION).horizon == 0.6
    shown = step.choose_horizon(SESSION, False, 0.6)
    assert step.desk.store.draft(SESSION).horizon is None
    assert json.loads(shown[step.picture]["value"])["horizon"] is None


def test_the_standing_point_is_written(step) -> None:
    step.write_stand(SESSION, "30,72")
    assert step.desk.store.draft(SESSION).stand == (30, 72)
    assert "X,Y" in step.write_stand(SESSION, "30")[step.written]
    assert step.desk.store.draft(SESSION).stand == (30, 72)
    step.write_stand(SESSION, " ")
    assert step.desk.store.draft(SESSION).stand is None


def test_boxes_around_things_that_stand_are_written(step) -> None:
    before = step.click(SESSION, SimpleNamespace(index=[30, 72]))[step.picture]
    shown = step.write_upright(SESSION, "20,30,60,80\n\n 70, 30, 90,80\n")
    boxes = ((20, 30, 60, 80), (70, 30, 90, 80))
    draft = step.desk.store.draft(SESSION)
    assert draft.upright == boxes
    assert draft.request().place.upright == boxes
    assert Draft.from_json(draft.json()).upright == boxes
    assert step.show(SESSION, draft)[step.upright] == "20,30,60,80\n70,30,90,80"
    assert shown[step.picture]["value"] != before["value"]  # they are drawn
    step.write_upright(SESSION, "")
    assert step.desk.store.draft(SESSION).upright == ()


def test_a_drawn_box_joins_those_that_are_written(step) -> None:
    step.write_upright(SESSION, "20,30,60,80")
    shown = step.draw_box(SESSION, SimpleNamespace(box=[0.5, 0.25, 0.75, 1]))
    assert step.desk.store.draft(SESSION).upright == ((20, 30, 60, 80), (72, 24, 108, 96))
    assert shown[step.upright] == "20,30,60,80\n72,24,108,96"


@pytest.mark.parametrize("is_changed", [False, True])
@pytest.mark.parametrize("horizon", [None, 0.5])
def test_the_preview_shows_what_was_cut_out(
    step, monkeypatch: pytest.MonkeyPatch, horizon: float | None, is_changed: bool
) -> None:
    """Unless other boxes were drawn while it was made."""
    from dynascene.interfaces.app.desk import Desk

    mask = np.zeros((96, 144), np.float32)
    mask[40:70, 30:50] = 1
    post = Upright(mask, torch.tensor([[28.0, 70], [52, 70]]))

    def preview(desk: Desk, session: str, share: float) -> PreviewFrame:
        if is_changed:
            desk.choose(session, upright=((80, 30, 90, 80),))
        return PreviewFrame(np.zeros((9, 9, 3), np.uint8), 0.5, (), (post,))

    monkeypatch.setattr(Desk, "preview", preview)
    if horizon is not None:
        step.set_horizon(SESSION, horizon)
    boxes = step.write_upright(SESSION, "20,30,60,80")[step.picture]
    shown = step.refresh(SESSION, 0.5).get(step.picture)
    if is_changed and horizon is not None:
        assert shown is None
        return
    draft = step.desk.store.draft(SESSION)
    plain = step.show(SESSION, draft)[step.picture]
    pictures = [json.loads(update["value"])["picture"] for update in (shown, plain, boxes)]
    assert (pictures[0] == pictures[1]) == is_changed
    assert (pictures[1] == pictures[2]) == (not is_changed)


def test_a_thin_box_that_is_drawn_is_a_pixel_wide(step) -> None:
    """As around a lamp post."""
    step.draw_box(SESSION, SimpleNamespace(box=[0.502, 0.25, 0.504, 0.75]))
    assert step.desk.store.draft(SESSION).upright == ((72, 24, 73, 72),)


@pytest.mark.parametrize(
    "box",
    [[0.5, 0.5, 0.5, 0.9], [0.1, 0.1, 0.2], [0, 0, 1.5, 1], [-1, 0, 1, 1], ["x"] * 4, None,
     [float("nan")] * 4, [10**400] * 4],
)  # fmt: skip
def test_a_box_beyond_the_picture_is_refused(step, box) -> None:
    with pytest.raises(InputError, match="the box lies outside"):
        step.draw_box(SESSION, SimpleNamespace(box=box))
    assert step.desk.store.draft(SESSION).upright == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("20,30,60,80\n20,30,x,80", "'20,30,x,80': 'x' is no number"),
        ("20,30,60", "20,30,60: has 3 numbers"),
        ("60,30,20,80", "the wrong way round"),
        ("20,30,20,80", "has no width"),
        ("20,nan,60,80", "nan is no pixel"),
        ("20,30,60,800", "beyond the picture"),
    ],
)
def test_what_is_no_box_is_one_line(step, text: str, why: str) -> None:
    (line,) = step.write_upright(SESSION, text).values()
    assert why in html.unescape(line)
    assert "“Things that stand”" in line
    assert step.desk.store.draft(SESSION).upright == ()


@pytest.mark.parametrize("height", [-0.01, 1.01, float("nan"), 10**400, "up", None])
def test_a_line_beyond_the_picture_is_refused(step, height) -> None:
    with pytest.raises(InputError, match="lies between 0"):
        step.let_go(SESSION, SimpleNamespace(horizon=height))
    assert step.desk.store.draft(SESSION).horizon is None


def test_a_click_is_a_pixel_of_the_picture(step) -> None:
    shown = step.click(SESSION, SimpleNamespace(index=[30.2, 71.8]))
    assert step.desk.store.draft(SESSION).stand == (30, 72)
    assert shown[step.stand] == "30,72"


@pytest.mark.parametrize("index", NO_PIXELS)
def test_a_click_that_is_no_pixel_is_refused(step, index) -> None:
    with pytest.raises(InputError, match="outside the picture"):
        step.click(SESSION, SimpleNamespace(index=index))
    assert step.desk.store.draft(SESSION).stand is None


def test_a_click_on_the_border_is_on_the_last_pixel(step) -> None:
    step.click(SESSION, SimpleNamespace(index=[144, 96.4]))
    assert step.desk.store.draft(SESSION).stand == (143, 95)


def test_a_preview_does_not_move_a_line_that_was_dragged_meanwhile(step, monkeypatch) -> None:
    def preview(session: str, _: float) -> PreviewFrame:
        step.desk.choose(session, horizon=0.7)
        return PreviewFrame(np.zeros((4, 4, 3), np.uint8), 0.5, ())

    monkeypatch.setattr(step.desk, "preview", preview)
    updates = step.refresh(SESSION, 0.5)
    assert not {step.horizon, step.picture} & set(updates)


def test_a_choice_that_cannot_be_met_is_one_line_before_the_clip_is_read(
    step, tmp_path: Path
) -> None:
    step.desk.choose(SESSION, move="pan-right:900")
    (line,) = step.refresh(SESSION, 0.5).values()
    assert "pan-right" in line
    assert line.count("<p") == 1
    assert not (tmp_path / SESSION).exists()
