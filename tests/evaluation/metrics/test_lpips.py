"""LPIPS: the formula against another implementation, the layouts against published shapes."""

import numpy as np
import pytest
import torch
from wave_networks import pictures, wave_lpips

from dynascene.errors import InputError
from dynascene.evaluation.metrics import lpips
from dynascene.evaluation.metrics.lpips import BACKBONES, Lpips, head_weights

RNG = np.random.default_rng(5)
# of the pictures and weights below, computed with torchmetrics 1.9.0 and lpips 0.1.4, which agree
REFERENCE = {
    "alex": [0.1130360, 0.2229541],
    "vgg": [0.2157758, 0.1951937],
    "squeeze": [0.2387684, 0.2989432],
}
PARAMETERS = {"alex": 2_469_696, "vgg": 14_714_688, "squeeze": 722_496}  # torchvision's features


@pytest.fixture(scope="module")
def alex() -> Lpips:
    return wave_lpips("alex")


@pytest.mark.parametrize("name", BACKBONES)
def test_distances_are_those_of_other_implementations(name: str) -> None:
    values = wave_lpips(name).distances(pictures(0.5), pictures(1.1))
    np.testing.assert_allclose(values, REFERENCE[name], atol=1e-5)


@pytest.mark.parametrize("name", BACKBONES)
def test_backbones_have_the_published_size(name: str) -> None:
    backbone = BACKBONES[name]()
    assert sum(p.numel() for p in backbone.parameters()) == PARAMETERS[name]
    with torch.no_grad():
        outputs = backbone(torch.zeros(1, 3, 64, 64))
    assert tuple(output.shape[1] for output in outputs) == backbone.widths


def test_equal_pictures_are_0_apart_and_order_does_not_matter(alex: Lpips) -> None:
    one, two = pictures(0.5), pictures(1.1)
    assert alex.distances(one, one).tolist() == [0, 0]
    np.testing.assert_allclose(alex.distances(one, two), alex.distances(two, one), rtol=1e-6)


def test_more_noise_is_farther(alex: Lpips) -> None:
    truth = pictures(0.5)
    noise = RNG.normal(0, 1, truth.shape)
    values = [
        alex.distances(np.clip(truth + level * noise, 0, 255).astype(np.uint8), truth).mean()
        for level in (2, 8, 32)
    ]
    assert values == sorted(values)
    assert values[0] > 0


def test_frames_are_taken_one_by_one(alex: Lpips) -> None:
    one, two = (np.tile(pictures(phase), (6, 1, 1, 1)) for phase in (0.5, 1.1))  # 12: two batches
    values = alex.distances(one, two)
    np.testing.assert_allclose(values.reshape(6, 2), np.tile(values[:2], (6, 1)), rtol=1e-4)


def test_the_features_of_a_truth_are_computed_once(monkeypatch) -> None:
    network = wave_lpips("alex")
    read: list[int] = []
    features = Lpips._features
    monkeypatch.setattr(
        Lpips, "_features", lambda self, x: [read.append(len(x)), features(self, x)][1]
    )
    truth, other = pictures(0.5), pictures(0.7)
    values = [network.distances(pictures(phase), truth) for phase in (1.1, 1.3)]
    assert len(read) == 3  # the truth, and both clips
    network.distances(pictures(1.1), other)
    network.distances(pictures(1.1), truth)  # two truths are remembered
    assert len(read) == 6
    monkeypatch.setattr(lpips, "MOST_STORED", 0)
    fresh = wave_lpips("alex")
    again = [fresh.distances(pictures(phase), truth) for phase in (1.1, 1.3)]
    np.testing.assert_allclose(values, again, rtol=1e-5)


def test_small_frames_and_wrong_heads_are_refused(alex: Lpips) -> None:
    small = np.zeros((1, 24, 64, 3), np.uint8)
    with pytest.raises(InputError, match="below 32 pixels"):
        alex.distances(small, small)
    with pytest.raises(ValueError, match="heads of"):
        Lpips(BACKBONES["alex"](), [torch.ones(64)])
    with pytest.raises(InputError, match="no file of LPIPS heads"):
        head_weights({"lin0.weight": torch.ones(1, 64, 1, 1)}, 5, "alex.pth")
