"""Frames made side by side come out in order, and torch's setting is as before."""

import threading
import time

import pytest
import torch

from dynascene.parallel import frames_in_threads


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
