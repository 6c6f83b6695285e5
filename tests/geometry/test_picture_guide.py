"""The guide straight from the picture, against the one through a canvas."""

from itertools import pairwise

import pytest
import torch

from dynascene.geometry.canvas import paint_canvas
from dynascene.geometry.framing import Framing, place_track
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.lifting import lift_to_stage
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture_guide import picture_guide
from dynascene.geometry.projection import render_guide, window_for_track
from dynascene.geometry.rays import track_rays
from dynascene.synthetic.shots.views import scene_camera
from dynascene.types import Size

SIZE = Size(64, 36)
K = intrinsics_from_fov(55, SIZE)


@pytest.mark.parametrize("move", ["pan-right:35+roll-left:4", "dolly-in:0.3+pan-left:20", "static"])
def test_the_guide_is_the_pipeline_s(move: str) -> None:
    camera = scene_camera(60, -4.0, SIZE)
    v, u = torch.meshgrid(torch.arange(54) / 54, torch.arange(96) / 96, indexing="ij")
    picture = torch.stack([u, v, 0.5 + 0.4 * (9 * u).sin() * (7 * v).cos()]).float()
    scene = lift_to_stage(picture, camera)
    track = place_track(make_move(move, 3, K, SIZE), Framing(5.0, -2.0))
    colour, visibility = picture_guide(picture, camera, scene.surface, track_rays(track))
    window = window_for_track(track, scene.surface)
    canvas = paint_canvas(scene.layers[0].picture, camera, window)
    for frame, expected in enumerate(render_guide(track, [scene.surface], [canvas])):
        error = (colour[frame] - expected.colour).abs()
        assert float(error.mean()) < 0.01
        assert float((error > 0.08).float().mean()) < 0.03  # at the kinks of the continuation
        differs = (visibility[frame] - expected.visibility).abs() > 0.5
        assert float(differs.float().mean()) < 0.02  # on the border, where one of them is soft


def test_what_is_seen_falls_as_the_camera_pans_away() -> None:
    camera = scene_camera(60, 0.0, SIZE)
    picture = torch.rand(3, camera.size.height, camera.size.width)
    surface = lift_to_stage(picture, camera).surface
    seen = []
    for degrees in (0, 10, 20, 30, 40):
        track = make_move(f"pan-left:{degrees}", 2, K, SIZE)
        seen.append(float(picture_guide(picture, camera, surface, track_rays(track))[1][1].mean()))
    assert seen[0] == 1.0
    assert all(a > b for a, b in pairwise(seen))
    assert seen[-1] < 0.5
