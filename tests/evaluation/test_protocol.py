"""What is judged, on which pixels, and that nobody sees the truth."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.evaluation.benchmarks import open_benchmark
from dynascene.evaluation.metrics import psnr
from dynascene.evaluation.protocol import EvaluationShot, Scores, evaluate, regions, score, to_bytes
from dynascene.evaluation.systems import Projection, SamplingSettings, Still, Trained, open_system
from dynascene.evaluation.table import gain, summary, tables
from dynascene.generation.weights import load_weights
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
    bare = replace(shot, batch=replace(shot.batch, guide_visibility=seen))
    assert np.isnan(score(bare.truth, bare)["revealed"]).all()
    assert not np.isnan(score(bare.truth, bare)["seen"].psnr)


def test_systems_do_not_see_the_truth_and_get_seeds_of_their_own(benchmark) -> None:
    seeds = []

    class Spy:
        name, weights, sampling = "spy", {}, {}

        def render(
            self, batch: Batch, seed: int, *, estimates: bool = True
        ) -> dict[str, np.ndarray]:
            assert batch.video is None
            seeds.append(seed)
            return {"spy": to_bytes(batch.scene_image.expand(3, -1, -1, -1) / 2 + 0.5)}

    scores = evaluate([Spy(), Still()], benchmark, 10, lambda *_: None)
    assert seeds == [10, 11, 12]
    for region in ("whole", "seen", "revealed"):
        own, other = (scores.values(row, region, "psnr") for row in ("spy", "still"))
        np.testing.assert_array_equal(own, other)


def test_the_benchmark_is_the_same_every_time_and_true(benchmark) -> None:
    one, two = benchmark[1], benchmark[1]
    assert np.array_equal(one.truth, two.truth)
    assert one.name == two.name != benchmark[2].name
    assert one.truth.shape == (3, 40, 64, 3)
    with pytest.raises(IndexError):
        benchmark[3]


def test_an_untrained_guided_model_scores_as_the_projection(
    benchmark, save_weights, tmp_path
) -> None:
    pipeline, sha256 = load_weights(save_weights(tmp_path / "tiny"))
    trained = Trained("tiny", pipeline, sha256, SamplingSettings(steps=2, samples=2))
    batch = benchmark[0].batch
    rows = trained.render(batch, 0)
    assert list(rows) == ["tiny", "tiny, network alone", "tiny, mean of 2", "tiny, one step"]
    guide = Projection().render(batch, 0)["projection"].astype(int)
    for name in ("tiny", "tiny, mean of 2", "tiny, one step"):
        assert np.abs(rows[name] - guide).max() <= 1
    assert np.abs(rows["tiny, network alone"] - guide).max() > 20  # an untrained autoencoder
    quick = trained.render(batch, 0, estimates=False)
    assert list(quick) == ["tiny", "tiny, network alone"]
    assert np.array_equal(quick["tiny"], rows["tiny"])


def test_the_framed_still_is_the_guides_first_frame_held(benchmark) -> None:
    batch = benchmark[0].batch
    rows = Still().render(batch, 0)
    guide = Projection().render(batch, 0)["projection"]
    assert list(rows) == ["still", "still, framed"]
    for frame in rows["still, framed"]:
        np.testing.assert_array_equal(frame, guide[0])
    assert not np.array_equal(rows["still"][0], guide[0])


def test_procedural_benchmarks_say_so(benchmark, monkeypatch) -> None:
    assert "procedural" in benchmark.name
    monkeypatch.setattr(type(benchmark._shots.library), "photographic", property(lambda _: True))
    assert benchmark.name == "synthetic:test of photographs"


def test_samples_differ_and_their_mean_lies_between(benchmark, save_weights, tmp_path) -> None:
    weights = save_weights(tmp_path / "tiny", guide=False, awake=True)
    system = open_system(str(weights), SamplingSettings(steps=2, samples=2))
    assert system.name == "tiny"
    batch = benchmark[0].batch
    rows = system.render(batch, 3)
    assert "tiny, one step" not in rows  # ε at the noisiest step says little of the clean frames
    assert "tiny, network alone" not in rows  # without a guide there is no other
    second = system.render(batch, 3 + 1_000_003)["tiny"]
    assert not np.array_equal(rows["tiny"], second)
    mean = (rows["tiny"].astype(float) + second) / 2
    assert np.abs(rows["tiny, mean of 2"] - mean).max() <= 1


def filled_scores() -> Scores:
    scores, shot = Scores(), small_shot()
    for index in range(3):
        scores.clips.append(f"clip {index}")
        scores.add("still", score(shot.truth ^ 64, shot))
        scores.add("better", score(shot.truth ^ (4 + index), shot))
    return scores


def test_gains_are_paired() -> None:
    scores = filled_scores()
    values = [scores.values(row, "whole", "psnr") for row in ("better", "still")]
    assert gain(scores, "better", "psnr").mean == pytest.approx((values[0] - values[1]).mean())
    assert gain(scores, "still", "psnr")[:3] == (0, 0, 0)


def test_tables_and_figures_say_the_same() -> None:
    scores = filled_scores()
    figures = summary(scores, {})
    made = tables(scores, {})
    assert [table.title for table in made] == ["PSNR, dB", "SSIM"]
    row = next(row for row in made[0].rows if row[0] == "better")
    assert row[1].startswith(f"{figures['systems']['better']['psnr']['whole']['mean']:.2f} [")
    assert len(figures["clips"]) == 3
    assert figures["systems"]["better"]["psnr"]["gain_over_still"]["low"] > 0


@pytest.mark.parametrize(
    ("text", "clips", "frames", "message"),
    [
        ("folder", 3, 24, "no such benchmark"),
        ("synthetic:dev", 3, 24, "split must be one of train, val, test"),
        ("synthetic", 0, 24, "--clips 0"),
        ("synthetic", 3, 1, "--frames 1"),
    ],
)
def test_benchmarks_that_are_not(text: str, clips: int, frames: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_benchmark(text, clips, 0, frames)


def test_systems_that_are_not() -> None:
    with pytest.raises(InputError, match="is no system: give still, projection, small"):
        open_system("motionless", SamplingSettings())
    with pytest.raises(InputError, match="--samples 0"):
        SamplingSettings(samples=0)
