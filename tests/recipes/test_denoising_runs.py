"""The denoisers' recipes from the first step to a picture, with tiny networks on rendered shots."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_denoiser import TINY

from dynascene.errors import InputError
from dynascene.generation.weights import load_weights
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.latents import encode_clip
from dynascene.models.small import small_autoencoder
from dynascene.models.systems import SYSTEMS
from dynascene.recipes import find_recipe
from dynascene.recipes.bundled import load_autoencoder
from dynascene.recipes.export import export_run
from dynascene.recipes.start import starting_point
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.training.journal import read_log
from dynascene.training.run import Settings
from dynascene.training.trainer import train
from dynascene.training_batch import collate

STEPS = 4


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """settings(name): of runs that share a cache of clips and an autoencoder."""
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    for name, system in SYSTEMS.items():
        tiny = tuple(
            replace(training, size=TINY, lengths=(2, 3), clip_size=None)
            for training in system.rendered
        )
        monkeypatch.setitem(SYSTEMS, name, replace(system, rendered=tiny))
    monkeypatch.setattr("dynascene.recipes.rendered.WHOLE_SHOTS", (1, 2))
    monkeypatch.setattr("dynascene.recipes.rendered.PLAIN_MOVES", (4, 2))
    torch.manual_seed(0)
    small_autoencoder(16).save_pretrained(tmp_path / "autoencoder" / "vae")

    def settings(name: str, **numbers) -> Settings:
        return Settings(
            **numbers,
            out=tmp_path / name,
            autoencoder=tmp_path / "autoencoder",
            cache=tmp_path / "clips",
            steps=STEPS,
            batch=1,
        )

    return settings


def losses(folder: Path) -> list[float]:
    return [line["loss"] for line in read_log(folder) if "loss" in line]


@pytest.mark.parametrize(
    "name",
    [
        "dynascene.small",
        "dynascene.small_rays",
        pytest.param("dynascene.small_paper", marks=pytest.mark.long),
        pytest.param("actanywhere.small", marks=pytest.mark.long),
        pytest.param("cameractrl.small", marks=pytest.mark.long),
        pytest.param("motionctrl.small", marks=pytest.mark.long),
    ],
)
def test_a_run_goes_on_where_it_stopped_and_its_export_paints(name, settings, tmp_path) -> None:
    recipe = find_recipe(name)
    whole, halves = settings("whole"), settings("halves")
    train(recipe(whole), whole.out)
    train(recipe(halves), halves.out, until=STEPS // 2)
    train(recipe(halves), halves.out, workers=1)
    assert len(losses(whole.out)) >= 1
    assert losses(halves.out)[-1] == losses(whole.out)[-1]  # bit for bit

    card = export_run(halves.out, tmp_path / "weights")
    assert card["recipe"] == name
    assert "CPU" in card["hardware"] or "NVIDIA" in card["hardware"]
    for config in (tmp_path / "weights").rglob("*.json"):
        assert str(tmp_path) not in config.read_text()  # where the autoencoder came from
    pipeline, _ = load_weights(tmp_path / "weights")
    shot = SyntheticShots("val", TINY.resolution, 3)[0]
    frames = pipeline(collate([shot]).pixels, 2, generator=torch.Generator().manual_seed(0)).frames
    assert frames.shape == (1, 3, 3, TINY.resolution.height, TINY.resolution.width)
    assert frames.isfinite().all()
    assert frames.std() > 0


def test_one_step_goes_on_from_a_run_and_paints_without_noise(settings, tmp_path) -> None:
    first, second = settings("small"), settings("one_step", start=str(tmp_path / "small"))
    train(find_recipe("dynascene.small")(first), first.out)
    recipe = find_recipe("dynascene.small_one_step")
    train(recipe(second), second.out)
    card = export_run(second.out, tmp_path / "weights")
    assert card["starts_from"] == f"dynascene.small after {STEPS} steps"
    pipeline, _ = load_weights(tmp_path / "weights")
    assert pipeline.sampling(None, None) == (1, 1.0)
    batch = collate([SyntheticShots("val", TINY.resolution, 3)[0]]).pixels
    frames = [
        pipeline(batch, generator=torch.Generator().manual_seed(seed)).frames for seed in (0, 1)
    ]
    torch.testing.assert_close(*frames, rtol=0, atol=0)  # a single step starts from no noise


def test_shared_rays_are_examined_on_plain_moves_and_grow(settings, tmp_path) -> None:
    first, second = settings("rays"), settings("rays_256", start=str(tmp_path / "rays"))
    train(find_recipe("dynascene.small_rays")(first), first.out)
    train(find_recipe("dynascene.small_rays_256")(second), second.out)
    ends = [
        next(line for line in read_log(folder)[::order] if "examined_gap_sample" in line)
        for folder, order in ((first.out, -1), (second.out, 1))
    ]
    assert ends[0]["step"] == STEPS
    assert ends[1]["step"] == 0
    del ends[0]["step"], ends[1]["step"]
    assert ends[0] == pytest.approx(ends[1], abs=0.05)  # it goes on where the first one stopped


def test_shared_rays_learn_on_small_frames_without_a_guide_and_are_for_larger_ones(
    tmp_path,
) -> None:
    trainings = {t.name: t for t in SYSTEMS["dynascene"].rendered}
    small, grown = trainings["small_rays"], trainings["small_rays_256"]
    assert "guide" not in SYSTEMS["dynascene"].inputs(small.variant)
    assert small.size == grown.size
    assert small.size.resolution == (256, 144)
    sizes = [
        find_recipe(f"dynascene.{name}")(Settings(out=tmp_path, start="x")).samples().clips.size
        for name in ("small_rays", "small_rays_256")
    ]
    assert sizes == [(128, 72), (256, 144)]


def test_rays_are_added_silently_to_weights_without_them(settings, tmp_path) -> None:
    system = SYSTEMS["dynascene"]
    trainings = {t.name: t for t in system.rendered}
    first = settings("small")
    train(find_recipe("dynascene.small")(first), first.out)
    start = str(first.out)
    plain = system.denoiser(TINY, "guided")
    starting_point(system, plain, start, first.autoencoder)
    with_rays = system.denoiser(TINY, "guided_rays")
    added = trainings["small_guided_rays"].added
    starting_point(system, with_rays, start, first.autoencoder, added)
    batch = collate([SyntheticShots("val", TINY.resolution, 3)[0]]).pixels
    vae = load_autoencoder(first.autoencoder)
    clip = encode_clip(batch, vae, SmallImageEncoder(TINY.token_width))
    # the two differ in where rays begin, so the track is one that begins at the picture
    clip = clip.replace(
        scene_cam_from_world=clip.cam_from_world[:, 0], scene_intrinsics=clip.intrinsics[:, 0]
    )
    noisy, steps = torch.randn_like(clip.foreground), torch.tensor([500])
    with torch.no_grad():
        torch.testing.assert_close(
            with_rays(noisy, steps, clip).value, plain(noisy, steps, clip).value
        )
    with pytest.raises(InputError, match="ray_convolution"):
        starting_point(system, with_rays, start, first.autoencoder, added[:2])
