"""Frames made side by side or ahead come out in order, and threads and settings are as before."""

import threading
import time
from collections.abc import Iterator

import pytest
import torch

from dynascene.parallel import frames_in_threads, one_torch_thread, read_ahead


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("three_threads")
def test_frames_come_in_order_and_side_by_side() -> None:
    together = threading.Barrier(3, timeout=120)

    def frame(index: int) -> int:
        together.wait()  # passes only when three frames are made at once
        time.sleep(0.01 * (5 - index))
        assert torch.get_num_threads() == 1
        return index

    given = []
    for index in frames_in_threads(frame, 6):
        assert torch.get_num_threads() == 3
        given.append(index)
    assert given == list(range(6))


@pytest.mark.usefixtures("three_threads")
def test_a_failing_frame_is_reported_and_the_setting_restored() -> None:
    def frame(index: int) -> int:
        raise ValueError(f"frame {index}")

    with pytest.raises(ValueError, match="frame 0"):
        list(frames_in_threads(frame, 4))
    assert torch.get_num_threads() == 3


@pytest.mark.usefixtures("three_threads")
def test_one_thread_of_torch_and_then_as_many_as_before() -> None:
    with one_torch_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3
    with pytest.raises(IndexError), one_torch_thread():
        [].pop()
    assert torch.get_num_threads() == 3


def test_what_is_read_ahead_comes_in_order_and_at_most_two_wait() -> None:
    begun, third = [], threading.Event()

    def frames() -> Iterator[int]:
        for index in range(7):
            begun.append(index)
            if index == 2:
                third.set()
            yield index

    given = []
    with read_ahead(frames()) as ahead:
        for index in ahead:
            if not given:
                assert third.wait(timeout=120)  # made while nobody asks for it
            assert len(begun) <= index + 3
            given.append(index)
    assert given == list(range(7))


def test_an_error_comes_where_its_frame_would_have_come() -> None:
    def frames() -> Iterator[int]:
        yield from range(3)
        raise ValueError("frame 3")

    given = []
    with pytest.raises(ValueError, match="frame 3"), read_ahead(frames()) as ahead:
        given.extend(ahead)
    assert given == [0, 1, 2]


def _stop_after_one(frames: Iterator[int]) -> None:
    with read_ahead(frames) as ahead:
        assert next(ahead) == 0
        raise KeyboardInterrupt


def test_who_stops_reading_leaves_no_thread_and_no_open_source_behind() -> None:
    closed = []

    def frames() -> Iterator[int]:
        try:
            yield from range(100)
        finally:
            closed.append(True)

    before, source = threading.active_count(), frames()
    with pytest.raises(KeyboardInterrupt):
        _stop_after_one(source)
    assert threading.active_count() == before
    assert closed == [True]
