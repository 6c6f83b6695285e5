"""Rows side by side: every pixel of every clip is there, under its name."""

from pathlib import Path

import numpy as np
import pytest

from dynascene.evaluation import opening
from dynascene.evaluation.comparison_videos import GAP, LABEL, side_by_side, side_by_side_video
from dynascene.evaluation.job import run
from dynascene.evaluation.request import EvaluationRequest
from dynascene.evaluation.systems import Projection
from dynascene.io.video import open_video
from dynascene.jobs.log import Log

RNG = np.random.default_rng(0)


def smooth(count: int, height: int, width: int) -> np.ndarray:
    """Colours that change slowly: [F, H, W, 3]."""
    t, y, x = np.mgrid[:count, :height, :width]
    waves = [np.sin(x / 20 + t + k) + np.cos(y / 15 - k) for k in range(3)]
    return np.stack([(128 + 50 * wave).astype(np.uint8) for wave in waves], -1)


def test_small_frames_are_enlarged_without_smoothing() -> None:
    clips = {name: RNG.integers(0, 256, (2, 12, 24, 3), np.uint8) for name in ("a", "b", "c")}
    frames = list(side_by_side(clips))
    assert len(frames) == 2
    tile = 8 * 24  # the least multiple of 24 that is 192 across
    for number, clip in enumerate(clips.values()):
        row, column = divmod(number, 2)
        top = row * (8 * 12 + LABEL + GAP) + LABEL
        left = column * (tile + GAP)
        shown = frames[1][top : top + 8 * 12, left : left + tile]
        np.testing.assert_array_equal(shown[::8, ::8], clip[1])
        np.testing.assert_array_equal(shown[7::8, 7::8], clip[1])
    labels = [frames[0][:LABEL, k * (tile + GAP) :][:, :tile] for k in range(2)]
    assert all(label.min() < 100 for label in labels)  # ink
    assert not np.array_equal(*labels)


def test_a_video_loses_nothing_that_is_seen(tmp_path: Path) -> None:
    clips = {"truth": smooth(4, 60, 200), "row": smooth(4, 60, 200)[::-1]}
    path = tmp_path / "v.mp4"
    path.write_bytes(side_by_side_video(clips))
    stored, made = list(open_video(path).read()), list(side_by_side(clips))
    assert len(stored) == 4
    for one, two in zip(stored, made, strict=True):
        height, width = two.shape[:2]
        assert np.abs(one[:height, :width].astype(int) - two).mean() < 1.5


def test_an_evaluation_writes_what_is_asked_for(benchmark, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(opening, "open_benchmark", lambda *_: benchmark)
    options = {"clips": 3, "obedience": 0, "metrics": ("l1",)}
    out = tmp_path / "out"
    run(EvaluationRequest([Projection()], "synthetic", videos=2, **options), out, Log())
    names = sorted(path.name for path in (out / "videos").iterdir())
    assert [name[:3] for name in names] == ["000", "002"]
    assert len(open_video(out / "videos" / names[0])) == 3
    run(EvaluationRequest([Projection()], "synthetic", **options), out, Log())
    assert not (out / "videos").exists()
    with pytest.raises(Exception, match="`videos` -1"):
        EvaluationRequest([Projection()], "synthetic", videos=-1)
