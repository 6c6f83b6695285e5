"""Size micro from nothing: a run on cached clips, stopped, resumed, exported and sampled."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.evaluation.gap_systems import follower
from dynascene.evaluation.protocol import ShotInputs
from dynascene.evaluation.systems import SamplingSettings, Trained
from dynascene.generation.weights import load_weights
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.models.autoencoders import SpaceToDepth
from dynascene.models.sizes import MICRO, at_resolution
from dynascene.models.systems import SYSTEMS
from dynascene.recipes import find_recipe, short_clips
from dynascene.recipes.export import export_run
from dynascene.recipes.rendered import rendered_run
from dynascene.recipes.start import starting_point
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.training import shot_cache
from dynascene.training.run import Settings
from dynascene.training.state import checkpoint_folders, load_checkpoint
from dynascene.training.trainer import train
from dynascene.training_batch import collate
from dynascene.types import Size

MICRO_RECIPES = {
    "dynascene.micro": "shared_rays",
    "dynascene.micro_paper": "open",
    "actanywhere.micro": "open",
    "actanywhere.micro_clean": "clean",
    "cameractrl.micro": "open",
    "cameractrl.micro_clean": "clean",
    "cameractrl.micro_shared_rays": "shared_rays",
    "motionctrl.micro": "open",
    "motionctrl.micro_clean": "clean",
    "motionctrl.micro_shared_rays": "shared_rays",
}


@pytest.fixture(autouse=True)
def quick(monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    monkeypatch.setattr(short_clips, "PLAIN_MOVES", 4)
    monkeypatch.setattr(short_clips, "Stock", lambda: shot_cache.Stock(first=4, uses=4))
    monkeypatch.setattr(shot_cache, "CLIPS_PER_FILE", 4)


@pytest.mark.parametrize(
    "name",
    [
        "dynascene.micro",
        pytest.param("dynascene.micro_paper", marks=pytest.mark.long),
        pytest.param("actanywhere.micro", marks=pytest.mark.long),
        "actanywhere.micro_clean",
        pytest.param("cameractrl.micro", marks=pytest.mark.long),
        pytest.param("cameractrl.micro_clean", marks=pytest.mark.long),
        "cameractrl.micro_shared_rays",
        "motionctrl.micro",
        pytest.param("motionctrl.micro_clean", marks=pytest.mark.long),
        pytest.param("motionctrl.micro_shared_rays", marks=pytest.mark.long),
    ],
)
def test_a_run_goes_on_and_its_weights_sample(name, tmp_path) -> None:
    settings = Settings(out=tmp_path / "run", steps=3, batch=2, worlds={"stage": 1.0})
    train(find_recipe(name)(settings), settings.out, until=2)
    train(find_recipe(name)(settings), settings.out)
    log = [json.loads(line) for line in (settings.out / "log.jsonl").read_text().splitlines()]
    examined = [line for line in log if "examined_gap_sample" in line]
    assert [line["step"] for line in examined] == [0, 2, 3]
    assert {"examined_psnr_still", "examined_obeyed_one_step"} <= examined[0].keys()

    card = export_run(settings.out, tmp_path / "weights")
    assert card["recipe"] == name
    system = SYSTEMS[name.split(".")[0]]
    assert card["paper"]["url"] == system.paper.url
    assert system.paper.title in (tmp_path / "weights" / "README.md").read_text()
    loaded = load_weights(tmp_path / "weights")
    assert isinstance(loaded.pipeline.vae, SpaceToDepth)
    assert loaded.pipeline.denoiser.size == MICRO
    assert loaded.pipeline.system is system
    shot = collate([SyntheticShots("val", MICRO.resolution, MICRO.frames)[0]]).pixels
    shot.matte[..., :6, :] = 1
    shot.foreground[..., :6, :] = torch.rand(shot.foreground[..., :6, :].shape) * 2 - 1
    person = bytes_from_tensor(shot.foreground[0] / 2 + 0.5)[:, :6]
    trained = Trained("it", loaded, SamplingSettings(steps=2))
    rows = trained.render(ShotInputs(shot), seed=0)  # as ``generate`` delivers them
    assert rows["it"].shape == (MICRO.frames, MICRO.resolution.height, MICRO.resolution.width, 3)
    gap = bytes_from_tensor(follower(trained).frames(shot, seed=0)[0])
    for frames in (rows["it"], gap):
        difference = np.abs(frames[:, :6].astype(int) - person).max()
        # Eq. 4: the latent is the person's own, and folded pixels are the pixels
        assert difference <= 1 if system.sampler_hooks else difference > 1

    denoiser = system.denoiser(MICRO, MICRO_RECIPES[name])
    starting_point(system, denoiser, str(settings.out), None)  # a run to go on from
    weights = denoiser.unet.conv_out.weight
    fresh = system.denoiser(MICRO, MICRO_RECIPES[name]).unet.conv_out.weight
    assert not torch.equal(weights, fresh)


@pytest.mark.parametrize("lineup", ["open", "shared_rays"])
def test_the_papers_stages_train_on_the_same_clips(lineup, tmp_path) -> None:
    cache = tmp_path / "clips"
    one = Settings(out=tmp_path / "one", cache=cache, steps=2, batch=3, worlds={"stage": 1.0})
    first = find_recipe(f"dynascene.micro.{lineup}.stage1")
    train(first(one), one.out)
    two = replace(one, out=tmp_path / "two", start=str(one.out))
    second = find_recipe(f"dynascene.micro.{lineup}.stage2")(two)
    train(second, two.out)
    assert len(list(cache.iterdir())) == 1  # one folder of clips
    begun, ended = (load_checkpoint(checkpoint_folders(s.out)[-1]) for s in (one, two))
    start = {**begun.weights, **begun.average}  # a second stage goes on from averaged weights
    changed = {name for name, w in ended.weights.items() if not torch.equal(w, start[name])}
    assert any("plucker_camera" in name for name in changed)
    assert all("motion_modules" in n or "plucker_camera" in n for n in changed)
    batch = second.collate([second.samples()[index] for index in range(6)])
    assert set(batch.tasks) <= {"video_background", "video_variation", "illumination"}
    assert batch.video.shape[1] == MICRO.frames
    single = first(one).samples()[0]
    assert single.video.shape[0] == 1
    with pytest.raises(InputError, match=re.escape(f"goes on from a run of {first(one).name}")):
        find_recipe(f"dynascene.micro.{lineup}.stage2")(replace(one, out=tmp_path / "none"))


def test_size_micro_has_its_own_autoencoder(tmp_path) -> None:
    settings = Settings(out=tmp_path, autoencoder=tmp_path)
    with pytest.raises(InputError, match=re.escape("`autoencoder`: size micro has its own")):
        find_recipe("dynascene.micro_paper")(settings).objective()


def test_short_clips_are_rendered_ones(tmp_path) -> None:
    with pytest.raises(InputError, match="clips"):
        find_recipe("dynascene.micro_paper")(Settings(out=tmp_path, clips=("films",)))


def test_a_grown_size_takes_the_weights_of_a_smaller_one() -> None:
    small, grown = (find_training(name) for name in ("micro", "micro_96"))
    weights = SYSTEMS["dynascene"].denoiser(small.size, small.variant).state_dict()
    SYSTEMS["dynascene"].denoiser(grown.size, grown.variant).load_state_dict(weights)
    assert grown.size.resolution == (96, 54)
    assert grown.size.frames == 8


@pytest.mark.parametrize(
    ("system", "name", "equal"),
    [
        ("cameractrl", "micro", "micro_paper"),
        ("cameractrl", "micro_clean", "micro"),
        ("cameractrl", "micro_shared_rays", "micro"),
        ("motionctrl", "micro", "micro_paper"),
        ("motionctrl", "micro_clean", "micro"),
        ("motionctrl", "micro_shared_rays", "micro"),
        ("actanywhere", "micro_clean", "micro"),
    ],
)
def test_a_baseline_is_trained_as_dynascene_is(system, name, equal) -> None:
    """Their networks differ, and with ActAnywhere what is drawn as its condition."""
    own, other = find_training(name, system), find_training(equal)
    conditions = {"composites": other.composites, "matte_errors": other.matte_errors}
    assert replace(own, name=equal, variant=other.variant, **conditions) == other
    assert system == "actanywhere" or (own.composites, own.matte_errors) == (0, 0)
    networks = [
        SYSTEMS[n].composition(training.variant)
        for n, training in ((system, own), ("dynascene", other))
    ]
    meanings = [(n.prediction, n.schedule, n.start) for n in networks]
    assert meanings[0] == meanings[1]


def find_training(name: str, system: str = "dynascene"):
    return next(t for t in SYSTEMS[system].rendered if t.name == name)


def test_rendered_shots_train_the_size_that_is_asked_for(tmp_path) -> None:
    system = SYSTEMS["actanywhere"]
    small = next(training for training in system.rendered if training.name == "small")
    grown = replace(small, size=at_resolution(small.size, Size(128, 72), 8))
    run = rendered_run(system, grown, Settings(out=tmp_path))
    assert run.objective().denoiser.size.resolution == Size(128, 72)
    clips = run.samples().clips
    assert (clips.size, clips.shots.frames) == (Size(128, 72), 8)
