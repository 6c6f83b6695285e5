"""Pictures that lie in a file: read as they were written, one at a time."""

import errno
import gc
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from tempfile import gettempdir

import cv2
import numpy as np
import pytest

from dynascene.errors import NoTemporaryFiles
from dynascene.estimators import frame_spool
from dynascene.estimators.frame_spool import FrameSpool, in_memory
from dynascene.estimators.matte.clip_colours import with_clip_colours
from dynascene.estimators.working_frames import working_frames
from dynascene.types import ArrayFrames


def spooled(pictures: np.ndarray) -> FrameSpool:
    spool = FrameSpool(pictures.shape[1:], pictures.dtype)
    for picture in pictures:
        spool.append(picture)
    return spool


@pytest.mark.parametrize("shape", [(1,), (3, 3), (3, 3, 3), (5, 4, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32])
def test_every_picture_is_read_as_it_was_written(shape, dtype):
    pictures = (np.arange(3 * np.prod(shape)) % 251).reshape(3, *shape).astype(dtype)
    spool = spooled(pictures)
    assert spool.shape == pictures.shape
    assert len(spool) == 3
    assert np.array_equal(np.stack(list(spool)), pictures)
    assert spool[0].dtype == dtype
    assert np.array_equal(spool[-1], pictures[-1])
    for index in (2, 0, 1, 1):  # in any order
        assert np.array_equal(spool[index], pictures[index])


def test_a_picture_read_is_a_copy_and_writing_goes_on_after_reading():
    spool = spooled(np.zeros((2, 3, 4), np.float32))
    spool[0][:] = 7
    spool.append(np.ones((4, 3), np.float32).T)  # not contiguous
    assert not spool[0].any()
    assert spool[2].all()
    assert len(spool) == 3


@pytest.mark.parametrize("every", [1, 2, 3, 7, 9])
def test_pictures_come_into_memory_all_or_every_so_many(every):
    pictures = np.arange(7 * 3 * 2, dtype=np.uint8).reshape(7, 3, 2)
    for frames in (pictures, spooled(pictures)):
        loaded = in_memory(frames, every)
        assert loaded.dtype == np.uint8
        assert np.array_equal(loaded, pictures[::every])


@pytest.mark.parametrize("index", [3, -4])
def test_what_does_not_exist_is_refused(index):
    spool = spooled(np.zeros((3, 2, 2), np.uint8))
    with pytest.raises(IndexError, match="of 3"):
        spool[index]
    with pytest.raises(ValueError, match="pictures are"):
        spool.append(np.zeros((2, 3), np.uint8))


class FailingFile:
    """A file whose every write ends in one error of the system."""

    def __init__(self, number: int) -> None:
        self.number = number

    def seek(self, place: int) -> None: ...

    def write(self, content: memoryview) -> int:
        raise OSError(self.number, os.strerror(self.number))

    readinto = write

    def close(self) -> None: ...


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "has no room .*No space left"),
        (errno.EDQUOT, "has no room"),
        (errno.EFBIG, "has no room .*File too large"),
        (errno.EIO, "cannot hold .*Input/output error"),
    ],
)
def test_a_write_that_fails_is_one_clear_line(number, reason, monkeypatch):
    monkeypatch.setattr(frame_spool, "TemporaryFile", lambda buffering: FailingFile(number))
    with pytest.raises(NoTemporaryFiles, match=rf"^{gettempdir()}: {reason}.* TMPDIR$"):
        FrameSpool((2, 2), np.uint8).append(np.zeros((2, 2), np.uint8))


def test_a_read_that_fails_is_one_clear_line():
    spool = spooled(np.zeros((3, 2, 2), np.uint8))
    spool._file = FailingFile(errno.EIO)
    with pytest.raises(NoTemporaryFiles, match="Input/output error"):
        spool[1]


def test_a_folder_that_is_gone_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(NoTemporaryFiles, match=r"gone: cannot hold .*No such file.* TMPDIR$"):
        FrameSpool((2, 2), np.uint8)


@pytest.fixture
def no_writing():
    """Files may hold no byte: Python finds none of the usual folders fit for temporary files."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_missing_folder_and_no_other_is_one_clear_line(tmp_path, monkeypatch, no_writing):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    with pytest.raises(NoTemporaryFiles, match=r"^TMPDIR: cannot hold .*No usable temporary"):
        FrameSpool((2, 2), np.uint8)


def test_the_file_is_closed_with_the_spool():
    spool = spooled(np.zeros((3, 3), np.uint8))
    file = spool._file
    del spool
    gc.collect()
    assert file.closed


def test_working_frames_are_the_clips_frames_shrunk():
    frames = np.random.default_rng(0).integers(0, 255, (3, 48, 64, 3), np.uint8)
    spool = working_frames(ArrayFrames(list(frames)), 32 * 24)
    expected = [cv2.resize(frame, (32, 24), interpolation=cv2.INTER_AREA) for frame in frames]
    assert np.array_equal(np.stack(list(spool)), np.stack(expected))


def test_colours_of_the_clip_say_the_same_from_memory_and_from_a_file():
    generator = np.random.default_rng(3)
    frames = generator.integers(0, 255, (5, 36, 33, 3), np.uint8)
    logits = generator.normal(size=(5, 36, 33)).astype(np.float16)
    in_memory = list(with_clip_colours(frames, logits))
    in_a_file = list(with_clip_colours(spooled(frames), spooled(logits)))
    assert np.array_equal(in_memory, in_a_file)


class SlowFile(FileIO):
    """Lets other threads work between finding a place and reading there."""

    def seek(self, *place: int) -> int:
        found = super().seek(*place)
        time.sleep(1e-4)
        return found


def test_threads_share_a_spool(monkeypatch, tmp_path):
    monkeypatch.setattr(
        frame_spool, "TemporaryFile", lambda buffering: SlowFile(tmp_path / "file", "w+")
    )
    spool = spooled(np.arange(33, dtype=np.uint16)[:, None].repeat(3, axis=1))

    def is_as_written(number: int) -> bool:
        return bool((spool[number] == number).all())

    with ThreadPoolExecutor(3) as pool:
        assert all(pool.map(is_as_written, [*range(33)] * 9))
