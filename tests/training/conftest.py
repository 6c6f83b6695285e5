"""A run small enough for a second: one layer learns a fixed matrix from noise."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_run import tiny_run

from dynascene.training.run import Run


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """make_run(out, **changes)."""
    return tiny_run


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "run"
