"""Freed memory goes back to the system, also from the middle of the heap."""

import ctypes
import sys
from pathlib import Path

import numpy as np
import pytest

from dynascene.memory import give_back_memory

MEBIBYTE = 2**20


def resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="needs glibc"
)
def test_what_was_freed_before_a_living_array_is_given_back() -> None:
    arrays = [np.ones(8192) for _ in range(1600)]  # 64 KiB each, 100 MiB
    last = arrays[-1]
    arrays.clear()
    before = resident()
    give_back_memory()
    assert before - resident() > 80 * MEBIBYTE
    assert last.all()


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "CDLL", None)
    give_back_memory()
