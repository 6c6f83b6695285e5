"""Training with fewer points than there are."""

from types import SimpleNamespace

import torch

from dynascene.training.masked_points import FEWEST, MaskedPoints


class Clips:
    def __getitem__(self, index: int) -> SimpleNamespace:
        return SimpleNamespace(points=torch.ones(3, 50, 5), video=torch.tensor(index))


def test_points_are_left_out_in_all_frames_of_a_clip() -> None:
    samples = MaskedPoints(Clips(), without=0.25, seed=0)
    counts = []
    for index in range(80):
        clip = samples[index]
        assert int(clip.video) == index
        visible = clip.points[..., 2]
        assert (visible == visible[:1]).all()
        assert (clip.points[..., [0, 1, 3, 4]] == 1).all()
        counts.append(int(visible[0].sum()))
    assert 0.1 < counts.count(0) / 80 < 0.45
    some = [count for count in counts if count]
    assert min(some) >= FEWEST
    assert max(some) > 40
    assert len(set(some)) > 15
    assert torch.equal(samples[7].points, MaskedPoints(Clips(), 0.25, 0)[7].points)


def test_nothing_is_left_out_of_what_is_stored() -> None:
    stored = SimpleNamespace(points=torch.ones(3, 50, 5))
    assert not MaskedPoints([stored], 1.0, 0)[0].points[..., 2].any()
    assert stored.points.min() == 1
