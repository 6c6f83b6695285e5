"""A few long, spread tracks off the person."""

import numpy as np
import pytest
from textures import textured

from dynascene.estimators.camera.point_tracks import PointTracks
from dynascene.estimators.points import sparse
from dynascene.estimators.points.sparse import sparse_rows, track_points
from dynascene.types import ArrayFrames, Size

SHIFT = 3  # pixels a frame


def panned(frames: int = 6) -> tuple[ArrayFrames, ArrayFrames]:
    """A wall that moves to the left behind somebody who stays, and their matte."""
    wall, figure = (
        textured(shape, seed, (120, 110, 100))
        for seed, shape in enumerate([(120, 160 + SHIFT * frames), (120, 160)])
    )
    matte = np.zeros((120, 160, 1), np.uint8)
    matte[30:, 60:95] = 255
    pictures = [wall[:, SHIFT * f : SHIFT * f + 160].copy() for f in range(frames)]
    for picture in pictures:
        picture[matte[..., 0] > 0] = figure[matte[..., 0] > 0]
    return ArrayFrames(pictures), ArrayFrames([matte] * frames)


def test_points_follow_the_background_and_not_the_person() -> None:
    background = track_points(*panned(), count=12)
    assert background.points.shape == (6, 12, 3)
    seen = background.points[..., 2] > 0
    assert seen.mean() > 0.6
    both = seen[1:] & seen[:-1]
    steps = np.diff(background.points[..., :2], axis=0)[both]
    np.testing.assert_allclose(np.median(steps, axis=0), [-SHIFT, 0], atol=0.2)
    x, y = background.points[seen][:, 0], background.points[seen][:, 1]
    assert not ((x > 60) & (x < 95) & (y > 30)).any()


def test_each_axis_has_a_scale_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Working pictures have whole pixels, so that their shape may differ a little."""
    frames, _ = panned(2)
    tracks = PointTracks(np.array([0, 1]), np.zeros(2, int), np.full((2, 2), 10.0), 2, Size(80, 61))
    monkeypatch.setattr(sparse, "follow_points", lambda *_: tracks)
    points = track_points(frames, None).points
    np.testing.assert_allclose(points[0, 0, :2], [20, 10 * 120 / 61])


def test_long_tracks_come_first_and_spread() -> None:
    """Five tracks: three corners through all frames, two in the middle for one frame."""
    places = {0: (10, 10), 1: (12, 10), 2: (90, 10), 3: (50, 50), 4: (51, 50)}
    rows = [(f, t) for f in range(4) for t in places if t < 3 or f == 1]
    frame, track = (np.array(column) for column in zip(*rows, strict=True))
    points = np.array([places[t] for _, t in rows], float)
    tracks = PointTracks(frame, track, points, 4, Size(100, 60))
    two = sparse_rows(tracks, 2)
    assert {tuple(place) for place in two[0, :, :2]} == {(10, 10), (90, 10)}
    every = sparse_rows(tracks, 50)
    assert every.shape == (4, 5, 3)
    assert every[..., 2].sum() == 3 * 4 + 2
    assert tuple(every[3, 4, :2]) in (places[3], places[4])  # stays where it was seen last
