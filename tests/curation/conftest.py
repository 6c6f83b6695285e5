from pathlib import Path

import pytest
from panned_footage import without_costly_stages, write_pan
from tiny_stages import SameProcess

from dynascene.curation import job
from dynascene.curation.engine import loop


@pytest.fixture
def cheap_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is in these videos, so there is nothing to cut out; cameras are not tracked."""
    monkeypatch.setattr(loop, "WorkProcess", SameProcess)
    for name in ("full_plan", "rebuilding_plan"):
        monkeypatch.setattr(job, name, without_costly_stages(getattr(job, name)))


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """A folder with a video that moves, one that does not, and a text."""
    folder = tmp_path / "footage"
    folder.mkdir()
    write_pan(folder / "moving.mp4", 3)
    write_pan(folder / "still.mp4", 0)
    (folder / "text.mp4").write_text("no video")
    return folder
