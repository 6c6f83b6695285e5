"""The camera gap: what obeys, what stands still, and what only moves with the rays."""

import json
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as nnf
from torch import Tensor
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from dynascene.errors import InputError
from dynascene.evaluation.ablations import Shuffled
from dynascene.evaluation.benchmarks import benchmark_split
from dynascene.evaluation.camera_fit import fitting_size, tried_shares
from dynascene.evaluation.flow import mean_flow, obeys
from dynascene.evaluation.gap import (
    ClipGaps,
    Rendered,
    StillFollower,
    clip_gaps,
    fit_error,
    gap_figures,
    joined_gaps,
    measure_gaps,
    of_moves,
    render_tracks,
    shuffled_clip,
    shuffled_order,
)
from dynascene.evaluation.gap_job import GapRequest, run_gap
from dynascene.evaluation.gap_systems import SampledFollower, further_inputs, untrained
from dynascene.evaluation.systems import Projection, Still, Trained
from dynascene.generation.weights import load_weights
from dynascene.geometry.rays import track_rays
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.jobs.log import Log
from dynascene.models.autoencoders import SpaceToDepth
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.models.sizes import MICRO
from dynascene.models.systems import SYSTEMS
from dynascene.synthetic.shots.moved_clips import MovedClips, moved_clips
from dynascene.synthetic.shots.moved_shots import MovedShots, TrueViews
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.types import Batch, CameraTrack, Size

SIZE, FRAMES = Size(96, 48), 4


@pytest.fixture(autouse=True)
def procedural(monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)


PANS = (0, 4, 8, 12)


@pytest.fixture(scope="module")
def shots() -> MovedShots:
    """Clips seen from the first frame, so that a picture and its camera tell all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
        worlds = {"turn": 1.0, "stage": 1e-9}
        return MovedShots(
            ShortShots("test", SIZE, FRAMES, worlds=worlds, person_share=0.0, own_view_share=1.0)
        )


@pytest.fixture(scope="module")
def pans(shots: MovedShots) -> MovedClips:
    return moved_clips([shots[index] for index in PANS])


@pytest.fixture(scope="module")
def views(shots: MovedShots) -> list[TrueViews]:
    """Of the pans' places."""
    return [shots.true_views(index, tried_shares(), fitting_size(SIZE)) for index in PANS]


class Follower:
    """Frames from a function of each frame's rays in the scene picture's axes."""

    name, weights, sampling = "made up", {}, {}

    def frames(self, clip: Batch, seed: int) -> Tensor:
        return torch.stack([self.clip(clip, index) for index in range(len(clip))])

    def clip(self, clip: Batch, index: int) -> Tensor:
        rays = track_rays(
            CameraTrack(clip.cam_from_world[index], clip.intrinsics[index], clip.size)
        )
        to_picture = clip.cam_from_world.new_tensor(self.picture_pose[index][:3, :3])
        return self.painted(clip, index, rays.directions.double() @ to_picture.mT)


class Warping(Follower):
    """The oracle of a turning camera: the scene picture, looked up where each ray goes."""

    def __init__(self, moved: MovedClips) -> None:
        self.picture_pose = moved.clip.cam_from_world[:, 0]  # the first frame is the picture

    def painted(self, clip: Batch, index: int, directions: Tensor) -> Tensor:
        pixels = directions @ clip.intrinsics[index, 0].double().mT
        pixels = pixels[..., :2] / pixels[..., 2:]
        grid = pixels / pixels.new_tensor(clip.size) * 2 - 1
        picture = (clip.scene_image[index] / 2 + 0.5).double().expand(FRAMES, -1, -1, -1)
        warped = nnf.grid_sample(picture, grid, padding_mode="border", align_corners=False)
        return warped.float()


class Locked(Follower):
    """Any pattern that is locked to the rays: it moves rightly and shows nothing of the place."""

    def __init__(self, moved: MovedClips) -> None:
        self.picture_pose = moved.clip.cam_from_world[:, 0]

    def painted(self, clip: Batch, index: int, directions: Tensor) -> Tensor:
        x, y, z = directions.unbind(-1)
        azimuth, height = torch.atan2(x, z), y / z
        pattern = (23 * azimuth).sin() * (17 * height).cos() * 0.2 + 0.5
        return pattern[:, None].expand(-1, 3, -1, -1).float()


def gaps_of(system, moved: MovedClips, views: list[TrueViews]) -> ClipGaps:
    return measure_gaps([system], [moved], views.__getitem__, 0)[system.name]


def test_points_are_shuffled_as_cameras_are(pans: MovedClips) -> None:
    points = torch.rand(len(pans.clip), FRAMES, 50, 5)
    clip = pans.clip.replace(points=points)
    shuffled, order = shuffled_clip(clip), shuffled_order(FRAMES)
    assert torch.equal(shuffled["points"], points[:, order])
    assert torch.equal(shuffled.cam_from_world, clip.cam_from_world[:, order])
    assert torch.equal(shuffled.matte, clip.matte)


def test_who_is_told_points_is_told_the_opposite_ones_too() -> None:
    """A fresh network, every part of which speaks, makes other frames along the opposite track
    where points tell it; AnimateAnywhere is told nothing of the track."""
    followers = {}
    for name in ("disentangled", "animateanywhere"):
        denoiser = SYSTEMS[name].denoiser(MICRO).eval()
        encoder = SmallImageEncoder(MICRO.token_width).eval()
        scheduler = ddim_scheduler(denoiser.quantity, denoiser.schedule)
        pipeline = DynaScenePipeline(SpaceToDepth(), encoder, denoiser, scheduler, 2, 1.0)
        pipeline.set_progress_bar_config(disable=True)
        followers[name] = SampledFollower(name, pipeline)
    inputs = further_inputs(followers.values())
    assert inputs == {"skeleton", "character", "points"}
    assert further_inputs([followers["animateanywhere"]]) == {"skeleton", "character"}
    size, frames = MICRO.resolution, MICRO.frames
    clips = ShortShots("test", size, frames, person_share=0.0, inputs=inputs)
    moved = moved_clips([MovedShots(clips)[0]])
    for name, is_told in (("disentangled", True), ("animateanywhere", False)):
        rendered = render_tracks(followers[name], moved, 0)
        assert torch.equal(rendered.true, rendered.opposite) is not is_told
        assert torch.equal(rendered.true, rendered.shuffled) is not is_told


def test_gaps_by_hand() -> None:
    truth = torch.zeros(2, 2, 3, 2, 2)
    judged = torch.ones(2, 2, 1, 2, 2)
    seen = judged.clone()
    seen[:, 1] = 0
    clip: MovedClips = MovedClips(None, None, truth, judged, seen)  # ty: ignore[invalid-argument-type]

    def off_by(first: float, second: float) -> Tensor:
        return torch.tensor([first, second])[None, :, None, None, None].expand(2, 2, 3, 2, 2)

    rendered = Rendered(off_by(0.01, 0.1), off_by(0.1, 0.1), off_by(1.0, 1.0))
    dark, light = torch.zeros(3, 2, 2), torch.ones(3, 2, 2)
    place = TrueViews(torch.stack([light, dark]), torch.tensor([1.0, 0.25]).double(), 20.0)
    gaps = clip_gaps(rendered, clip, [place, place])
    true = -10 * math.log10((1e-4 + 1e-2) / 2)
    np.testing.assert_allclose(gaps.psnr, [true, true], rtol=1e-5)
    np.testing.assert_allclose(gaps.seen, [40, 40], rtol=1e-5)
    np.testing.assert_allclose(gaps.opposite, [true - 20] * 2, rtol=1e-4)
    np.testing.assert_allclose(gaps.shuffled, [true] * 2, rtol=1e-5)
    # both frames are dark, as a quarter of the way shows the place; the second one is the last
    np.testing.assert_allclose(gaps.share, [0.75] * 2)
    np.testing.assert_allclose(gaps.degrees, [15] * 2)


def test_figures_by_hand() -> None:
    values = np.array([4.0, 0.4, 0.6, np.nan])
    gaps = ClipGaps(*[values] * 6)
    figures = gap_figures(gaps, ["a", "b", "c", "d"])
    assert figures.opposite.mean == pytest.approx(5 / 3)
    assert figures.obeyed.mean == pytest.approx(2 / 3)  # more than half a decibel
    assert figures.obeyed.clips == 3
    assert figures.opposite.low < 5 / 3 < figures.opposite.high
    some, chosen = of_moves(gaps, ["pan", "tilt", "pan", "tilt"], "pan")
    assert list(some.psnr) == [4.0, 0.6]
    assert list(chosen) == [True, False, True, False]
    assert len(joined_gaps([gaps, some]).psnr) == 6


def test_no_frame_keeps_its_camera_when_shuffled() -> None:
    for frames in (2, 3, 8):
        order = shuffled_order(frames)
        assert sorted(order) == list(range(frames))
        assert all(frame != other for frame, other in enumerate(order))


def test_the_truth_fits_the_camera_that_is_told(shots: MovedShots) -> None:
    for index in range(4):
        views = shots.true_views(index, tried_shares(), fitting_size(SIZE))
        shot = shots[index].shot
        frames = shot.background / 2 + 0.5
        # of four frames the inner two lie between two of the shares that are tried
        assert fit_error(frames, torch.ones_like(frames[:, :1]), views) < 0.01, index
        exact = shots.true_views(index, torch.linspace(0, 1, 4).double(), SIZE)
        torch.testing.assert_close(exact.colours, frames, atol=2e-5, rtol=0)
        assert fit_error(frames, torch.ones_like(frames[:, :1]), exact) < 1e-6


def test_frames_of_another_camera_fit_that_one(shots: MovedShots) -> None:
    for index in range(2):  # a pan and a tilt
        views = shots.true_views(index, tried_shares(), fitting_size(SIZE))
        wrong = shots.true_views(index, torch.tensor([0, 0.2, -0.4, 1.25]).double(), SIZE)
        judged = torch.ones_like(wrong.colours[:, :1])
        off = np.mean([1 / 3 - 0.2, 2 / 3 + 0.4, 0.25])
        assert fit_error(wrong.colours, judged, views) == pytest.approx(off, abs=0.02)
        judged[2] = 0
        assert math.isnan(fit_error(wrong.colours, judged, views))


def test_views_stay_within_the_place() -> None:
    shots = MovedShots(ShortShots("test", SIZE, FRAMES, worlds={"stage": 1.0}, person_share=0.0))
    shares = torch.linspace(-60, 60, 13).double()
    views = shots.true_views(2, shares, Size(24, 12))
    assert 1 <= len(views.shares) < len(shares)
    assert 0 in views.shares
    assert math.isnan(views.degrees)


def test_a_warp_by_the_told_track_has_a_large_gap(pans: MovedClips, views) -> None:
    gaps = gaps_of(Warping(pans), pans, views)
    assert (gaps.share < 0.1).all()
    assert (gaps.opposite > 3).all()
    assert (gaps.shuffled > 1).all()
    assert (gaps.seen > gaps.psnr).all()


def test_a_still_picture_has_none(pans: MovedClips, views) -> None:
    gaps = gaps_of(StillFollower(), pans, views)
    # it is the first frame, and the others should be a third, two thirds and all of the move away
    np.testing.assert_allclose(gaps.share, 2 / 3, atol=0.01)
    np.testing.assert_allclose(gaps.degrees, gaps.share * [each.degrees for each in views])
    assert list(gaps.opposite) == [0] * 4
    assert list(gaps.shuffled) == [0] * 4


def test_a_pattern_locked_to_the_rays_fools_the_flow_and_not_the_gap(
    pans: MovedClips, views
) -> None:
    fake, oracle = Locked(pans), Warping(pans)
    gaps = gaps_of(fake, pans, views)
    assert abs(gaps.opposite.mean()) < 0.5
    for system in (fake, oracle):
        obeyed = []
        for index in range(4):
            rendered = render_tracks(system, pans, 0)
            one, other = (
                mean_flow(bytes_from_tensor(x[index]), np.ones((FRAMES, 48, 96), bool))[0]
                for x in (rendered.true, rendered.opposite)
            )
            obeyed.append(obeys(max(one, other), min(one, other)) and one * other < 0)
        assert sum(obeyed) >= 3


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    pipeline = DynaScenePipeline(
        SpaceToDepth(), SmallImageEncoder(MICRO.token_width),
        SYSTEMS["dynascene"].denoiser(MICRO, "open"), ddim_scheduler(), 2, 1.0,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("micro") / "weights"
    pipeline.save_pretrained(folder)
    return folder


def test_a_measurement_writes_a_folder_of_results(weights, tmp_path) -> None:
    systems = [Trained("mine", load_weights(weights))]
    tables = run_gap(GapRequest(systems, "synthetic:val", 4), tmp_path / "out", Log())
    assert [table.title for table in tables][:2] == ["Camera gap, dB", "Camera gap, dB: pan"]
    assert [row[0] for row in tables[0].rows] == [
        "still", "mine, untrained", "mine", "mine, estimate",
    ]  # fmt: skip
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert [clip["move"] for clip in metrics["gap"]["mine"]["clips"]] == [
        "pan", "tilt", "dolly", "truck",
    ]  # fmt: skip
    assert metrics["gap"]["still"]["opposite"]["mean"] == 0
    assert (tmp_path / "out" / "sheet.png").is_file()


def test_what_cannot_be_measured_is_refused(tmp_path) -> None:
    for system, message in (
        (Shuffled(Still()), "measures weights and the projection, not still:shuffled"),
        (Still(), "name a folder of weights too"),
        (Projection(), "name a folder of weights too"),
    ):
        with pytest.raises(InputError, match=message):
            run_gap(GapRequest([system], "synthetic", 4), tmp_path / "out", Log())
    with pytest.raises(InputError, match="at least 1"):
        GapRequest([], "synthetic", 0)
    with pytest.raises(InputError, match="rendered places are needed"):
        benchmark_split("re10k:folder")
    assert benchmark_split("synthetic") == "test"


def test_rows_of_one_name_are_refused(weights, tmp_path) -> None:
    loaded = load_weights(weights)
    for names in (("mine", "mine"), ("still",)):
        systems = [Trained(name, loaded) for name in names]
        with pytest.raises(InputError, match="two rows have the same name"):
            run_gap(GapRequest(systems, "synthetic:val", 4), tmp_path / "out", Log())


def test_the_untrained_network_has_other_weights_but_the_same_clip() -> None:
    """CLIP is never trained, so the row beside it reads pictures as well as the trained one."""
    torch.manual_seed(0)
    vision = CLIPVisionConfig(
        hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
        image_size=8, patch_size=4, projection_dim=MICRO.token_width,
    )  # fmt: skip
    for encoder in (SmallImageEncoder(MICRO.token_width), CLIPVisionModelWithProjection(vision)):
        denoiser = SYSTEMS["actanywhere"].denoiser(MICRO)
        pipeline = DynaScenePipeline(SpaceToDepth(), encoder, denoiser, ddim_scheduler(), 2, 1.0)
        fresh = untrained(SampledFollower("mine", pipeline)).pipeline
        assert (fresh.denoiser.unet.conv_in.weight != denoiser.unet.conv_in.weight).any()
        assert (fresh.image_encoder is encoder) is not isinstance(encoder, SmallImageEncoder)
