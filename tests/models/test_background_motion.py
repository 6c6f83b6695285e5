"""Poses that tell how the background moves: by attention across frames, and as flow."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dynascene.body_pose import INDEX, JOINTS, BodyPose
from dynascene.imaging.skeleton_map import draw_skeleton
from dynascene.models.call import Call
from dynascene.models.conditioners import build_conditioner
from dynascene.models.conditioners.background_flow import FLOW, quadratic_basis
from dynascene.models.conditioners.background_motion import QUERIES_AND_KEYS
from dynascene.models.conditioners.pose_guider import skeleton_gain
from dynascene.models.diffusion.diffusion_loss import DiffusionLoss
from dynascene.models.diffusion.flow_loss import SMALL, flow_term
from dynascene.models.diffusion.noising import UniformSteps
from dynascene.models.injection import Injection, merge_injections
from dynascene.models.readers.added_states import AddedStates
from dynascene.models.sizes import MICRO
from dynascene.models.systems import SYSTEMS
from dynascene.types import Size

STEPS = torch.tensor([2, 500, 999])


@torch.no_grad()
def test_the_pose_reaches_attention_in_every_frame(build, wake, make_clip) -> None:
    """A pose in the last frame changes the first frame too: attention looks across frames."""
    denoiser = wake(build(("background_motion",)))
    clip, noisy = make_clip(), torch.randn(3, 3, 4, 5, 7)
    folds = clip.skeleton_folds.clone()
    folds[:, 2] += 3
    one, two = (
        denoiser(noisy, STEPS, c, motion=False).noise
        for c in (clip, clip.replace(skeleton_folds=folds))
    )
    assert (one - two)[:, 0].abs().max() > 1e-5


@torch.no_grad()
def test_queries_and_keys_are_those_of_all_frames(build, make_clip) -> None:
    denoiser = build(("background_motion",))
    value = denoiser(torch.randn(3, 3, 4, 5, 7), STEPS, make_clip(), probes=(QUERIES_AND_KEYS,))
    pair = value.probes[QUERIES_AND_KEYS]
    assert pair.shape == (2, 3, 2, 3 * 4, 8)  # 2×2 cells in the middle, 2 heads of 8


def test_states_are_added_in_their_layer_alone() -> None:
    states, own = torch.randn(6, 4, 5), torch.randn(2, 3, 4, 5)
    call = Call(injection=Injection(states={"a": (own, 2 * own)}), frames=3)
    torch.testing.assert_close(
        AddedStates("a", 1).merge_input(states, call), states + 2 * own.flatten(0, 1)
    )
    assert AddedStates("b", 0).merge_input(states, call) is states
    with pytest.raises(ValueError, match="several states"):
        merge_injections([call.injection, call.injection])


def test_the_basis_is_a_polynomial_of_the_place() -> None:
    basis = quadratic_basis(3, 5, like=torch.zeros(()))
    for row, y in enumerate((-2 / 3, 0.0, 2 / 3)):
        for column, x in enumerate((-0.8, -0.4, 0.0, 0.4, 0.8)):
            expected = torch.tensor([1, x, y, x * x, x * y, y * y])
            torch.testing.assert_close(basis[:, row, column], expected)


@torch.no_grad()
def test_the_first_frame_has_no_flow_and_others_follow_the_sequence(build, wake, make_clip) -> None:
    conditioner = wake(build(("background_flow",))).conditioners["background_flow"]
    folds = make_clip().skeleton_folds
    flow = conditioner.flow(folds)
    assert flow.shape == (3, 3, 2, 5, 7)
    assert not flow[:, 0].any()
    changed = folds.clone()
    changed[:, 0] += 1  # the frame before
    assert (conditioner.flow(changed)[:, 1] - flow[:, 1]).abs().max() > 1e-6
    injection = conditioner(make_clip(), torch.tensor([False, True, False]))
    torch.testing.assert_close(injection.probes[FLOW], flow)
    assert not injection.added[1].any()


def test_its_loss_is_the_end_point_error(build, wake, make_clip) -> None:
    denoiser, clip = wake(build(("foreground", "background_flow"))).train(), make_clip()
    truth = 0.1 * torch.randn(3, 3, 2, 5, 7)
    clip = clip.replace(background_flow=truth)
    loss = DiffusionLoss(
        noising=UniformSteps(drop_probability=0.0), terms=(flow_term(FLOW, weight=3.0),)
    )
    generators = [torch.Generator().manual_seed(seed) for seed in range(3)]
    losses = loss(denoiser, clip, torch.randn(3, 3, 4, 5, 7), generators)["background_flow"]
    flow = denoiser.conditioners["background_flow"].flow(clip.skeleton_folds)
    distance = (flow - truth).norm(dim=2)
    expected = 3 * distance.flatten(1).mean(dim=1)
    torch.testing.assert_close(losses, expected, atol=3 * SMALL, rtol=0)
    losses.sum().backward()
    assert denoiser.conditioners["background_flow"].coefficients.weight.grad.abs().max() > 0


@pytest.mark.parametrize("resolution", [Size(24, 12), Size(96, 54), Size(768, 432)])
def test_limbs_are_as_loud_in_small_frames_as_in_large_ones(resolution: Size) -> None:
    """Thinner than a pixel they are dim, and hardly told from black."""
    points = np.zeros((1, len(JOINTS), 2))
    points[0, INDEX["neck"]] = resolution.width / 2, 0.1 * resolution.height
    points[0, INDEX["right_hip"]] = resolution.width / 2, 0.9 * resolution.height
    visibility = np.zeros((1, len(JOINTS)))
    visibility[0, [INDEX["neck"], INDEX["right_hip"]]] = 1
    drawn = draw_skeleton(BodyPose(resolution, points, visibility), 0) / 255
    row = drawn[resolution.height // 2]
    size = replace(MICRO, resolution=resolution)
    # the limb's own width may fall into two pixels
    gain, thickness = skeleton_gain(size, limb_gain=True), max(1, resolution.height / 64)
    assert 0.8 < gain * row.max(axis=-1).sum() / thickness < 1.4


@pytest.mark.parametrize("system", ["animateanywhere", "disentangled"])
def test_a_configuration_tells_how_loud_skeletons_are(system: str, tiny) -> None:
    """Networks that were trained on skeletons as drawn go on reading them so."""
    network = SYSTEMS[system].composition(None)
    for name in {"pose_guider", "background_motion"} & network.conditioners.keys():
        options = dict(network.conditioners[name])
        assert build_conditioner(name, tiny, options).gain > 1.1
        del options["limb_gain"]
        assert build_conditioner(name, tiny, options).gain == 1
    if system == "animateanywhere":
        flow = SYSTEMS[system].composition("flow").conditioners["background_flow"]
        assert build_conditioner("background_flow", tiny, dict(flow)).gain > 1.1
        assert build_conditioner("background_flow", tiny, {}).gain == 1
