import os
from pathlib import Path
from threading import Barrier, Thread

import pytest

from dynascene.errors import InputError
from dynascene.io.atomic import replacing, write_text


def test_what_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "before")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_threads_that_write_the_same_place_do_not_meet(tmp_path: Path) -> None:
    together, failures = Barrier(2, timeout=120), []

    def write(text: str) -> None:
        try:
            with replacing(tmp_path / "a.txt") as temporary:
                temporary.write_text(text)
                together.wait()
        except InputError as error:
            failures.append(error)

    threads = [Thread(target=write, args=(text,)) for text in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert (tmp_path / "a.txt").read_text() in ("one", "two")
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_no_file_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"  # stands for all that is neither file nor folder
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="is a device or a pipe"):
        write_text(pipe, "x")
    assert pipe.is_fifo()


def test_a_full_folder_stays(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(InputError, match="not empty"), replacing(tmp_path / "full"):
        pass
