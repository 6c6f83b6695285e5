"""A folding screen: rays meet its panels from the front, in order of distance."""

import math

import pytest
import torch

from dynascene.geometry.screen import Screen

FLAT = Screen(torch.tensor([[-1.0, 3.0], [1.0, 3.0]]).double(), 1.0)
# from the far left to a corner near the camera and away again
BENT = Screen(torch.tensor([[-3.0, 5.0], [0.0, 2.0], [3.0, 5.0]]).double(), 1.0)


def rays(shape: tuple[int, ...], seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    origins = 0.3 * torch.randn(*shape, 3, generator=generator).double()
    directions = torch.randn(*shape, 3, generator=generator).double()
    directions[..., 2] = 1 + directions[..., 2].abs()
    return origins, directions


@pytest.mark.parametrize("shape", [(), (2,), (3, 3)])
def test_a_flat_screen_is_an_upright_plane(shape: tuple[int, ...]) -> None:
    origins, directions = rays(shape)
    hits = FLAT.hit(origins, directions)
    expected = origins + ((3 - origins[..., 2]) / directions[..., 2])[..., None] * directions
    torch.testing.assert_close(hits, expected)


def test_every_hit_lies_on_the_ray_and_above_the_line() -> None:
    origins, directions = rays((200,))
    directions[:, 2] *= 4  # into the angle that the screen fills
    hits = BENT.hit(origins, directions)
    cross = torch.linalg.cross(hits - origins, directions)
    assert cross.abs().max() < 1e-9
    # z = 2 + |x| is the bent line, which goes on beyond its ends
    torch.testing.assert_close(hits[:, 2], 2 + hits[:, 0].abs())


def test_what_turns_its_back_is_not_seen() -> None:
    """From far on the left the right panel is behind the left one; past its end nothing is met."""
    beside = torch.tensor([-6.0, 0.0, 3.0]).double()
    towards_right_panel = torch.tensor([1.0, 4.0]) - torch.tensor([-6.0, 3.0])
    ray = torch.tensor([towards_right_panel[0], 0.0, towards_right_panel[1]]).double()
    hit = BENT.hit(beside, ray)
    assert hit[0] < 0  # on the left panel, which is nearer
    ahead = torch.tensor([0.0, 0.0, 1.0]).double()
    missed = BENT.hit(torch.tensor([0.0, 0.0, 9.0]).double(), ahead)
    assert missed[2] < 0  # behind the scene camera
    behind = FLAT.hit(torch.zeros(3).double(), torch.tensor([0.0, 0.0, -1.0]).double())
    assert behind[2] < 0


def test_points_in_front_of_it() -> None:
    points = torch.tensor([[0.0, 0.0, 1.9], [0.0, 0.0, 2.1], [2.0, 0.0, 3.9], [2.0, 0.0, 4.1]])
    assert BENT.contains(points.double()).tolist() == [True, False, True, False]
    assert not BENT.contains(points.double(), margin=0.2).any()


def test_values_follow_the_precision_of_the_rays() -> None:
    direction = torch.tensor([0.1, 0.2, 1.0])
    hit = FLAT.hit(torch.zeros(3), direction)
    assert hit.dtype == torch.float32
    assert math.isclose(float(hit[2]), 3, rel_tol=1e-6)
