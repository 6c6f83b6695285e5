"""What is judged, on which pixels, and that nobody sees the truth."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.evaluation.ablations import Filled, Shuffled, shuffled_camera
from dynascene.evaluation.benchmarks import open_benchmark
from dynascene.evaluation.clip_results import ClipTask
from dynascene.evaluation.features import Scattering
from dynascene.evaluation.figures import Figures
from dynascene.evaluation.judging import Judge
from dynascene.evaluation.measurements import evaluate
from dynascene.evaluation.protocol import EvaluationShot, ShotInputs, regions
from dynascene.evaluation.scores import TRUTH, Score, Scores
from dynascene.evaluation.systems import Projection, SamplingSettings, Still, Trained
from dynascene.evaluation.table import summary, tables
from dynascene.generation.weights import load_weights
from dynascene.imaging.clip_metrics import psnr
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.types import Batch


def small_shot() -> EvaluationShot:
    """Matte on the left third, a soft edge, the upper half revealed."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 256, (3, 24, 32, 3), np.uint8)
    matte = torch.zeros(1, 3, 1, 24, 32)
    matte[..., :10] = 1
    matte[..., 10] = 0.5
    seen = torch.ones_like(matte)
    seen[..., :12, :] = 0
    image = torch.zeros(1, 3, 3, 24, 32)
    batch = Batch(
        matte=matte,
        foreground=image,
        scene_image=torch.zeros(1, 3, 24, 32),
        scene_visibility=torch.ones(1, 1, 24, 32),
        cam_from_world=torch.eye(4).repeat(1, 3, 1, 1),
        intrinsics=torch.eye(3).repeat(1, 3, 1, 1),
        guide=image,
        guide_visibility=seen,
    )
    return EvaluationShot("shot", batch, truth)


def score(frames: np.ndarray, shot: EvaluationShot) -> dict[str, Score]:
    judge = Judge(shot, Scattering())
    return judge.scores(judge.judged(frames))


def test_regions_part_the_background() -> None:
    masks = regions(small_shot().batch)
    assert masks["whole"].sum() == 3 * 24 * 21  # the soft edge belongs to the person
    assert np.array_equal(masks["seen"] | masks["revealed"], masks["whole"])
    assert not (masks["seen"] & masks["revealed"]).any()
    assert masks["revealed"][:, :12, 11:].all()


def test_what_lies_behind_the_person_is_not_judged() -> None:
    shot = small_shot()
    frames = np.clip(shot.truth.astype(int) + 7, 0, 255).astype(np.uint8)
    painted = frames.copy()
    painted[:, :, :11] = 0
    assert score(painted, shot) == score(frames, shot)


def test_a_fault_counts_in_its_region_alone() -> None:
    shot = small_shot()
    frames = shot.truth ^ 8
    frames[:, 15, 20] ^= 128
    base, faulty = score(shot.truth ^ 8, shot), score(frames, shot)
    assert faulty["seen"].psnr < base["seen"].psnr
    assert faulty["revealed"].psnr == base["revealed"].psnr
    assert base["whole"].psnr == psnr(shot.truth ^ 8, shot.truth, regions(shot.batch)["whole"])


def test_a_region_too_small_has_no_score() -> None:
    shot = small_shot()
    seen = torch.ones_like(shot.batch.matte)
    seen[..., 0, 12] = 0
    bare = replace(shot, batch=shot.batch.replace(guide_visibility=seen))
    assert np.isnan(score(bare.truth, bare)["revealed"]).all()
    assert not np.isnan(score(bare.truth, bare)["seen"].psnr)


def test_systems_do_not_see_the_truth_and_get_seeds_of_their_own(benchmark) -> None:
    seeds = []

    class Spy:
        name, weights, sampling = "spy", {}, {}

        def render(
            self, inputs: ShotInputs, seed: int, *, estimates: bool = True
        ) -> dict[str, np.ndarray]:
            batch = inputs.batch
            assert "video" not in batch
            seeds.append(seed)
            return {"spy": bytes_from_tensor(batch.scene_image.expand(3, -1, -1, -1) / 2 + 0.5)}

    scores = evaluate(ClipTask([Spy(), Still()], 10, Scattering()), benchmark).scores
    assert seeds == [10, 11, 12]
    assert scores.places == [benchmark[index].place for index in range(3)]
    for region in ("whole", "seen", "revealed"):
        own, other = (scores.values(row, region, "psnr") for row in ("spy", "still"))
        np.testing.assert_array_equal(own, other)


def test_the_benchmark_is_the_same_every_time_and_true(benchmark) -> None:
    one, two = benchmark[1], benchmark[1]
    assert np.array_equal(one.truth, two.truth)
    assert one.name == two.name != benchmark[2].name
    assert one.truth.shape == (3, 40, 64, 3)
    assert one.name.endswith(one.place)
    with pytest.raises(IndexError):
        benchmark[3]


def test_an_untrained_guided_model_scores_as_the_projection(
    benchmark, save_weights, tmp_path
) -> None:
    weights = load_weights(save_weights(tmp_path / "tiny"))
    trained = Trained("tiny", weights, SamplingSettings(steps=2, samples=2))
    batch = benchmark[0].batch
    rows = trained.render(ShotInputs(batch), 0)
    assert list(rows) == ["tiny", "tiny, network alone", "tiny, mean of 2"]
    guide = Projection().render(ShotInputs(batch), 0)["projection"].astype(int)
    assert np.abs(rows["tiny"] - guide).max() <= 1
    assert np.abs(rows["tiny, network alone"] - guide).max() > 20  # an untrained autoencoder
    shown = regions(batch)["seen"]
    assert np.abs(rows["tiny, mean of 2"] - guide)[shown].mean() < 1  # up to the fade
    once = Trained("tiny", weights, SamplingSettings(steps=2)).render(ShotInputs(batch), 0)
    assert list(once) == ["tiny", "tiny, network alone", "tiny, one-step estimate"]
    quick = trained.render(ShotInputs(batch), 0, estimates=False)
    assert list(quick) == ["tiny", "tiny, network alone"]
    assert np.array_equal(quick["tiny"], rows["tiny"])


def test_the_framed_still_is_the_guides_first_frame_held(benchmark) -> None:
    batch = benchmark[0].batch
    rows = Still().render(ShotInputs(batch), 0)
    guide = Projection().render(ShotInputs(batch), 0)["projection"]
    assert list(rows) == ["still", "still, framed"]
    for frame in rows["still, framed"]:
        np.testing.assert_array_equal(frame, guide[0])
    assert not np.array_equal(rows["still"][0], guide[0])


def test_procedural_benchmarks_say_so(benchmark, monkeypatch) -> None:
    assert "procedural" in benchmark.name
    monkeypatch.setattr(type(benchmark._shots.library), "photographic", property(lambda _: True))
    assert benchmark.name == "synthetic:test of photographs"


def test_samples_differ_and_their_mean_lies_between(benchmark, save_weights, tmp_path) -> None:
    weights = load_weights(save_weights(tmp_path / "tiny", guide=False, awake=True))
    system = Trained("tiny", weights, SamplingSettings(steps=2, samples=2))
    batch = benchmark[0].batch
    rows = system.render(ShotInputs(batch), 3)
    assert "tiny, one-step estimate" not in rows  # ε there says little of the clean frames
    assert "tiny, network alone" not in rows  # without a guide there is no other
    second = system.render(ShotInputs(batch), 3 + 1_000_003)["tiny"]
    assert not np.array_equal(rows["tiny"], second)
    mean = (rows["tiny"].astype(float) + second) / 2
    assert np.abs(rows["tiny, mean of 2"] - mean).max() <= 1


def test_a_shot_without_a_place_is_one_of_its_own() -> None:
    assert small_shot().place == "shot"


def test_cells_of_a_region_do_not_see_beyond_the_reach() -> None:
    """Rubbish in the revealed left, far from the cells of the seen right, and behind the person."""
    rng = np.random.default_rng(1)
    shot = large_shot()
    judge = Judge(shot, Scattering())
    frames = shot.truth ^ 8
    spoilt = frames.copy()
    spoilt[:, :, :49] = rng.integers(0, 256, spoilt[:, :, :49].shape)  # 64 − the reach of 15
    spoilt[:, 40:, 100:] = 0  # the person
    one, two = (judge.cells(judge.judged(x)) for x in (frames, spoilt))
    assert one["seen"].count == two["seen"].count > 0
    for name in ("total", "outer", "squared"):
        np.testing.assert_allclose(
            getattr(one["seen"], name), getattr(two["seen"], name), rtol=1e-4, atol=1e-3
        )
    assert np.abs(one["revealed"].total - two["revealed"].total).max() > 1


def large_shot() -> EvaluationShot:
    """Seen from column 64 on; a person in the lower right corner."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 256, (2, 64, 128, 3), np.uint8)
    matte = torch.zeros(1, 2, 1, 64, 128)
    matte[..., 40:, 100:] = 1
    seen = torch.zeros_like(matte)
    seen[..., 64:] = 1
    batch = small_shot().batch.replace(
        matte=matte,
        foreground=torch.zeros(1, 2, 3, 64, 128),
        scene_image=torch.zeros(1, 3, 64, 128),
        scene_visibility=torch.ones(1, 1, 64, 128),
        cam_from_world=torch.eye(4).repeat(1, 2, 1, 1),
        intrinsics=torch.eye(3).repeat(1, 2, 1, 1),
        guide=torch.zeros(1, 2, 3, 64, 128),
        guide_visibility=seen,
    )
    return EvaluationShot("large", batch, truth, "wood")


def test_the_fill_in_the_denoisers_place_is_the_projection(benchmark, save_weights, tmp_path):
    trained = Trained("tiny", load_weights(save_weights(tmp_path / "tiny", awake=True)))
    filled = Filled(trained)
    assert filled.name == "tiny:fill"
    batch = benchmark[0].batch
    rows = filled.render(ShotInputs(batch), 0)
    assert list(rows) == ["tiny:fill", "tiny:fill, network alone"]
    guide = Projection().render(ShotInputs(batch), 0)["projection"].astype(int)
    assert np.abs(rows["tiny:fill"] - guide).max() <= 1
    once = replace(trained, settings=SamplingSettings(steps=1))
    sampled = once.render(ShotInputs(batch), 0)["tiny"]
    assert np.abs(sampled - guide).max() > 1


def test_without_a_guide_there_is_no_fill(save_weights, tmp_path) -> None:
    trained = Trained("tiny", load_weights(save_weights(tmp_path / "tiny", guide=False)))
    with pytest.raises(InputError, match="read no guide"):
        Filled(trained)


def test_a_shuffled_track_tells_every_frame_anothers_camera(benchmark) -> None:
    batch = benchmark[0].batch
    told = shuffled_camera(batch, 3)
    before, after = batch.cam_from_world[0], told.cam_from_world[0]
    same = (before[:, None] == after[None]).flatten(2).all(dim=2)
    assert torch.equal(same.sum(dim=0), torch.ones(len(before), dtype=torch.long))
    assert not same.diagonal().any()
    source = same.long().argmax(dim=0)
    assert batch.guide is not None
    assert told.guide is not None
    assert torch.equal(told.guide, batch.guide[:, source])
    assert torch.equal(told.foreground, batch.foreground)


def test_a_system_that_follows_its_track_loses_by_a_shuffled_one(benchmark) -> None:
    systems = [Still(), Projection(), Shuffled(Projection())]
    scores = evaluate(ClipTask(systems, 0, Scattering()), benchmark).scores
    figures = Figures(scores)
    values = summary(figures, {})["systems"]["projection"]
    assert values["psnr"]["minus_shuffled"]["mean"] > 1
    assert values["distance"]["minus_shuffled"]["mean"] < 0
    table = tables(figures, {})[-1]
    assert table.title == "True track minus shuffled track, whole"
    assert [row[0] for row in table.rows] == ["projection"]


def filled_scores(names: tuple[str, ...], clips: int = 3) -> Scores:
    """Every clip in a place of its own; the second row is nearer to the truth."""
    scores, rng = Scores(), np.random.default_rng(2)
    for index in range(clips):
        shot = large_shot()
        shot = replace(shot, truth=shot.truth // (index + 2), place=f"place {index}")
        judge = Judge(shot, Scattering())
        scores.clips.append(f"clip {index}")
        scores.places.append(shot.place)
        scores.add_cells(TRUTH, judge.true_cells())
        for row, strength in zip(names, (40, 8), strict=False):
            noise = rng.integers(0, strength + index, shot.truth.shape)
            judged = judge.judged((shot.truth + noise).astype(np.uint8))
            scores.add(row, judge.scores(judged))
            scores.add_cells(row, judge.cells(judged))
    return scores


@pytest.fixture(scope="module")
def figures() -> Figures:
    return Figures(filled_scores(("still", "projection")))


def test_differences_are_paired(figures: Figures) -> None:
    values = [figures.scores.values(row, "whole", "psnr") for row in ("projection", "still")]
    difference = figures.difference("psnr", "projection", "whole", "still")
    assert difference.mean == pytest.approx((values[0] - values[1]).mean())
    own = figures.estimate("psnr", "projection", "whole")
    assert difference.high - difference.low < own.high - own.low
    assert figures.difference("frechet", "still", "seen", "still")[:3] == (0, 0, 0)


@pytest.mark.parametrize("metric", ["frechet", "distance", "flicker"])
def test_noise_is_told_by_every_distance(figures: Figures, metric: str) -> None:
    difference = figures.difference(metric, "projection", "whole", "still")
    assert difference.high < 0  # less noise, smaller distances


def test_the_truth_itself_is_at_distance_zero() -> None:
    scores, shot = Scores(["clip"], ["place"]), large_shot()
    judge = Judge(shot, Scattering())
    scores.add_cells(TRUTH, judge.true_cells())
    scores.add("perfect", judge.scores(shot.truth))
    scores.add_cells("perfect", judge.cells(shot.truth))
    figures = Figures(scores)
    assert figures.estimate("distance", "perfect", "seen").mean == 0
    assert figures.estimate("frechet", "perfect", "whole").mean == pytest.approx(0, abs=1e-6)
    assert figures.estimate("flicker", "perfect", "whole").mean == 1


def test_tables_and_figures_say_the_same(figures: Figures) -> None:
    values, made = summary(figures, {}), tables(figures, {})
    assert [table.title for table in made[:2]] == [
        "PSNR, dB (higher is better)",
        "PSNR, dB: minus projection (higher is better)",
    ]
    assert len(made) == 10
    row = next(row for row in made[0].rows if row[0] == "projection")
    assert row[1].startswith(f"{values['systems']['projection']['psnr']['whole']['mean']:.2f} [")
    assert len(values["clips"]) == 3
    assert values["clips"][1]["place"] == "place 1"
    assert values["systems"]["projection"]["psnr"]["gain_over_still"]["low"] > 0
    minus = values["systems"]["still"]["frechet"]["minus_projection"]["whole"]
    assert minus["low"] > 0
    assert made[5].rows[0][1].startswith(f"{minus['mean']:+.2f} [")


def test_without_the_projection_there_are_no_differences_to_it() -> None:
    made = tables(Figures(filled_scores(("still", "better"), clips=1)), {})
    assert not [table for table in made if "projection" in table.title]


@pytest.mark.parametrize(
    ("text", "clips", "frames", "message"),
    [
        ("folder", 3, 24, "no such benchmark"),
        ("synthetic:dev", 3, 24, "split must be one of train, val, test"),
        ("synthetic", 0, 24, "`clips` 0"),
        ("synthetic", 3, 1, "`frames` 1"),
    ],
)
def test_benchmarks_that_are_not(text: str, clips: int, frames: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_benchmark(text, clips, 0, frames)


def test_settings_that_are_not() -> None:
    with pytest.raises(InputError, match="`samples` 0"):
        SamplingSettings(samples=0)
