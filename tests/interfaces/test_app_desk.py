"""What the app does for one session, without a browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from app_server import write_person, write_place

from dynascene.errors import InputError
from dynascene.interfaces.app.desk import Desk, VaceWeights
from dynascene.interfaces.app.drafts import MOVE, VACE
from dynascene.interfaces.app.store import JobStore
from dynascene.interfaces.app.workers import Workers

ADA = "a" * 32


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """With everything chosen that a render needs."""
    store = JobStore(tmp_path / "jobs.sqlite")
    desk = Desk(tmp_path, store, Workers(store, tmp_path))
    clip, scene = write_person(tmp_path / "walker.mov"), write_place(tmp_path / "place.png")
    desk.choose(ADA, clip=str(clip), scene=str(scene), camera=MOVE, generator="projection")
    yield desk
    store.close()


def test_a_prompt_that_cannot_be_read_does_not_wait_for_its_turn(
    desk: Desk, tmp_path: Path
) -> None:
    """Weights that were fetched for the empty prompt need no text encoder."""
    pytest.importorskip("diffusers", reason="diffusers is not installed")
    from tiny_vace import save_vace

    weights = save_vace(tmp_path / "weights")
    desk.vace = VaceWeights(str(weights))
    desk.choose(ADA, generator=VACE, prompt="a mountain lake at night")
    assert desk.start(ADA, "render").state == "waiting"
    shutil.rmtree(weights / "text_encoder")
    desk.choose(ADA, prompt="a lake that nobody has asked for")
    with pytest.raises(InputError, match="has no text_encoder, and this prompt has not been"):
        desk.start(ADA, "render")
