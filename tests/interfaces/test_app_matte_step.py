"""Strokes of the brush in the step Matte become hints of the draft."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from app_server import SIZE, write_person

from dynascene.interfaces.app.drafts import Draft
from dynascene.interfaces.app.store import JobStore

gr = pytest.importorskip("gradio", reason="gradio is not installed")
SESSION = "a" * 32


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


def test_a_stroke_is_scaled_to_the_clip_and_belongs_to_the_frame_that_is_shown(step) -> None:
    layer = np.zeros((2 * SIZE.height, 2 * SIZE.width, 4), np.uint8)
    layer[60:68, 40:140] = (255, 92, 190, 153)
    updates = step.brush(SESSION, 3.0, "not the person", {"layers": [layer]})
    hints = step.desk.store.draft(SESSION).hints
    assert {(hint.frame, hint.is_person) for hint in hints} == {(3, False)}
    assert all(20 <= hint.x <= 70 and 30 <= hint.y <= 34 for hint in hints)
    assert max(hint.x for hint in hints) - min(hint.x for hint in hints) > 30
    assert updates[step.hints].count("\n") == len(hints) - 1
    assert updates[step.editor]["layers"] == []  # the strokes are taken
    step.brush(SESSION, 0.0, "the person", {"layers": [layer]})
    assert len(step.desk.store.draft(SESSION).hints) > len(hints)


@pytest.mark.parametrize("drawn", [None, {"layers": []}, {"layers": [np.zeros((8, 8, 4))]}])
def test_without_a_stroke_one_line_says_so(step, drawn) -> None:
    assert "nothing is painted yet" in step.brush(SESSION, 0.0, "the person", drawn)[step.message]
    assert step.desk.store.draft(SESSION).hints == ()
