"""The person's region: exactly the pixels near the person, and black in the scene."""

import math

import torch

from dynascene.datasets.tasks.people import DILATION, PERSON_FROM, person_region, without_person


def slow_region(matte: torch.Tensor, radius: float) -> torch.Tensor:
    """Any person's pixel within the radius, pixel by pixel: [H, W]."""
    found = (matte > PERSON_FROM).nonzero().tolist()
    grown = torch.zeros(matte.shape, dtype=torch.bool)
    for y in range(matte.shape[0]):
        for x in range(matte.shape[1]):
            grown[y, x] = any(math.hypot(y - v, x - u) <= radius for v, u in found)
    return grown


def test_the_region_is_the_euclidean_dilation_frame_by_frame() -> None:
    matte = torch.zeros(3, 1, 17, 23)
    matte[0, 0, 8, 11] = 0.03
    matte[1, 0, 0, 0] = 1
    matte[1, 0, 12:15, 20] = 0.5
    region = person_region(matte, dilation=0.15)
    radius = 0.15 * math.hypot(17, 23)
    for frame, found in zip(matte, region, strict=True):
        assert torch.equal(found[0], slow_region(frame[0], radius))
    assert not region[2].any()  # nobody is there, and nobody's surroundings


def test_the_region_grows_with_the_frame() -> None:
    small, large = torch.zeros(1, 1, 30, 40), torch.zeros(1, 1, 90, 120)
    small[..., 15, 20] = large[..., 45, 60] = 1
    reach = [int(person_region(m, 0.1)[0, 0].any(dim=0).sum()) // 2 for m in (small, large)]
    assert reach == [5, 15]


def test_faint_noise_is_nobody() -> None:
    assert not person_region(torch.full((1, 9, 9), PERSON_FROM)).any()


def test_a_frame_full_of_a_person_leaves_nothing() -> None:
    scene, visibility = without_person(torch.rand(3, 9, 7), torch.ones(1, 9, 7))
    assert torch.all(scene == -1)
    assert torch.all(visibility == 0)


def test_off_the_region_the_picture_stays() -> None:
    picture, matte = torch.rand(3, 21, 35) * 2 - 1, torch.zeros(1, 21, 35)
    matte[..., 10, 5] = 0.6
    scene, visibility = without_person(picture, matte)
    region = person_region(matte, DILATION)
    assert torch.equal(visibility, 1 - region.float())
    assert torch.equal(scene, torch.where(region, torch.tensor(-1.0), picture))
