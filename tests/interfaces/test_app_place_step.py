"""The step Place: the line of the horizon, the point where somebody stands, and the preview."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from app_server import write_person, write_place

from dynascene.errors import InputError
from dynascene.generation.frame_preview import PreviewFrame
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


@pytest.mark.parametrize("height", [-0.01, 1.01, float("nan"), "up", None])
def test_a_line_beyond_the_picture_is_refused(step, height) -> None:
    with pytest.raises(InputError, match="lies between 0"):
        step.let_go(SESSION, SimpleNamespace(horizon=height))
    assert step.desk.store.draft(SESSION).horizon is None


def test_a_click_is_a_pixel_of_the_picture(step) -> None:
    shown = step.click(SESSION, SimpleNamespace(index=[30.2, 71.8]))
    assert step.desk.store.draft(SESSION).stand == (30, 72)
    assert shown[step.stand] == "30,72"


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
