"""Whether poses tell how the background moves, in numbers."""

import math
from dataclasses import replace

import pytest
import torch

from dynascene.errors import InputError
from dynascene.evaluation import walks
from dynascene.evaluation.walks import (
    attention_in_place,
    attention_outside,
    end_point_errors,
    fitting_shares,
    flow_errors,
    in_pixels,
    mean_motion,
    predicted_flow,
    with_poses_of,
)
from dynascene.geometry.epipolar_bands import epipolar_band
from dynascene.models.autoencoders import SpaceToDepth
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.models.sizes import MICRO
from dynascene.models.systems.animateanywhere import ANIMATEANYWHERE
from dynascene.synthetic.shots.moved_shots import MovedShots, TrueViews
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.training_batch import TrainingBatch, collate
from dynascene.types import Size

SIZE = Size(24, 12)


def test_a_flow_in_shares_is_counted_in_pixels() -> None:
    flow = torch.zeros(1, 3, 2, 2, 3)
    flow[:, 1:, 0], flow[:, 1:, 1] = 0.125, 0.25
    pixels = in_pixels(flow, Size(24, 12))
    assert end_point_errors(pixels, torch.zeros_like(pixels)).tolist() == [
        pytest.approx(math.hypot(3, 3))
    ]
    assert mean_motion(pixels).tolist() == [3.0]


def test_the_mean_flow_is_that_of_all_clips() -> None:
    truth = torch.zeros(2, 2, 2, 1, 1)
    truth[0, 1, 0], truth[1, 1, 0] = 4.0, -2.0
    errors = flow_errors(truth, truth.flip(0), truth)
    assert errors.network.tolist() == [0, 0]
    assert errors.shuffled.tolist() == [6, 6]
    assert errors.zero.tolist() == [4, 2]
    assert errors.mean.tolist() == [3, 3]


def test_the_truth_fits_its_own_share() -> None:
    torch.manual_seed(0)
    shares = torch.linspace(-1, 1, 5, dtype=torch.float64)
    views = TrueViews(torch.rand(5, 3, 4, 8), shares, math.nan)
    frames = torch.stack([views.colours[[2, 3]], views.colours[[2, 0]]])
    judged = torch.ones(2, 2, 1, 4, 8)
    judged[1, 1, :, :, 5:] = 0
    frames[1, 1, :, :, 5:] = 9.0  # where a person stands
    assert fitting_shares(frames, judged, [views, views]).tolist() == [0.5, -1.0]


@pytest.fixture(scope="module")
def batch() -> TrainingBatch:
    """Two clips whose cameras go up and down a road, and a person drawn in chalk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
        shots = ShortShots("val", SIZE, 3, worlds={"stage": 1.0}, person_share=0.0)
        moved = MovedShots(shots)
        clips = [moved[index].shot for index in (2, 3)]
    torch.manual_seed(0)
    drawn = [
        {"skeleton": torch.rand(3, 3, 12, 24), "character": torch.rand(3, 12, 24)} for _ in clips
    ]
    return collate([replace(c, inputs=d) for c, d in zip(clips, drawn, strict=True)])


def pipeline(variant: str | None = None) -> DynaScenePipeline:
    torch.manual_seed(0)
    denoiser = ANIMATEANYWHERE.denoiser(MICRO, variant)
    encoder = SmallImageEncoder(MICRO.token_width)
    scheduler = ddim_scheduler(denoiser.quantity, "zero_snr")
    return DynaScenePipeline(SpaceToDepth(2, 1.8), encoder, denoiser, scheduler).to("cpu")


@torch.no_grad()
def test_poses_of_other_clips_give_their_flow(batch: TrainingBatch) -> None:
    flowing, clip = pipeline("flow"), batch.pixels
    flow = predicted_flow(flowing, clip)
    assert flow.shape == (2, 3, 2, 6, 12)
    assert flow[:, 1:].abs().min() > 0
    torch.testing.assert_close(predicted_flow(flowing, with_poses_of(clip, [1, 0])), flow.flip(0))
    with pytest.raises(InputError, match="predict no flow"):
        predicted_flow(pipeline(), clip)


def test_attention_in_place_is_that_to_the_cells_around_in_other_frames(
    batch: TrainingBatch, monkeypatch
) -> None:
    """Queries and keys by hand: even attention, and each cell attending its own place alone."""
    frames, grid = batch.pixels.frames, Size(4, 3)
    cells = grid.width * grid.height
    even = torch.zeros(1, 2, frames * cells, cells)
    own = torch.eye(cells).repeat(frames, 1).expand_as(even) * 100
    shares = {}
    for name, states in (("even", even), ("own", own)):
        parts = walks.CrossFrames(states, states, grid)
        monkeypatch.setattr(walks, "cross_frames", lambda *rest, parts=parts: parts)
        (shares[name],) = attention_in_place(pipeline(), batch, 500, seed=0)
    # around 4 corners are 4 cells, around 6 cells of the edges 6, around the 2 inside 9
    around = (4 * 4 + 6 * 6 + 2 * 9) / cells**2
    assert shares["even"] == pytest.approx(around * (frames - 1) / frames)
    assert shares["own"] == pytest.approx((frames - 1) / frames)


@torch.no_grad()
def test_attention_that_is_even_lies_outside_as_cells_do(batch: TrainingBatch) -> None:
    outside, weak, even = attention_outside(pipeline(), batch, timestep=500, width=1.0, seed=0)
    for index, (poses, lenses) in enumerate(
        zip(batch.pixels.cam_from_world, batch.pixels.intrinsics, strict=True)
    ):
        lenses = torch.tensor([0.5, 0.5, 1.0])[:, None] * lenses
        bands = [epipolar_band(poses, lenses, Size(12, 6), frame, 1.0) for frame in range(3)]
        cells = 1 - torch.stack(bands).double().mean()
        assert even[index] == pytest.approx(float(cells), abs=1e-6)
        assert 0 < weak[index] < outside[index] < 1
        assert outside[index] != pytest.approx(even[index], abs=1e-4)
