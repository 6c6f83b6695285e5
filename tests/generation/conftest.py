"""Tiny weights that several modules generate with."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tiny_pipeline import save_pipeline

from dynascene.generation.generators import diffusion as generator
from dynascene.generation.weights import load_weights


@pytest.fixture(scope="session")
def awake(tmp_path_factory) -> Path:
    """Of a guided network that changes what it is given."""
    return save_pipeline(tmp_path_factory.mktemp("awake"), guide=True, awake=True)


@pytest.fixture(scope="module")
def loaded_once() -> Iterator[None]:
    """Weights are read once for all tests of a module, which do not change them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generator, "load_weights", cache(load_weights))
        yield
