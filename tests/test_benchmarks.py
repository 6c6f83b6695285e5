"""The benchmarks are run by hand; what they import must be there whenever the package changes."""

import runpy
import sys
from pathlib import Path

import pytest

BENCHMARKS = sorted((Path(__file__).parents[1] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda p: p.stem)
def test_a_benchmark_can_be_imported(path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "path", [str(path.parent), *sys.path])  # as when it is run
    assert runpy.run_path(str(path), run_name=path.stem)["__doc__"]


def test_there_are_benchmarks() -> None:
    assert BENCHMARKS
