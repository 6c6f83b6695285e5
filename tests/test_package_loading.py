"""The collector rests while packages load, and a host program's objects are left to it."""

import gc
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from dynascene.interfaces.cli import main
from dynascene.loading import IS_OWN_PROCESS, own_process, pause_collector


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
    with own_process():
        with pause_collector():
            pass
        assert gc.get_freeze_count() == before
        try:
            with pause_collector():
                import_module("a_module_to_load")
            assert gc.get_freeze_count() > before
        finally:
            gc.unfreeze()


def test_what_a_host_program_made_is_never_frozen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "another_module_to_load.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    before = gc.get_freeze_count()
    with own_process():
        pass  # as a command that ended before
    with pause_collector():
        import_module("another_module_to_load")
    assert gc.get_freeze_count() == before


@pytest.mark.parametrize("arguments", [None, ["track", "clip.mp4"]])
def test_a_command_that_a_program_runs_is_no_process_of_its_own(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str] | None
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(sys, "argv", ["dynascene", "track", "clip.mp4"])
    monkeypatch.setattr(main, "_command", lambda _: lambda: seen.append(IS_OWN_PROCESS.get()))
    main.main(arguments)
    assert seen == [arguments is None]
    assert not IS_OWN_PROCESS.get()


def test_the_library_leaves_the_collector_alone() -> None:
    """In a fresh process, which imports it as a host program does."""
    program = (
        "import gc, dynascene\n"
        "from dynascene.loading import pause_collector\n"
        "with pause_collector():\n"
        "    from dynascene import PlaceInput\n"
        "print(gc.get_freeze_count(), gc.isenabled())"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "0 True\n"
