import pytest
import torch

from dynascene.models.injection import Injection, Reference, merge_injections


def test_nothing_merges_to_nothing() -> None:
    assert merge_injections([]) == Injection()
    assert merge_injections([Injection(), Injection()]) == Injection()


def test_channels_keep_their_meaning() -> None:
    mask, guide = torch.zeros(3, 3, 1, 2, 2), torch.ones(3, 3, 4, 2, 2)
    parts = [Injection(channels={"generate_mask": mask}), Injection(channels={"guide": guide})]
    merged = merge_injections(parts).channels
    assert merged["generate_mask"] is mask
    assert merged["guide"] is guide
    with pytest.raises(ValueError, match="several input channels have the name 'guide'"):
        merge_injections([*parts, parts[1]])


def test_additions_are_summed() -> None:
    parts = [Injection(added=torch.full((1, 3, 2, 2, 2), float(v))) for v in (1, 2, 4)]
    assert merge_injections(parts).added.eq(7).all()


def test_clip_tokens_join_frame_tokens() -> None:
    clip, frames = torch.zeros(3, 1, 1, 5), torch.ones(3, 4, 2, 5)
    merged = merge_injections([Injection(tokens=clip), Injection(tokens=frames)]).tokens
    assert merged.shape == (3, 4, 3, 5)
    assert merged[:, :, 0].eq(0).all()
    assert merged[:, :, 1:].eq(1).all()


def test_tokens_of_clips_alone_stay_one_frame() -> None:
    parts = [Injection(tokens=torch.zeros(2, 1, n, 5)) for n in (1, 3)]
    assert merge_injections(parts).tokens.shape == (2, 1, 4, 5)


def test_every_conditioner_keeps_its_own_reference() -> None:
    """They may even be of different lengths and for different blocks."""
    everyone = torch.ones(3, dtype=torch.bool)
    one = Reference((torch.zeros(3, 6, 8), torch.zeros(3, 2, 16)), everyone)
    two = Reference((torch.ones(3, 5, 8),), everyone)
    parts = [Injection(reference={"scene": one}), Injection(reference={"before": two})]
    merged = merge_injections(parts).reference
    assert list(merged) == ["scene", "before"]
    assert merged["scene"] is one
    assert merged["before"] is two


def test_two_references_of_one_name_are_refused() -> None:
    tokens, everyone = torch.zeros(1, 1, 8), torch.ones(1, dtype=torch.bool)
    part = Injection(reference={"scene": Reference((tokens,), everyone)})
    with pytest.raises(ValueError, match="references have the name 'scene'"):
        merge_injections([part, part])


@pytest.mark.parametrize(
    "injection", [Injection(camera=(torch.zeros(1),)), Injection(anchor=torch.zeros(1))]
)
def test_a_clip_has_one_camera_and_one_anchor(injection: Injection) -> None:
    assert merge_injections([injection, Injection()]) == injection
    with pytest.raises(ValueError, match="a clip has one"):
        merge_injections([injection, injection])
