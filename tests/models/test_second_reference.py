"""Two reference conditioners in one denoiser: each has its own picture, features and gates."""

import pytest
import torch

from dynascene.models.backbone import attention_sites
from dynascene.models.conditioners import CONDITIONERS
from dynascene.models.conditioners.scene_reference import SceneReference
from dynascene.models.denoiser import Denoiser

STEPS = torch.tensor([2, 500, 999])
ONE, TWO = ("foreground", "scene_reference"), ("foreground", "scene_reference", "first_guide")


class FirstGuide(SceneReference):
    """Refers to the first frame of the guide."""

    reads = ("guide", "guide_visibility", "scene_tokens")

    def picture(self, clip):
        guide, visibility, tokens = clip.require(self.reads, self.name)
        return guide[:, 0], 1 - visibility[:, 0], tokens


@pytest.fixture(autouse=True)
def registry(monkeypatch) -> None:
    monkeypatch.setitem(CONDITIONERS, "first_guide", FirstGuide)


def noisy() -> torch.Tensor:
    return torch.randn(3, 3, 4, 5, 7, generator=torch.Generator().manual_seed(9))


@pytest.fixture
def denoisers(build, wake) -> tuple[Denoiser, Denoiser]:
    """Awake without the second reference, and the same with a fresh one."""
    without, both = wake(build(ONE)), build(TWO)
    both.load_state_dict({**both.state_dict(), **without.state_dict()})
    return without, both


@torch.no_grad()
def test_a_fresh_second_reference_is_silent(denoisers, make_clip) -> None:
    without, both = denoisers
    clip = make_clip()
    assert torch.equal(both(noisy(), STEPS, clip).noise, without(noisy(), STEPS, clip).noise)


def test_readers_stand_in_the_order_of_names(build) -> None:
    """However the conditions are ordered: a saved config sorts them."""
    for names in (TWO, TWO[::-1]):
        sites = attention_sites(build(names).unet).values()
        orders = {tuple(reader.name for reader in site.readers) for site in sites if site.readers}
        assert orders == {("first_guide", "scene_reference")}


@torch.no_grad()
def test_each_reference_speaks_through_its_own_gates(denoisers, make_clip) -> None:
    _, both = denoisers
    references = [both.conditioners[name] for name in TWO[1:]]
    outputs = {}
    for gates in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)):
        for reference, gate in zip(references, gates, strict=True):
            reference.gates.fill_(gate)
        outputs[gates] = both(noisy(), STEPS, make_clip()).noise
    outputs = list(outputs.values())
    for k, one in enumerate(outputs):
        for two in outputs[:k]:
            assert (one - two).abs().max() > 1e-4


@torch.no_grad()
def test_the_injection_holds_the_features_of_both(denoisers, make_clip) -> None:
    _, both = denoisers
    clip = make_clip()
    reference = both.inject(clip, torch.tensor([False, True, False])).reference
    assert set(reference) == set(TWO[1:])
    for name, (blocks, present, everywhere) in reference.items():
        conditioner = both.conditioners[name]
        assert not everywhere
        assert present.tolist() == [True, False, True]  # the second one is dropped
        assert len(blocks) == len(conditioner.gates)
        for block, features, project in zip(
            blocks, conditioner.features(clip), conditioner.projections, strict=True
        ):
            assert torch.equal(block, project(features))
    assert not torch.equal(reference[TWO[1]].blocks[0], reference[TWO[2]].blocks[0])


def test_both_are_trained(denoisers, make_clip) -> None:
    _, both = denoisers
    both.open_gates()
    both(noisy(), STEPS, make_clip()).noise.square().mean().backward()
    for name in TWO[1:]:
        conditioner = both.conditioners[name]
        trained = {n: p.grad for n, p in conditioner.named_parameters() if p.requires_grad}
        assert all(gradient.abs().max() > 0 for gradient in trained.values()), name


@torch.no_grad()
def test_both_are_saved_and_loaded(denoisers, wake, make_clip, tmp_path) -> None:
    _, both = denoisers
    wake(both)
    both.save_pretrained(tmp_path)
    loaded = Denoiser.from_pretrained(tmp_path)
    state = loaded.state_dict()
    assert all(torch.equal(state[key], tensor) for key, tensor in both.state_dict().items())
    expected = both(noisy(), STEPS, make_clip()).noise
    torch.testing.assert_close(loaded(noisy(), STEPS, make_clip()).noise, expected)
