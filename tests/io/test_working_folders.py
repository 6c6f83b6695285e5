"""A folder's lock is that of the folder which has the name."""

from pathlib import Path

import pytest

from dynascene.io import working_folders
from dynascene.io.working_folders import lock_of

fcntl = pytest.importorskip("fcntl")


def test_who_waits_has_the_lock_of_the_folder_that_took_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results are replaced by exchanging folders, in the time that another run waits as well."""
    folder, calls = tmp_path / "out", []
    folder.mkdir()

    class Exchanging:
        LOCK_EX, LOCK_NB = fcntl.LOCK_EX, fcntl.LOCK_NB

        @staticmethod
        def flock(descriptor: int, kind: int) -> None:
            if not calls:
                folder.rename(tmp_path / "earlier")
                folder.mkdir()
            calls.append(kind)
            fcntl.flock(descriptor, kind)

    monkeypatch.setattr(working_folders, "fcntl", Exchanging)
    with lock_of(folder, wait=True) as is_mine:
        assert is_mine
        assert len(calls) == 2
        with lock_of(folder) as is_free:
            assert not is_free
        with lock_of(tmp_path / "earlier") as is_free:
            assert is_free


def test_a_missing_folder_is_nobodys(tmp_path: Path) -> None:
    with lock_of(tmp_path / "none", wait=True) as is_mine:
        assert not is_mine
