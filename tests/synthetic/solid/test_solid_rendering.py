"""Solids by OpenGL against rays and boxes written out slowly."""

import math

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.geometry.rays import Rays, track_rays
from dynascene.synthetic.solid import graphics as graphics_module
from dynascene.synthetic.solid.graphics import graphics
from dynascene.synthetic.solid.mesh import Box, Cutout, Skin, build_mesh
from dynascene.synthetic.solid.renderer import clip_from_world, render_solids
from dynascene.synthetic.solid.solids import Daylight, Solids
from dynascene.types import CameraTrack, Size

SIZE, GROUND = Size(64, 36), 1.5
K = intrinsics_from_fov(60, SIZE)
EVEN = Daylight((0.0, -1.0, 0.0), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), 0.0, 0.0)
RED, GREEN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


@pytest.fixture(autouse=True)
def needs_egl() -> None:
    try:
        graphics()
    except InputError as error:
        pytest.skip(str(error))


def box(x: float, z: float, turn: float = 0.0, tint=RED, **more) -> Box:
    skin = Skin(0, 1.0, tint=tint)
    shape = {"width": 1.0, "depth": 0.6, "bottom": 0.0, "top": 1.2} | more
    return Box(x=x, z=z, turn=turn, walls=skin, lid=skin, **shape)


def solids(*boxes: Box, cards: tuple[Cutout, ...] = (), pictures=None, light=EVEN) -> Solids:
    if pictures is None:
        pictures = np.ones((1, 8, 8, 4), np.float32)
    return Solids(build_mesh(boxes, cards, GROUND), pictures, light, GROUND)


def slow_depths(boxes: list[Box], rays: Rays) -> torch.Tensor:
    """Each ray against the six planes of each box (slabs), one after the other."""
    frames, height, width = rays.directions.shape[:3]
    depths = torch.full((frames, 1, height, width), math.inf)
    for f in range(frames):
        for v in range(height):
            for u in range(width):
                o, d = rays.origins[f, 0, 0].tolist(), rays.directions[f, v, u].tolist()
                hits = [t for b in boxes if (t := slab(b, o, d)) is not None]
                if hits:
                    depths[f, 0, v, u] = min(hits)
    return depths


def slab(b: Box, o: list[float], d: list[float]) -> float | None:
    c, s = math.cos(b.turn), math.sin(b.turn)
    x, z = o[0] - b.x, o[2] - b.z
    start = (c * x - s * z, GROUND - o[1], s * x + c * z)
    step = (c * d[0] - s * d[2], -d[1], s * d[0] + c * d[2])
    low = (-b.width / 2, b.bottom, -b.depth / 2)
    high = (b.width / 2, b.top, b.depth / 2)
    enter, leave = 0.0, math.inf
    for p, q, a, e in zip(start, step, low, high, strict=True):
        if abs(q) < 1e-12:
            if not a <= p <= e:
                return None
            continue
        near, far = sorted(((a - p) / q, (e - p) / q))
        enter, leave = max(enter, near), min(leave, far)
    return enter if enter < leave else None


@pytest.mark.parametrize("move", ["truck-right:1+pan-left:15", "crane-up:0.8+roll-left:7"])
def test_depth_is_that_of_rays_against_boxes(move: str) -> None:
    boxes = [box(0.3, 4, 0.4), box(-1.2, 6, -0.9, top=2.5), box(0.5, 5, 0.1, bottom=0.8, top=2.0)]
    rays = track_rays(make_move(move, 3, K, SIZE))
    render, slow = render_solids(solids(*boxes), rays), slow_depths(boxes, rays)
    same = render.depth.isfinite() == slow.isfinite()
    assert float((~same).float().mean()) < 0.002  # a pixel's centre just on an edge
    both = render.depth.isfinite() & slow.isfinite()
    assert float(both.float().mean()) > 0.05
    error = ((render.depth - slow) / slow)[both].abs()
    assert float((error > 1e-4).float().mean()) < 0.01  # where two faces meet
    assert float(error.median()) < 1e-6


def test_a_small_box_is_where_its_camera_projects_it() -> None:
    size = Size(256, 144)
    move = "truck-right:0.7+pan-right:9+tilt-up:4+dolly-zoom:0.1"
    track = make_move(move, 3, intrinsics_from_fov(60, size), size)
    spot = box(0.4, 3.0, 0.6, width=0.12, depth=0.12, bottom=1.2, top=1.32)
    coverage = render_solids(solids(spot), track_rays(track)).colour[:, 3]
    middle = torch.tensor([0.4, GROUND - 1.26, 3.0, 1.0], dtype=torch.float64)
    v, u = torch.meshgrid(torch.arange(144) + 0.5, torch.arange(256) + 0.5, indexing="ij")
    for frame in range(3):
        x, y, z = (track.cam_from_world[frame] @ middle)[:3] @ track.intrinsics[frame].mT
        weight = coverage[frame] / coverage[frame].sum()
        # both the projection of a middle and the middle of a projection: apart by perspective
        assert float((weight * u).sum()) == pytest.approx(float(x / z), abs=0.15)
        assert float((weight * v).sum()) == pytest.approx(float(y / z), abs=0.15)


def test_nearer_things_hide_farther_ones_whatever_the_order() -> None:
    near, far = box(0, 3, tint=RED, top=3), box(0, 6, tint=GREEN, width=6, top=3)
    rays = track_rays(make_move("static", 1, K, SIZE))
    for order in ((near, far), (far, near)):
        red, green, _, share = render_solids(solids(*order), rays).colour[0, :, 18]
        assert red[32].item() == pytest.approx(1, abs=1e-3)
        assert green[32].item() == 0
        assert green[20].item() == pytest.approx(1, abs=1e-3)
        assert share[32].item() == 1


def test_edges_are_soft_and_premultiplied() -> None:
    track = make_move("roll-left:9", 2, K, SIZE)
    colour = render_solids(solids(box(0.1, 3)), track_rays(track)).colour
    share = colour[:, 3]
    assert set((share * 4).unique().tolist()) == {0.0, 1.0, 2.0, 3.0, 4.0}
    torch.testing.assert_close(colour[:, 0], share, atol=2e-3, rtol=0)  # white light on red


def test_a_card_shows_its_alpha_and_what_is_behind() -> None:
    pictures = np.ones((2, 16, 16, 4), np.float32)
    pictures[1, :, :8, 3] = 0  # the left half is cut out
    pictures[1, ..., 0] = 0
    card = Cutout(1, 0.0, 3.0, 0.0, 2.0, 3.0)
    render = render_solids(
        solids(box(0, 6, width=8, top=3), cards=(card,), pictures=pictures),
        track_rays(make_move("static", 1, K, SIZE)),
    )
    row = render.colour[0, :, 18]
    assert row[:, 25].tolist() == pytest.approx([1, 0, 0, 1], abs=1e-3)  # the box behind
    assert row[:, 40].tolist() == pytest.approx([0, 1, 1, 1], abs=1e-3)
    assert float(render.depth[0, 0, 18, 25]) == pytest.approx(5.7, abs=1e-3)
    assert float(render.depth[0, 0, 18, 40]) == pytest.approx(3.0, abs=1e-3)


def test_shadows_fall_away_from_the_sun_and_weigh_what_they_should() -> None:
    height = math.radians(45)
    sun = Daylight((-math.cos(height), -math.sin(height), 0.0), (0.5,) * 3, (0.6,) * 3, (0.3,) * 3)
    track = make_move("tilt-down:25", 1, intrinsics_from_fov(80, SIZE), SIZE)
    rays = track_rays(track)
    alpha = render_solids(solids(box(0, 4, depth=1.0), light=sun), rays).colour[0, 3]
    assert float(alpha[30, 4]) == 0  # sunny ground

    def at(x: float) -> float:
        point = torch.tensor([x, GROUND, 4.0, 1.0], dtype=torch.float64)
        p = (track.cam_from_world[0] @ point)[:3] @ track.intrinsics[0].mT
        return float(alpha[int(p[1] / p[2]), int(p[0] / p[2])])

    # a box 1.2 m high throws 1.2 m of shadow, from its side at 0.5 m
    assert at(1.1) == pytest.approx(sun.sun_share, abs=0.02)
    assert at(2.3) == 0
    assert at(-1.1) == 0


def test_surfaces_are_lit_by_the_sun_they_face() -> None:
    towards = (0.0, -0.6, -0.8)  # from behind the camera
    sun = Daylight(towards, (0.5,) * 3, (0.2,) * 3, (0.2,) * 3, 0.0, 0.0)
    rays = track_rays(make_move("static", 1, K, SIZE))
    front = render_solids(solids(box(0, 4, top=2.5), light=sun), rays).colour[0, 0, 16, 32]
    assert float(front) == pytest.approx(0.2 + 0.5 * 0.8, abs=3e-3)


def test_rays_give_back_their_projection() -> None:
    track = make_move("truck-right:0.4+pan-left:20+roll-left:5", 3, K, SIZE)
    clip = torch.from_numpy(clip_from_world(track_rays(track), far=20.0)).double()
    points = torch.randn(5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    points[:, 2] += 6
    points[:, 3] = 1
    for frame in range(3):
        expected = (points @ track.cam_from_world[frame].mT)[:, :3] @ track.intrinsics[frame].mT
        render = points @ clip[frame].mT
        pixel = (render[:, :2] / render[:, 3:] + 1) / 2 * torch.tensor(tuple(SIZE))
        torch.testing.assert_close(pixel, expected[:, :2] / expected[:, 2:], atol=2e-3, rtol=0)
        torch.testing.assert_close(render[:, 3], expected[:, 2], atol=1e-5, rtol=0)


def test_gables_and_undersides_close_a_box() -> None:
    roofed = build_mesh([box(0, 4, ridge=0.5)], (), GROUND)
    assert GROUND - roofed.vertices[:, 1].min() == pytest.approx(1.7)
    assert len(roofed.triangles) == 2 * (4 + 2 + 2)  # walls, slopes, gables
    hanging = build_mesh([box(0, 4, bottom=0.5)], (), GROUND)
    assert len(hanging.triangles) == 2 * 6
    silent = build_mesh([box(0, 4, casts=False), box(2, 4)], (), GROUND)
    assert silent.casting == 10
    assert silent.vertices[silent.triangles[:10], 0].min() >= 1.5  # the casting one comes first


def test_where_opengl_does_not_start_one_line_says_what_to_install(monkeypatch) -> None:
    def broken(**settings: object) -> None:
        raise RuntimeError("libEGL.so: cannot open\nmore")

    monkeypatch.setattr("moderngl.create_standalone_context", broken)
    monkeypatch.setattr(graphics_module, "_process_graphics", None)
    with pytest.raises(InputError, match="libegl1") as caught:
        graphics()
    assert "\n" not in str(caught.value)


def test_a_track_of_another_length_or_size_may_follow() -> None:
    place = solids(box(0, 4))
    for size, frames in ((Size(33, 17), 3), (SIZE, 1)):
        track = make_move("static", frames, intrinsics_from_fov(60, size), size)
        assert isinstance(track, CameraTrack)
        shape = (frames, 4, size.height, size.width)
        assert render_solids(place, track_rays(track)).colour.shape == shape
