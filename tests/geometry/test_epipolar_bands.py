"""Epipolar bands against fundamental matrices, cell by cell."""

import pytest
import torch

from dynascene.geometry.epipolar import fundamental_matrix
from dynascene.geometry.epipolar_bands import epipolar_band
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.types import Size

GRID = Size(5, 3)


def cameras(shift: float = 0.4) -> tuple[torch.Tensor, torch.Tensor]:
    turns = torch.tensor([0.0, 6.0, -4.0], dtype=torch.float64)
    ways = torch.tensor([[0, 0, 0], [1, 0.2, 0], [0.3, -0.1, 1]], dtype=torch.float64) * shift
    poses = rigid(rotation_about("y", turns), ways)
    lens = torch.tensor([[5.0, 0, 2.5], [0, 5, 1.5], [0, 0, 1]], dtype=torch.float64)
    return poses, lens.expand(3, 3, 3)


@pytest.mark.parametrize("frame", [0, 1, 2])
@pytest.mark.parametrize("width", [0.4, 1.0])
def test_a_band_is_what_lies_near_the_line(frame: int, width: float) -> None:
    poses, lenses = cameras()
    band = epipolar_band(poses, lenses, GRID, frame, width)
    assert band.shape == (15, 3, 15)
    cells = [torch.tensor([x + 0.5, y + 0.5, 1]).double() for y in range(3) for x in range(5)]
    slow = torch.ones_like(band)
    for other in {0, 1, 2} - {frame}:
        pair = poses[frame], poses[other], lenses[frame], lenses[other]
        for q, query in enumerate(cells):
            line = fundamental_matrix(*pair) @ query
            for k, key in enumerate(cells):
                slow[q, other, k] = (line @ key).abs() / line[:2].norm() <= width
    assert torch.equal(band, slow)
    assert 0.05 < (~band).double().mean() < 0.9


def test_what_the_geometry_allows_lies_in_the_band() -> None:
    """A point of the world is seen within the narrowest band, wherever it is."""
    poses, lenses = cameras()
    grid = Size(50, 30)
    fine = lenses.clone()
    fine[:, :2] *= 10
    generator = torch.Generator().manual_seed(0)
    for point in torch.rand(20, 3, generator=generator).double() * 2 + torch.tensor([-1, -1, 4]):
        pixels = []
        for pose, lens in zip(poses, fine, strict=True):
            seen = lens @ (pose[:3, :3] @ point + pose[:3, 3])
            pixels.append((seen[:2] / seen[2]).floor().long())
        if all(0 <= x < 50 and 0 <= y < 30 for x, y in pixels):
            query, key = (int(y) * 50 + int(x) for x, y in (pixels[0], pixels[2]))
            assert epipolar_band(poses, fine, grid, 0, 1.5)[query, 2, key]


def test_frames_of_one_place_allow_everything() -> None:
    poses, lenses = cameras(shift=0.0)
    assert epipolar_band(poses, lenses, GRID, 1, 0.1).all()
