"""Borders of windows, by system."""

from types import SimpleNamespace
from typing import Any, cast

from dynascene.evaluation.ablations import Shuffled
from dynascene.evaluation.systems import Projection, Trained
from dynascene.evaluation.windows import borders_of


def trained(length: int) -> Trained:
    pipeline = SimpleNamespace(denoiser=SimpleNamespace(size=SimpleNamespace(frames=length)))
    return Trained("weights", cast(Any, SimpleNamespace(pipeline=pipeline)))


def test_windows_overlap_by_eight_frames() -> None:
    assert borders_of(trained(24), 24) == []
    assert borders_of(trained(24), 40) == [16, 24]
    assert borders_of(Shuffled(trained(24)), 40) == [16, 24]


def test_a_whole_clip_has_no_border() -> None:
    assert borders_of(Projection(), 40) == []
