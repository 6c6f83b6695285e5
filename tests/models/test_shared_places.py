"""Which place of the scene picture a cell shows, in a code that the picture shares."""

import pytest
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.point_rendering import grid_places
from dynascene.models.conditioners.background_flow import places_in_first, quadratic_terms
from dynascene.models.conditioners.place_code import with_presence
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.samplers import window_spans
from dynascene.models.guided_prediction import GuidedPrediction
from dynascene.models.injection import Injection
from dynascene.models.sizes import size_to_dict

STEPS = torch.tensor([2, 500, 999])
KEEP = torch.zeros(3, dtype=torch.bool)
POINTS = {
    "foreground": {},
    "scene_reference": {"gate": 1.0, "places": "point_motion"},
    "point_motion": {"places": True},
}
FLOW = {
    "foreground": {},
    "scene_image": {"places": "background_flow"},
    "background_flow": {"places": True},
}
networks = pytest.mark.parametrize("conditions", [POINTS, FLOW], ids=["points", "flow"])


@pytest.fixture
def fresh(tiny):
    """fresh(conditions): a denoiser of size tiny."""

    def fresh(conditions) -> Denoiser:
        torch.manual_seed(0)
        return Denoiser(size_to_dict(tiny), conditions).eval()

    return fresh


def noisy(frames: int = 3) -> Tensor:
    return torch.randn(3, frames, 4, 5, 7, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_a_cell_has_the_features_of_the_picture_that_it_shows(fresh, wake) -> None:
    """Frames that show the picture two cells to the right read its columns two to the right."""
    code = wake(fresh(POINTS)).conditioners["point_motion"].places
    own = grid_places(5, 7, like=torch.zeros(()))
    shift = torch.tensor([2 / 7, 0])[:, None, None]
    frame = code(torch.cat([torch.ones(1, 5, 7), own + shift])[None])
    picture = code.of_picture(torch.zeros(1, 4, 5, 7))
    torch.testing.assert_close(frame[..., :-2], picture[..., 2:])
    assert (frame - picture).abs().max() > 1e-3


@torch.no_grad()
@networks
def test_fresh_places_are_silent_and_awake_ones_speak(fresh, wake, make_clip, conditions) -> None:
    clip, denoiser = make_clip(), fresh(conditions)
    fresh_sample = denoiser(noisy(), STEPS, clip).noise
    for name, parameter in denoiser.named_parameters():
        if ".places." in name:
            parameter.add_(1)
    torch.testing.assert_close(denoiser(noisy(), STEPS, clip).noise, fresh_sample)
    awake = wake(fresh(conditions))
    told = awake(noisy(), STEPS, clip).noise
    field = "points" if conditions is POINTS else "skeleton_folds"
    other = clip.replace(**{field: clip[field].flip(0)})
    assert (told - awake(noisy(), STEPS, other).noise).abs().max() > 1e-4


@networks
def test_every_part_of_the_code_learns(fresh, wake, make_clip, conditions) -> None:
    denoiser = wake(fresh(conditions))
    denoiser(noisy(), STEPS, make_clip()).noise.square().sum().backward()
    for name, parameter in denoiser.named_parameters():
        if "place" in name:
            assert parameter.grad is not None, name
            assert parameter.grad.abs().max() > 0, name


@torch.no_grad()
@networks
def test_a_dropped_condition_tells_no_places(fresh, wake, make_clip, conditions) -> None:
    giver = list(conditions)[-1]
    conditioner, clip = wake(fresh(conditions)).conditioners[giver], make_clip()
    other = make_clip(seed=5)
    one, two = (conditioner(c, ~KEEP).added for c in (clip, other))
    torch.testing.assert_close(one, two)


def test_places_need_somebody_who_tells_them(fresh) -> None:
    with pytest.raises(InputError, match="point_motion tells no places in the picture"):
        fresh({**POINTS, "point_motion": {}})
    with pytest.raises(InputError, match="shared places are the scene picture's"):
        fresh({**POINTS, "character_reference": {"places": "point_motion"}})


# --- places by flow -------------------------------------------------------------------------------


def test_flows_that_are_even_add_up() -> None:
    flows = torch.zeros(1, 4, 2, 6)
    flows[0, :, 0, 0] = torch.tensor([9.0, 0.1, 0.2, 0.3])
    flows[0, :, 1, 0] = torch.tensor([9.0, -0.1, 0.0, 0.1])
    way = grid_places(2, 3, like=flows) - places_in_first(flows, 2, 3)[0]
    torch.testing.assert_close(way[:, 0, 0, 0], torch.tensor([0, 0.1, 0.3, 0.6]))
    torch.testing.assert_close(way[:, 1, 1, 2], torch.tensor([0, -0.1, -0.1, 0.0]))


def test_flows_are_followed_back_frame_by_frame() -> None:
    """One cell after the other: where it was in the frame before, and before that."""
    flows = 0.1 * torch.randn(2, 4, 2, 6, generator=torch.Generator().manual_seed(0))
    places = places_in_first(flows, 3, 5)
    grid = 2 * grid_places(3, 5, like=flows) - 1
    for clip, frame, row, column in ((0, 3, 2, 4), (1, 2, 0, 1), (1, 3, 1, 3), (0, 0, 2, 2)):
        place = grid[:, row, column]
        for earlier in range(frame, 0, -1):
            terms = quadratic_terms(place[0].clamp(-2, 2), place[1].clamp(-2, 2))
            place = place - 2 * flows[clip, earlier] @ terms
        torch.testing.assert_close(places[clip, frame, :, row, column], place / 2 + 0.5)


@torch.no_grad()
def test_windows_of_a_long_clip_count_from_its_beginning(fresh, wake, make_clip) -> None:
    """What a window is told is what the whole clip is told of these frames."""
    denoiser, clip = wake(fresh(FLOW)), make_clip(F=7)
    giver = denoiser.conditioners["background_flow"]
    whole = giver(clip, KEEP)
    alone = giver(clip.window(4, 7), KEEP).added
    assert (whole.added[:, 4:] - alone).abs().max() > 1e-4
    spans = window_spans(7, 3, 1)
    prediction = GuidedPrediction(denoiser, clip, spans, 1, batched=False)
    for (start, stop), injection in zip(spans, prediction.inject("conditional"), strict=True):
        own = denoiser.inject(clip.window(start, stop), KEEP, part="per_frame")
        own_part = denoiser.inject(clip, KEEP, part="per_clip").added
        expected = whole.added[:, start:stop] + own_part
        assert own.added is None
        torch.testing.assert_close(injection.added, expected)


def test_mixed_precision_leaves_summed_flows_alone() -> None:
    flows = 0.1 * torch.randn(2, 9, 2, 6, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        summed = places_in_first(flows, 3, 5)
    torch.testing.assert_close(summed, places_in_first(flows, 3, 5))


def test_places_far_from_the_picture_are_not_known() -> None:
    """A flow that goes on in one direction leaves the picture behind."""
    flows = torch.zeros(1, 9, 2, 6)
    flows[0, :, 0, 0] = -0.3
    rows = with_presence(places_in_first(flows, 2, 3))
    assert rows[0, :4, 0].all()
    assert not rows[0, 7:].any()


def test_only_what_is_summed_to_the_input_can_be_cut_into_windows() -> None:
    with pytest.raises(ValueError, match="cut into windows"):
        Injection(anchor=torch.zeros(1, 3, 4, 5, 7)).window(0, 2)
