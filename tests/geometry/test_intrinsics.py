import math

import pytest
import torch

from dynascene.geometry.intrinsics import (
    contain_intrinsics,
    cover_crop_intrinsics,
    cover_scale,
    horizontal_fov,
    intrinsics_from_fov,
    intrinsics_matrix,
)
from dynascene.types import Size


@pytest.mark.parametrize("fov", [1, 28, 60, 90, 150])
def test_field_of_view_round_trip(fov):
    size = Size(7, 3)
    assert horizontal_fov(intrinsics_from_fov(fov, size), size).item() == pytest.approx(fov)


def test_ninety_degrees_has_a_focal_length_of_half_the_width():
    expected = torch.tensor([[640.0, 0, 640], [0, 640, 360], [0, 0, 1]]).double()
    assert torch.allclose(intrinsics_from_fov(90, Size(1280, 720)), expected)


def test_field_of_view_with_the_principal_point_off_centre():
    intrinsics = intrinsics_matrix(10, 10, 10, 3)  # 45 degrees on the left, atan 2 on the right
    expected = 45 + math.degrees(math.atan(2))
    assert horizontal_fov(intrinsics, Size(30, 6)).item() == pytest.approx(expected)


SIZES = [(Size(4, 3), Size(16, 9)), (Size(1920, 1080), Size(9, 16)), (Size(3, 3), Size(3, 3))]


@pytest.mark.parametrize(("size", "target"), SIZES)
def test_cover_scale_covers_and_is_the_least_that_does(size, target):
    scale = cover_scale(size, target)
    assert size.width * scale >= target.width - 1e-9
    assert size.height * scale >= target.height - 1e-9
    assert math.isclose(size.width * scale, target.width) or math.isclose(
        size.height * scale, target.height
    )


@pytest.mark.parametrize(("size", "target"), SIZES)
def test_cover_crop_moves_projected_points_with_the_picture(size, target):
    intrinsics = torch.stack([intrinsics_matrix(5, 6, 1.7, 1.2), intrinsics_matrix(9, 9, 2, 1)])
    before = intrinsics.clone()
    point = torch.tensor([0.3, -0.2, 1.0], dtype=torch.float64)
    pixel = (intrinsics @ point)[:, :2]
    centre = torch.tensor([size.width, size.height]).double() / 2
    target_centre = torch.tensor([target.width, target.height]).double() / 2
    # the picture is scaled about its centre, which becomes the centre of the crop
    expected = (pixel - centre) * cover_scale(size, target) + target_centre
    assert torch.allclose(
        (cover_crop_intrinsics(intrinsics, size, target) @ point)[:, :2], expected
    )
    assert torch.equal(intrinsics, before)


@pytest.mark.parametrize(("size", "target"), SIZES)
def test_covering_undoes_containing(size, target):
    intrinsics = torch.stack([intrinsics_matrix(5, 6, 1.7, 1.2), intrinsics_matrix(9, 9, 2, 1)])
    contained = contain_intrinsics(intrinsics, size, target)
    assert torch.allclose(cover_crop_intrinsics(contained, target, size), intrinsics)


@pytest.mark.parametrize(("size", "target"), SIZES)
def test_contained_frame_lies_inside_the_larger_one_and_touches_it(size, target):
    intrinsics = intrinsics_matrix(5, 6, 1.7, 1.2)
    corners = torch.tensor([[0, 0, 1], [size.width, size.height, 1]]).double()
    rays = corners @ torch.linalg.inv(intrinsics).mT
    first, last = (rays @ contain_intrinsics(intrinsics, size, target).mT)[:, :2].tolist()
    assert min(first) == pytest.approx(0)
    assert max(last[0] - target.width, last[1] - target.height) == pytest.approx(0)
    assert first[0] + last[0] == pytest.approx(target.width)
    assert first[1] + last[1] == pytest.approx(target.height)
