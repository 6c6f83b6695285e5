"""A place as meshes looks from the scene camera like its picture."""

import math

import numpy as np
import pytest
import torch

from dynascene.geometry.lifting import LiftedScene, SceneLayer, lift_to_stage, lift_with_depth
from dynascene.geometry.panorama import PanoramaWindow, angles_from_directions
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.place_mesh import CELLS, FARTHEST, PlaceMesh, meshes_of
from dynascene.geometry.surface import Stage
from dynascene.types import Size

SIZE = Size(63, 33)
CAMERA = PictureCamera(50.0, SIZE, horizon=12.0)
PICTURE = torch.rand(3, 33, 63, generator=torch.Generator().manual_seed(0))


def check_pixels(mesh: PlaceMesh) -> None:
    """Seen by the scene camera, each point is where its coordinates say."""
    pixels, inside = CAMERA.pixels_from_directions(torch.from_numpy(mesh.points).double())
    expected = mesh.coordinates * np.array(SIZE)
    np.testing.assert_allclose(pixels.numpy(), expected, atol=1e-3)
    assert inside.float().mean() > 0.9  # all but rounding at the border


def test_a_stage_is_ground_and_backdrop() -> None:
    scene = lift_to_stage(PICTURE, CAMERA)
    (mesh,) = meshes_of(scene)
    check_pixels(mesh)
    stage = scene.surface
    assert isinstance(stage, Stage)
    x, y, z = mesh.points.T
    on_ground = np.isclose(y, stage.height, rtol=1e-4)
    on_wall = np.isclose(np.hypot(x, z), stage.radius, rtol=1e-4)
    assert (on_ground | on_wall).all()
    assert on_ground.any()
    assert on_wall.any()
    assert mesh.picture.shape == (33, 63, 3)


def test_triangles_cover_the_picture_once() -> None:
    (mesh,) = meshes_of(lift_to_stage(PICTURE, CAMERA))
    a, b, c = (mesh.coordinates[mesh.triangles[:, n]].astype(float) for n in range(3))
    (ux, uy), (vx, vy) = (b - a).T, (c - a).T
    areas = (ux * vy - uy * vx) / 2
    assert np.sign(areas).tolist() == [-1.0] * len(areas)  # all turn the same way
    assert -areas.sum() == pytest.approx(1)


def test_a_relief_comes_with_what_is_behind_it() -> None:
    depth = torch.full((33, 63), 4.0)
    depth[8:25, 20:40] = 1.5
    back, front = meshes_of(lift_with_depth(PICTURE, CAMERA, depth))
    check_pixels(back)
    check_pixels(front)
    assert front.picture.shape[2] == 4
    assert front.picture[..., 3].min() == 0  # cut out along the edges of the thing
    near, far = (np.linalg.norm(mesh.points, axis=1).min() for mesh in (front, back))
    assert near < far


def test_a_panorama_is_seen_all_around() -> None:
    window = PanoramaWindow(0.0, math.pi, -math.pi / 2, math.pi / 2, 10.0)
    picture = torch.ones(5, 31, 63)
    scene = LiftedScene(PICTURE, CAMERA, (SceneLayer(picture, Stage(0.3, 2.0), window),))
    (mesh,) = meshes_of(scene)
    azimuth, depression = angles_from_directions(torch.from_numpy(mesh.points).double())
    middle = np.abs(mesh.coordinates[:, 1] - 0.5) < 0.45  # at the poles azimuth means nothing
    within = middle & (np.abs(mesh.coordinates[:, 0] - 0.5) < 0.49)
    turn = (2 * mesh.coordinates[:, 0] - 1) * math.pi
    np.testing.assert_allclose(azimuth[within], turn[within], atol=1e-4)
    down = (mesh.coordinates[:, 1] - 0.5) * math.pi
    np.testing.assert_allclose(depression[middle], down[middle], atol=1e-4)
    assert np.linalg.norm(mesh.points, axis=1).max() <= FARTHEST * 1.001
    assert len(mesh.points) > CELLS * CELLS / 3
