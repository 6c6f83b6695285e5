"""The collector rests while packages load, and afterwards is as it was."""

import gc
from importlib import import_module
from pathlib import Path

import pytest

from dynascene.loading import pause_collector


@pytest.mark.parametrize("is_enabled", [True, False])
def test_the_collector_is_as_before_even_after_an_error(is_enabled: bool) -> None:
    def load() -> bool:
        with pause_collector():
            return gc.isenabled()

    def fail() -> None:
        with pause_collector():
            raise ImportError

    before = gc.isenabled()
    (gc.enable if is_enabled else gc.disable)()
    try:
        assert not load()
        with pytest.raises(ImportError):
            fail()
        assert gc.isenabled() == is_enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_objects_are_frozen_where_something_was_loaded_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_module_to_load.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    before = gc.get_freeze_count()
    with pause_collector():
        pass
    assert gc.get_freeze_count() == before
    try:
        with pause_collector():
            import_module("a_module_to_load")
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
