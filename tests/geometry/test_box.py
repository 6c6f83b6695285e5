"""The box of a place against rays and planes worked out one by one."""

import math

import pytest
import torch

from dynascene.errors import InputError
from dynascene.geometry.box import FACES, PlaceBox, box_from_corners
from dynascene.geometry.lifting import lift_to_box
from dynascene.geometry.picture import PictureCamera
from dynascene.types import Size

SIZE = Size(96, 64)
CAMERA = PictureCamera(80.0, SIZE, 36.0)
ROOM = PlaceBox(1.0, 0.8, 2.0, 1.5, 4.0, 20.0, radius=4.6)
STREET = PlaceBox(1.0, math.inf, 2.5, 2.0, 12.0, -7.0, radius=13.0)
SIDE = PlaceBox(1.0, math.inf, 1.2, math.inf, 5.0, 10.0, radius=5.4)


def slow_way_out(box: PlaceBox, origin: list[float], ray: list[float]) -> tuple[float, int]:
    """The length of one ray and the index of the plane it meets, in the box's own axes."""
    c, s = math.cos(math.radians(box.turn)), math.sin(math.radians(box.turn))
    o, d = ([c * x - s * z, y, s * x + c * z] for x, y, z in (origin, ray))
    ends = []
    for index, (axis, place) in enumerate(
        ((1, box.height), (1, -box.ceiling), (0, -box.left), (0, box.right), (2, box.back))
    ):
        towards = d[axis] * place > 0
        if math.isfinite(place) and towards:
            ends.append(((place - o[axis]) / d[axis], index))
    a, b = d[0] ** 2 + d[2] ** 2, o[0] * d[0] + o[2] * d[2]
    c = o[0] ** 2 + o[2] ** 2 - box.radius**2
    ends.append(((math.sqrt(b * b - a * c) - b) / a, len(FACES)))
    return min(ends)


@pytest.mark.parametrize("box", [ROOM, STREET, SIDE])
def test_rays_leave_the_box_where_a_slow_reference_says(box: PlaceBox):
    random = torch.Generator().manual_seed(3)
    rays = torch.randn(200, 3, generator=random, dtype=torch.float64)
    origins = 0.5 * torch.rand(200, 3, generator=random, dtype=torch.float64) - 0.25
    hits, faces = box.hit(origins, rays), box.face(origins, rays)
    slow = [slow_way_out(box, o, d) for o, d in zip(origins.tolist(), rays.tolist(), strict=True)]
    lengths = torch.tensor([length for length, _ in slow], dtype=torch.float64)
    torch.testing.assert_close(hits, origins + lengths[:, None] * rays)
    assert faces.tolist() == [face for _, face in slow]
    assert len(set(faces.tolist())) == len(box.faces) + 1, "every plane and the round wall"


@pytest.mark.parametrize("box", [ROOM, STREET, SIDE])
def test_the_box_contains_the_way_to_its_planes_and_nothing_behind_them(box: PlaceBox):
    rays = torch.randn(200, 3, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    hits = box.hit(torch.zeros_like(rays), rays)
    assert box.contains(0.999 * hits).all()
    assert not box.contains(1.001 * hits).any()
    assert not box.contains(0.96 * hits, margin=0.05).any()


def test_a_scaled_box_is_hit_at_scaled_points():
    rays = torch.randn(50, 3, generator=torch.Generator().manual_seed(5))
    zero = torch.zeros_like(rays)
    torch.testing.assert_close(ROOM.scale(0.3).hit(zero, rays), 0.3 * ROOM.hit(zero, rays))


@pytest.mark.parametrize("box", [ROOM, STREET, SIDE])
def test_a_lifted_box_has_median_depth_one_and_keeps_its_shape(box: PlaceBox):
    scene = lift_to_box(torch.rand(3, *SIZE[::-1]), CAMERA, box)
    surface = scene.surface
    assert isinstance(surface, PlaceBox)
    factor = surface.height / box.height
    torch.testing.assert_close(
        torch.tensor(surface.distances), factor * torch.tensor(box.distances)
    )
    rays = CAMERA.rays(45, 80) @ CAMERA.scene_from_picture.float().mT
    points = surface.hit(torch.zeros_like(rays), rays) @ CAMERA.scene_from_picture.float()
    assert float(points[..., 2].median()) == pytest.approx(1, abs=1e-4)


def corners_of(box: PlaceBox) -> tuple[list[float], float]:
    """The back wall's corners in the picture and the vanishing point's column."""
    ends = torch.tensor([[-box.left, -box.ceiling, box.back], [box.right, 1.0, box.back],
                         [0.0, 0.0, 1.0]], dtype=torch.float64)  # fmt: skip
    pixels, _ = CAMERA.pixels_from_directions(ends @ box.scene_from_box.mT)
    return pixels[:2].flatten().tolist(), float(pixels[2, 0])


def test_corners_of_the_back_wall_give_its_box():
    room = PlaceBox(1.0, 0.6, 1.2, 1.0, 4.0, 8.0, radius=9.0)
    corners, column = corners_of(room)
    box = box_from_corners(CAMERA, corners, column)
    assert box.turn == pytest.approx(room.turn, abs=1e-6)
    assert box.distances == pytest.approx(room.distances, rel=1e-6)


def test_a_corner_on_the_border_opens_that_side():
    box = box_from_corners(CAMERA, [20.0, 0.0, 96.0, 50.0], 48.0)
    assert box.faces == ("floor", "left wall", "back wall")
    drawn = box_from_corners(CAMERA, [20.0, -6.0, 105.0, 50.0], 48.0)  # a tenth too far at most
    assert drawn.faces == box.faces
    assert drawn.left == pytest.approx(box.left, rel=0.01)


@pytest.mark.parametrize(
    ("corners", "column", "why"),
    [
        ([60, 10, 30, 50], 48, "the wrong way round; .*: 30,10,60,50"),
        ([30, 40, 60, 50], 48, "must cross the back wall"),
        ([30, 10, 60, 30], 48, "must cross the back wall"),
        ([30, 10, 60, 50], 70, "must lie on the back wall"),
        ([0, 10, 96, 50], 48, "leaves no side wall"),
        ([30, 10, 60, 64], 48, "must meet the floor"),
        ([30, 10, 107, 50], 48, "beyond the picture of 96x64 by 11% of its side"),
        ([-500, 10, 60, 50], 48, "beyond the picture of 96x64 by 521% of its side"),
        ([30, -7, 60, 50], 48, "beyond the picture of 96x64 by 11% of its side"),
        ([30, 10, 60, 5000], 48, "beyond the picture"),
        ([30, 10, math.nan, 50], 48, "nan is no pixel"),
        ([30, 10, 30, 50], 48, "no width"),
        ([30, 10, 60, 50], math.nan, "at column nan"),
    ],
)
def test_bad_corners_are_refused_in_one_line(corners: list[float], column: float, why: str):
    with pytest.raises(InputError, match=why) as error:
        box_from_corners(CAMERA, corners, column)
    assert "\n" not in str(error.value)
