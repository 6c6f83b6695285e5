"""The paper's stages on clips: what trains, what stays, how one stage builds on the other."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny_denoiser import TINY

from dynascene.datasets.filmed.survey import write_manifest
from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.interfaces.cli.main import main
from dynascene.io.cameras import write_cameras
from dynascene.io.video_writing import H264Writer
from dynascene.models.backbone import motion_parameters
from dynascene.models.denoiser import Denoiser
from dynascene.models.sd15 import clip_vision_l14, sd15_autoencoder
from dynascene.models.sizes import SD15
from dynascene.models.small import small_autoencoder
from dynascene.models.systems.dynascene import DYNASCENE, TABLE_3
from dynascene.models.systems.system import TrainingSchedule
from dynascene.recipes import all_recipes, filmed, find_recipe, validation
from dynascene.recipes.export import model_card
from dynascene.recipes.rehearsal import _first_weights, rehearsal_settings, rehearse
from dynascene.recipes.start import OWN_AUTOENCODERS
from dynascene.training.frozen import frozen_names
from dynascene.training.journal import read_log
from dynascene.training.layout import Layout
from dynascene.training.run import Settings
from dynascene.training.state import (
    Checkpoint,
    checkpoint_folders,
    load_checkpoint,
    save_checkpoint,
)
from dynascene.training.trainer import train
from dynascene.types import Size

SMALLEST = replace(TINY, name="small")
TINY_IMAGES = TrainingSchedule(
    steps=4, batch=2, frames=1, learning_rate=1e-3, warmup=0, floor=1.0, ema=0.9
)
TINY_CLIPS = TrainingSchedule(
    steps=4, batch=1, frames=3, learning_rate=1e-3, warmup=0, floor=1.0, ema=0.9
)
RECIPES = all_recipes()
ENDINGS = (".stage1", ".stage2", ".single_stage", ".guided", ".filmed")
FILMED = [name for name in RECIPES if name.endswith(ENDINGS)]
SMALL_ONES = [name for name in FILMED if ".small." in name]


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """settings(name, **numbers): of tiny runs on rendered clips."""
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    monkeypatch.setattr(filmed, "RENDERED_SHOTS", (1, 2))
    torch.manual_seed(0)
    small_autoencoder(16).save_pretrained(tmp_path / "autoencoder" / "vae")

    def settings(name: str, **numbers) -> Settings:
        return Settings(out=tmp_path / name, autoencoder=tmp_path / "autoencoder", **numbers)

    return settings


@pytest.fixture
def tiny():
    """tiny(recipe name): the recipe for a network of two channels' width."""

    def recipe(name: str):
        system, stage, _ = find_recipe(name).args
        schedule = TINY_IMAGES if stage.schedules["small"].frames == 1 else TINY_CLIPS
        stage = replace(stage, schedules={"small": schedule})
        return partial(filmed.filmed_run, system, stage, SMALLEST)

    return recipe


def state_of(out) -> dict[str, torch.Tensor]:
    return dict(load_checkpoint(checkpoint_folders(out)[-1]).weights)


def is_video_part(name: str) -> bool:
    return "motion_modules" in name or "plucker_camera" in name


def test_stage_one_is_examined_on_single_frames_without_motion_modules(tiny, settings) -> None:
    """What it does not train does not speak there; stage II is examined on whole clips."""
    figures = []
    for stage in ("stage1", "stage2"):
        objective = tiny(f"dynascene.small.{stage}")(settings("run", start="random")).objective()
        fresh = objective.examine(0)
        for parameter in motion_parameters(objective.denoiser.unet):
            torch.nn.init.normal_(parameter)
        changed = objective.examine(0)
        pixels = objective.validation_shots().pixels
        assert (len(pixels), pixels.frames) == ((2, 1) if stage == "stage1" else (1, 2))
        figures.append((fresh.figures, changed.figures))
        assert fresh.sheet.shape[2] == 2 * SMALLEST.resolution.width  # both frames, side by side
    assert figures[0][0] == figures[0][1]
    assert figures[1][0] != figures[1][1]


def test_every_row_of_the_tables_is_a_recipe() -> None:
    rows = {row.label: [stage.name for stage in row.stages] for row in TABLE_3}
    assert rows == {
        "baseline": ["baseline.stage1", "baseline.stage2"],
        "+CC": ["cc.stage1", "cc.stage2"],
        "+BO": ["bo.stage1", "bo.stage2"],
        "+SV": ["stage1", "stage2"],
    }
    for size in ("sd15", "small"):
        for name in (*(name for names in rows.values() for name in names), "single_stage"):
            assert f"dynascene.{size}.{name}" in RECIPES


@pytest.mark.parametrize(("stage", "each"), [("stage1", 3), ("stage2", 1), ("single_stage", 1)])
def test_the_papers_batch_is_that_of_each_process(stage, each, settings, monkeypatch) -> None:
    chosen = Settings(out=settings("run").out, start="random")
    recipe = find_recipe(f"dynascene.sd15.{stage}")
    assert recipe(chosen).batch == each
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert recipe(chosen).batch == 8 * each
    assert len(Layout(batch=recipe(chosen).batch, processes=8, rank=7).parts(0)[0]) == each
    assert recipe(replace(chosen, batch=16)).batch == 16  # over all


@pytest.mark.long
def test_two_processes_take_two_clips(settings) -> None:
    chosen, program = settings("run"), Path(__file__).with_name("tiny_filmed_run.py")
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    command = [sys.executable, *launcher, str(program), str(chosen.out), str(chosen.autoencoder)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, timeout=900)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads((chosen.out / "run.json").read_text())["batch"] == 2
    assert len([line for line in read_log(chosen.out) if "loss" in line]) == 1


@pytest.mark.parametrize(("size", "steps"), [("sd15", 50), ("small", 25)])
def test_the_real_size_samples_in_the_papers_steps(size, steps, settings) -> None:
    with torch.device("meta"):
        chosen = Settings(out=settings("run").out, start="random")
        objective = find_recipe(f"dynascene.{size}.stage1")(chosen).objective()
    assert objective.steps == steps


@pytest.mark.parametrize("name", SMALL_ONES)
def test_every_recipe_can_be_rehearsed(name, tiny, settings) -> None:
    text = rehearse(tiny(name)(settings("run", start="random")))
    assert "§5" in text
    assert "loss" in text
    assert (settings("run").out / "dry-run.png").is_file()


def test_what_is_too_large_to_run_is_counted(tiny, settings, monkeypatch) -> None:
    monkeypatch.setattr("dynascene.recipes.rehearsal.LARGEST_ON_CPU", 0)
    monkeypatch.setitem(OWN_AUTOENCODERS, "small", partial(small_autoencoder, 16))
    chosen = replace(settings("run", start="random"), autoencoder=None)
    text = rehearse(tiny("dynascene.small.stage2")(chosen))
    assert re.search(r"activations on top [1-9]\d* MB \(not computed again\), at most", text)
    assert re.search(r"a step: \d+ TFLOP; no loss", text)


def test_a_dry_run_fetches_no_public_weights(settings, monkeypatch, tmp_path) -> None:
    """It says which are not here and goes without; where all are here they are read."""
    recipe = find_recipe("dynascene.sd15.stage1")
    chosen = Settings(out=settings("run").out)
    monkeypatch.setattr("dynascene.models.pretrained.is_here", lambda source, *_: "clip" in source)
    assert rehearsal_settings(recipe, chosen).start == "random"
    (line,) = _first_weights(recipe(chosen))
    assert "stable-diffusion-inpainting" in line
    assert "animatediff" in line
    assert "clip" not in line
    monkeypatch.setattr("dynascene.models.pretrained.is_here", lambda *_: True)
    assert rehearsal_settings(recipe, chosen).start is None
    (line,) = _first_weights(recipe(chosen))
    assert "all here" in line


def test_stages_train_their_parts_and_leave_the_rest(tiny, settings) -> None:
    first, second = settings("one"), settings("two", start=str(settings("one").out))
    train(tiny("dynascene.small.stage1")(first), first.out, until=1)
    begun = state_of(first.out)
    train(tiny("dynascene.small.stage1")(first), first.out)
    ended = state_of(first.out)
    changed = {name for name in ended if not torch.equal(ended[name], begun[name])}
    assert changed
    assert not any(is_video_part(name) for name in changed)
    assert not any(name.startswith("vae.") for name in changed)

    train(tiny("dynascene.small.stage2")(second), second.out, until=1)
    begun = state_of(second.out)
    train(tiny("dynascene.small.stage2")(second), second.out)
    changed = {k for k, v in state_of(second.out).items() if not torch.equal(v, begun[k])}
    assert changed
    assert all(is_video_part(name) for name in changed)


@pytest.fixture
def stage_one(tiny, settings):
    """A run of which one step of four is done, as far as others see it."""
    run = tiny("dynascene.small.stage1")(settings("one"))
    objective = run.objective()
    average = {name: p.detach() + 0.5 for name, p in objective.trainable_parameters().items()}
    save_checkpoint(run.settings.out, Checkpoint(1, objective.state_dict(), average, {}), 1)
    (run.settings.out / "run.json").write_text(json.dumps(run.numbers()))
    return run


def test_stage_two_builds_on_the_averaged_weights_of_stage_one(tiny, settings, stage_one) -> None:
    saved = load_checkpoint(checkpoint_folders(stage_one.settings.out)[-1])
    second = settings("two", start=str(stage_one.settings.out))
    weights = tiny("dynascene.small.stage2")(second).objective().state_dict()
    assert saved.average
    for name, average in saved.average.items():
        assert torch.equal(weights[name], average), name
        assert not torch.equal(weights[name], saved.weights[name]), name


def test_a_stage_needs_the_autoencoder_of_the_one_before(
    tiny, settings, stage_one, tmp_path
) -> None:
    """Its weights are in the checkpoint, the scale of its latents is not."""
    begun, weights = stage_one.settings.out, tmp_path / "weights"
    stage_one.objective().pipeline().save_pretrained(weights)
    torch.manual_seed(1)
    small_autoencoder(16).save_pretrained(tmp_path / "other" / "vae")
    recipe = tiny("dynascene.small.stage2")
    for start in (begun, weights):
        second = replace(settings("two", start=str(start)), autoencoder=tmp_path / "other")
        with pytest.raises(InputError, match="another autoencoder"):
            recipe(second).objective()
    recipe(replace(settings("two", start=str(weights)), autoencoder=None)).objective()


def test_the_real_size_has_its_own_autoencoder(settings) -> None:
    with torch.device("meta"), pytest.raises(InputError, match="sd15 has its own"):
        find_recipe("dynascene.sd15.stage1")(settings("run", start="random")).objective()


@pytest.mark.parametrize(
    ("stage", "trained", "frozen"),
    [("stage1", 1_716_616_324, 1_046_231_932), ("stage2", 656_157_440, 2_106_690_816)],
)
def test_what_a_checkpoint_of_the_real_size_holds(stage, trained, frozen, settings) -> None:
    with torch.device("meta"):
        run = find_recipe(f"dynascene.sd15.{stage}")(
            Settings(out=settings("run").out, start="random")
        )
        objective = run.objective()
    assert sum(p.numel() for p in objective.trainable_parameters().values()) == trained
    state = objective.state_dict()
    assert sum(state[name].numel() for name in frozen_names(objective)) == frozen


def test_a_card_tells_clips_and_the_steps_that_were_done(tiny, settings, stage_one) -> None:
    begun = str(stage_one.settings.out)
    run = tiny("dynascene.small.stage2")(settings("two", start=begun, clips=("mine",)))
    run.settings.out.mkdir()
    (run.settings.out / "run.json").write_text(json.dumps(run.numbers()))
    card = model_card(run, run.objective(), run.settings.out, 3)
    assert "filmed clips" in card["data"]
    assert card["license"] == "other"
    assert card["starts_from"] == "dynascene.small.stage1 after 1 steps"  # of four


def test_a_run_is_found_again_from_another_folder(settings, tmp_path, monkeypatch) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "random").mkdir()  # no place, whatever lies there
    monkeypatch.chdir(tmp_path)
    stored = settings("run", start="clips", clips=("clips", "s3://b/c", "none")).to_json()
    assert stored["start"] == str(tmp_path / "clips")
    assert stored["clips"] == (str(tmp_path / "clips"), "s3://b/c", "none")
    assert settings("run", start="random").to_json()["start"] == "random"


def test_losses_are_told_by_task(tiny, settings) -> None:
    chosen = settings("one", steps=8, batch=3)
    run = tiny("dynascene.small.stage1")(chosen)
    train(run, chosen.out)
    lines = [line for line in read_log(chosen.out) if "loss" in line]
    named = {key for line in lines for key in line if key.startswith("loss/")}
    assert named <= {"loss/outpainting", "loss/image_variation", "loss/image_background"}
    assert named


def test_a_start_that_is_none_is_named(tiny, settings, tmp_path) -> None:
    recipe = tiny("dynascene.small.stage2")
    with pytest.raises(InputError, match="nowhere"):
        recipe(settings("run", start=str(tmp_path / "nowhere"))).objective()


RENDERED = (
    "dynascene.small_paper",
    "autoencoder.small",
    "actanywhere.small",
    "cameractrl.small",
    "motionctrl.small",
)


@pytest.mark.parametrize("name", RENDERED)
def test_recipes_of_rendered_places_take_no_clips(name, settings) -> None:
    with pytest.raises(InputError, match="rendered places"):
        find_recipe(name)(settings("run", clips=("x",)))


def test_the_default_system_on_filmed_clips_is_the_guided_recipe(settings, caplog) -> None:
    caplog.set_level("INFO")
    recipe = find_recipe("dynascene.small")
    assert recipe(settings("run")).name == "dynascene.small"
    assert not caplog.messages
    assert recipe(settings("run", clips=("x",))).name == "dynascene.small.guided"
    assert caplog.messages == [
        "recipe dynascene.small.guided: dynascene.small is trained on rendered shots"
    ]


def test_what_a_recipe_starts_from_is_asked_for_or_refused(settings) -> None:
    with pytest.raises(InputError, match="fresh"):
        find_recipe("autoencoder.small")(settings("run", start="run"))
    with pytest.raises(InputError, match="`start`"):
        find_recipe("dynascene.small_one_step")(settings("run"))


@pytest.mark.parametrize(
    ("recipe", "chosen", "name"),
    [
        ("autoencoder.small", {"autoencoder": Path("weights")}, "autoencoder"),
        ("autoencoder.small", {"cache": Path("clips")}, "cache"),
        ("autoencoder.small_decoder", {"worlds": {"turn": 1.0}}, "worlds"),
        ("dynascene.small.stage1", {"clips": ("x",), "worlds": {"turn": 1.0}}, "worlds"),
        ("dynascene.small.stage1", {"cache": Path("clips")}, "cache"),
    ],
)
def test_settings_that_a_recipe_does_not_use_are_refused(recipe, chosen, name, tmp_path) -> None:
    with pytest.raises(InputError, match=f"`{name}`: {recipe} does not use it"):
        find_recipe(recipe)(Settings(out=tmp_path / "run", **chosen))
    (tmp_path / "run" / "checkpoints" / "00000001").mkdir(parents=True)
    find_recipe(recipe)(Settings(out=tmp_path / "run", **chosen))  # begun by an earlier version


@pytest.mark.parametrize("row", ["", "baseline.", "cc.", "bo."])
def test_a_second_stage_does_not_begin_without_the_first(row, settings) -> None:
    second = find_recipe(f"dynascene.sd15.{row}stage2")
    message = rf"goes on from a run of dynascene\.sd15\.{row}stage1"
    with pytest.raises(InputError, match=message):
        second(settings("run"))
    assert second(settings("run", start="random")).steps == 1_000_000
    assert second(settings("run", start="runs/one")).steps == 1_000_000


def test_a_run_that_has_begun_is_opened_without_its_start(tiny, settings) -> None:
    """Runs of a second stage that were begun from first weights stay what they are."""
    chosen = settings("run", start="random", steps=1)
    train(tiny("dynascene.small.stage2")(chosen), chosen.out)
    assert tiny("dynascene.small.stage2")(settings("run", steps=1)).steps == 1


def test_a_run_does_not_go_on_with_other_clips(tiny, settings) -> None:
    recipe, chosen = tiny("dynascene.small.stage1"), settings("one", steps=1)
    train(recipe(chosen), chosen.out)
    train(recipe(chosen), chosen.out)  # the same again is fine
    other = settings("one", steps=1, clips=("elsewhere",))
    with pytest.raises(InputError, match="clips"):
        train(recipe(other), other.out)
    other = settings("one", steps=1, worlds={"turn": 1.0})
    with pytest.raises(InputError, match="worlds"):
        train(recipe(other), other.out)


def test_settings_of_clips_survive_json(settings) -> None:
    chosen = settings("run", clips=("a", "s3://b/c"), start="random")
    assert Settings.from_json(json.loads(json.dumps(chosen.to_json()))) == chosen


def test_components_of_the_real_size() -> None:
    """The published sizes: SD 1.5's autoencoder, CLIP ViT-L/14's image half."""
    with torch.device("meta"):
        assert sum(p.numel() for p in sd15_autoencoder().parameters()) == 83_653_863
        # 303,179,776 of the transformer and 786,432 of the projection
        assert sum(p.numel() for p in clip_vision_l14().parameters()) == 303_966_208
        network: Denoiser = DYNASCENE.denoiser(SD15)
    assert network.size.name == "sd15"


def write_clip(folder: Path, frames: int = 12, person: bool = True) -> None:
    """A clip as docs/datasets.md has it: a picture that slides, a box that walks."""
    size = Size(64, 40)
    folder.mkdir(parents=True)
    picture = np.random.default_rng(len(folder.name)).integers(0, 255, (40, 100, 3), np.uint8)
    with (
        H264Writer(folder / "video.mp4", size, Fraction(24)) as video,
        H264Writer(folder / "matte.mp4", size, Fraction(24)) as matte,
    ):
        for k in range(frames):
            white = np.zeros((40, 64, 1), np.uint8)
            white[10:, 10 + k : 25 + k] = 255 * person
            video.write(np.ascontiguousarray(picture[:, k : k + 64]))
            matte.write(white)
    if not person:  # a matte that shows nobody would be a mistake
        (folder / "matte.mp4").unlink()
    intrinsics = intrinsics_from_fov(60, size)
    write_cameras(make_move("truck-right", frames, intrinsics, size), folder / "cameras.txt")


def test_a_users_own_clips_train_and_a_broken_one_is_named(
    tiny, settings, tmp_path, caplog
) -> None:
    own = tmp_path / "own"
    for number in range(6):
        write_clip(own / f"walk-{number}")
    (own / "walk-3" / "video.mp4").write_bytes(b"no video at all")
    chosen = settings("run", clips=(str(own),), steps=6)
    train(tiny("dynascene.small.single_stage")(chosen), chosen.out)
    lines = [line for line in read_log(chosen.out) if "loss" in line]
    assert all(np.isfinite(line["loss"]) for line in lines)
    assert "walk-3" in caplog.text
    assert (own / "walk-3" / "video.mp4").read_bytes() == b"no video at all"  # left as it was


def test_the_val_split_of_clips_is_sampled(tiny, settings, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("dynascene.recipes.validation.CLIPS", 2)
    own, plain = tmp_path / "own", tmp_path / "plain"
    for number in range(4):
        write_clip(own / f"walk-{number}")
        write_clip(plain / f"walk-{number}")
    write_manifest(own, shares={"train": 0.5, "val": 0.5})
    write_manifest(plain, shares={"train": 1.0})
    figures = {}
    for name, clips in (("both", (str(plain), str(own))), ("none", (str(plain),))):
        chosen = settings(name, clips=clips, steps=1)
        train(tiny("dynascene.small.stage1")(chosen), chosen.out, until=0)
        (line,) = read_log(chosen.out)
        figures[name] = {key.removeprefix("examined_psnr_") for key in line}
    rendered = {key for key in figures["both"] if "filmed" not in key}
    assert figures["none"] == rendered >= {"one_step", "sample"}
    drawn = figures["both"] - rendered
    tasks = {figure.partition("/")[2] for figure in drawn} - {""}
    # with people alone, the tasks of empty places are trained on them
    assert tasks
    assert tasks <= {"outpainting", "image_variation", "image_background"}
    assert drawn == {
        f"filmed_{name}{task}"
        for name in ("still", "sample")
        for task in ("", *(f"/{task}" for task in tasks))
    }


def test_a_val_split_that_suits_no_task_is_named_and_left(tiny, settings, tmp_path, caplog) -> None:
    own, empty = tmp_path / "own", tmp_path / "empty"
    write_clip(own / "walk")
    write_clip(empty / "place", person=False)
    write_manifest(own, shares={"train": 1.0})
    write_manifest(empty, shares={"val": 1.0})
    chosen = settings("run", clips=(str(own), str(empty)))
    stage = find_recipe("dynascene.small.baseline.stage1").args[1]
    batches = validation.filmed_validation(chosen, stage.mix, SMALLEST.resolution, 1, guided=False)
    assert batches == []
    assert "the val split is not examined" in caplog.text


def test_data_that_are_clips_are_trained_on(tmp_path, monkeypatch, capsys) -> None:
    """As are those of --clips; imagery stays what it is. A change of recipe is said in a line."""
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    chosen: list[Settings] = []

    def recipe_stub(chosen_settings: Settings) -> SimpleNamespace:
        chosen.append(chosen_settings)
        return SimpleNamespace(name=f"dynascene.small{'.guided' if chosen_settings.clips else ''}")

    monkeypatch.setattr("dynascene.recipes.find_recipe", lambda name: recipe_stub)
    monkeypatch.setattr("dynascene.recipes.rehearsal.rehearse", lambda run: "rehearsed")
    monkeypatch.setattr("dynascene.recipes.rehearsal.rehearsal_settings", lambda _, chosen: chosen)
    write_clip(tmp_path / "own" / "walk")
    write_manifest(tmp_path / "own")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "MANIFEST.tsv").write_text("path\tcategory\tsplit\n")
    for data in ("own", "photos"):
        main(["train", "dynascene.small", "--data", data, "--dry-run"])
    lines = capsys.readouterr().out.splitlines()
    changed = "recipe: dynascene.small.guided, which trains on filmed clips in place of "
    assert lines == [f"{changed}dynascene.small", "rehearsed", "rehearsed"]
    own, photos = chosen
    assert (own.clips, own.data, own.out) == (("own",), None, Path("runs/dynascene.small"))
    assert (photos.clips, photos.data) == ((), Path("photos"))
