import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from same_weights import LOADED_TOLERANCE, assert_same_weights
from torch import Tensor
from torch.utils.data import Dataset

from dynascene.errors import InputError
from dynascene.io.checksums import sha256_of
from dynascene.io.images import read_image
from dynascene.models.latents import decode_latents, encode_images
from dynascene.models.small import small_autoencoder
from dynascene.models.systems import SYSTEMS
from dynascene.recipes import all_recipes, find_recipe
from dynascene.recipes.bundled import load_autoencoder
from dynascene.recipes.export import export_run, open_run
from dynascene.recipes.rehearsal import rehearse
from dynascene.training.run import Objective, Settings
from dynascene.training.trainer import train

DENOISERS = [
    "dynascene.small",
    "dynascene.small_paper",
    "actanywhere.small",
    "cameractrl.small",
    "motionctrl.small",
]


@pytest.fixture(autouse=True)
def procedural(monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)


@pytest.fixture
def autoencoder(tmp_path) -> Path:
    torch.manual_seed(0)
    folder = tmp_path / "autoencoder"
    small_autoencoder(16).save_pretrained(folder / "vae")
    return folder


def test_an_unknown_recipe_is_refused_with_the_known_names() -> None:
    with pytest.raises(InputError, match=r"'dynascene\.big' is unknown; known: autoencoder\.small"):
        find_recipe("dynascene.big")


@pytest.mark.parametrize("name", all_recipes())
def test_a_recipe_takes_the_users_numbers(name, tmp_path) -> None:
    goes_on = name.endswith(".stage2") or name in {
        f"{system.name}.{training.name}"
        for system in SYSTEMS.values()
        for training in system.rendered
        if training.continues is not None
    }
    start = "random" if goes_on else None  # else it asks for a run
    chosen = Settings(out=tmp_path, seed=3, steps=7, batch=5, learning_rate=0.25, start=start)
    run = find_recipe(name)(chosen)
    assert (run.name, run.seed, run.steps, run.batch) == (name, 3, 7, 5)
    assert run.optimiser.learning_rate == 0.25
    own = find_recipe(name)(Settings(out=tmp_path, start=start))
    assert own.steps > 500
    assert json.loads(json.dumps(own.numbers()))["recipe"] == name


@pytest.mark.parametrize("worlds", [{"moon": 1.0}, {"turn": -1.0}, {"turn": 0.0}, {}], ids=str)
def test_worlds_that_cannot_be_drawn_are_refused(worlds, tmp_path) -> None:
    with pytest.raises(InputError, match=r"^worlds: "):
        Settings(out=tmp_path, worlds=worlds)


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"batch": -1}, {"learning_rate": 0.0}, {"seed": -1}], ids=str
)
def test_numbers_that_cannot_be_are_refused(wrong, tmp_path) -> None:
    with pytest.raises(InputError, match=r"^`"):
        Settings(out=tmp_path, **wrong)


def test_settings_survive_json(tmp_path) -> None:
    (tmp_path / "MANIFEST.tsv").write_text("path\tcategory\tsplit\n")
    settings = Settings(out=tmp_path / "run", data=tmp_path, seed=2, worlds={"solid": 0.25})
    assert Settings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


@pytest.mark.parametrize("name", DENOISERS)
def test_networks_of_the_recipes(name, tmp_path, autoencoder) -> None:
    run = find_recipe(name)(Settings(out=tmp_path, autoencoder=autoencoder))
    objective = run.objective()
    denoiser = objective.denoiser
    assert denoiser.config.system == name.split(".")[0]
    assert ("guide" in denoiser.conditioners) == (name == "dynascene.small")
    trained = objective.trainable_parameters()
    assert not any(n.startswith("vae") for n in trained)
    wanted = [n for n, p in denoiser.named_parameters() if p.requires_grad]
    assert {f"denoiser.{n}" for n in wanted} <= trained.keys()
    weights = sum(p.numel() for p in objective.parameters())
    assert weights * 2 < 20e6  # bytes in half precision, all components


def test_a_missing_or_broken_autoencoder_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match="`autoencoder`"):
        load_autoencoder(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="no whole autoencoder"):
        load_autoencoder(tmp_path)


class Grey(Dataset[Tensor]):
    def __len__(self) -> int:
        return 2**31

    def __getitem__(self, index: int) -> Tensor:
        return torch.full((3, 32, 32), 0.1 * (index % 3))


@pytest.fixture
def autoencoder_run(tmp_path, monkeypatch):
    """A real run of the recipe on grey pictures, short and narrow."""
    monkeypatch.setattr("dynascene.recipes.autoencoder.AUTOENCODER_WIDTH", 16)
    monkeypatch.setattr("dynascene.recipes.autoencoder.MEASURED", 2)
    settings = Settings(out=tmp_path / "run", steps=2, batch=2)
    run = replace(find_recipe("autoencoder.small")(settings), samples=Grey)
    train(run, settings.out)
    return settings.out


def test_an_exported_autoencoder_is_the_averaged_one_and_scaled(autoencoder_run, tmp_path) -> None:
    card = export_run(autoencoder_run, tmp_path / "weights")
    vae = load_autoencoder(tmp_path / "weights")
    assert vae.config.scaling_factor != 1
    objective = open_run(autoencoder_run).objective()
    pictures = objective.validation_pictures()
    assert abs(encode_images(vae, pictures).std() - 1) < 0.02
    assert decode_latents(vae, encode_images(vae, pictures)).shape == pictures.shape
    assert card["steps"] == 2
    assert "procedural" in card["data"]
    text = (tmp_path / "weights" / "README.md").read_text()
    assert "autoencoder.small" in text
    assert str(tmp_path) not in text + json.dumps(card)  # no paths of this machine
    assert (tmp_path / "weights/vae/diffusion_pytorch_model.safetensors").stat().st_mode & 0o044


def test_a_run_of_procedural_pictures_is_not_measured_on_others(
    autoencoder_run, tmp_path, monkeypatch
) -> None:
    (tmp_path / "MANIFEST.tsv").write_text("path\tcategory\tsplit\n")
    monkeypatch.setenv("DYNASCENE_TRAINING_DATA", str(tmp_path))
    with pytest.raises(InputError, match=r"procedural pictures, and .*unset it"):
        export_run(autoencoder_run, tmp_path / "weights")


def test_a_refined_decoder_leaves_the_latents_alone(autoencoder_run, tmp_path) -> None:
    export_run(autoencoder_run, tmp_path / "weights")
    settings = Settings(out=tmp_path / "finer", autoencoder=tmp_path / "weights", steps=2, batch=2)
    train(replace(find_recipe("autoencoder.small_decoder")(settings), samples=Grey), settings.out)
    export_run(settings.out, tmp_path / "finer weights")
    before, after = (load_autoencoder(tmp_path / name) for name in ("weights", "finer weights"))
    assert_same_weights(after.encoder, before.encoder)
    pictures = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    latents, expected = (encode_images(vae, pictures) for vae in (after, before))
    torch.testing.assert_close(latents, expected, rtol=LOADED_TOLERANCE, atol=LOADED_TOLERANCE)
    changed = [n for n, p in after.state_dict().items() if not p.equal(before.state_dict()[n])]
    assert changed
    assert all(name.startswith("decoder") for name in changed)


def test_figures_enter_the_card_only_if_they_are_of_these_weights(
    autoencoder_run, tmp_path
) -> None:
    export_run(autoencoder_run, tmp_path / "weights")
    sha256 = sha256_of(tmp_path / "weights/vae/diffusion_pytorch_model.safetensors")
    evaluation = tmp_path / "evaluation"
    evaluation.mkdir()
    (evaluation / "table.md").write_text("# Evaluation on x\n\n## PSNR, dB\n\n| a | 12.34 |\n")
    metrics = {"benchmark": "x", "systems": {"a": 12.34}, "obedience": {}}
    for share, fits in ((sha256, True), ("0" * 64, False)):
        metrics["weights"] = {"a": {"vae/diffusion_pytorch_model.safetensors": share}}
        (evaluation / "metrics.json").write_text(json.dumps(metrics))
        if not fits:
            with pytest.raises(InputError, match="other weights"):
                export_run(autoencoder_run, tmp_path / "again", evaluation=[evaluation])
            assert not (tmp_path / "again").exists()
            continue
        card = export_run(autoencoder_run, tmp_path / "measured", evaluation=[evaluation])
        assert card["measured"] == [{"benchmark": "x", "systems": {"a": 12.34}, "obedience": {}}]
        text = (tmp_path / "measured" / "README.md").read_text()
        assert "\n## Evaluation on x" in text
        assert "### PSNR, dB" in text
        assert "12.34" in text
    with pytest.raises(InputError, match="holds no evaluation"):
        export_run(autoencoder_run, tmp_path / "again", evaluation=[tmp_path])


def test_export_refuses_what_is_no_run_and_what_would_be_overwritten(
    autoencoder_run, tmp_path
) -> None:
    with pytest.raises(InputError, match="holds no run"):
        export_run(tmp_path / "nothing", tmp_path / "weights")
    full = tmp_path / "full"
    full.mkdir()
    (full / "file").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        export_run(autoencoder_run, full)
    assert [p.name for p in full.iterdir()] == ["file"]


@pytest.fixture
def rehearsed(tmp_path, monkeypatch):
    """rehearsed(settings, **changes): the text of a narrow autoencoder's dry run."""
    monkeypatch.setattr("dynascene.recipes.autoencoder.AUTOENCODER_WIDTH", 16)

    def rehearsed(settings: dict | None = None, **changes) -> str:
        chosen = Settings(**{"out": tmp_path / "run", "batch": 2, **(settings or {})})
        run = find_recipe("autoencoder.small")(chosen)
        return rehearse(replace(run, samples=Grey, **changes))

    return rehearsed


def test_a_rehearsal_counts_parameters_and_shows_the_batch(rehearsed, tmp_path) -> None:
    text = rehearsed()
    count = sum(p.numel() for p in small_autoencoder(16).parameters())
    assert f"vae: {count:,} of {count:,}" in text
    assert "samples: [2, 3, 32, 32]" in text
    assert "loss " in text.splitlines()[-1]
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["dry-run.png"]
    picture = read_image(tmp_path / "run/dry-run.png")
    assert picture.shape == (32, 64, 3)
    assert picture[0, 0, 0] == 128  # the first crop: mid-grey
    assert picture[0, 40, 0] == round(1.1 / 2 * 255)


def test_a_rehearsal_puts_the_paper_beside_the_numbers(rehearsed) -> None:
    notes = {"learning_rate": "paper §4.1: 1e-5", "ema": "not in the paper", "data": "ours"}
    lines = rehearsed(notes=notes).splitlines()
    assert any("optimiser.learning_rate" in line and "(paper §4.1: 1e-5)" in line for line in lines)
    assert any(line.split()[0] == "ema" and "(not in the paper)" in line for line in lines if line)
    assert "  data: ours" in lines  # about no number of this run


def test_a_picture_is_missed_aloud(rehearsed, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("dynascene.training.autoencoding.AutoencoderObjective.picture",
                        Objective.picture)  # fmt: skip
    assert "no picture of a batch" in rehearsed()
    assert not (tmp_path / "run").exists()


def test_half_precision_and_checkpointing_show_in_the_measured_memory(rehearsed) -> None:
    def kept(**settings) -> int:
        text = rehearsed(settings)
        return int(re.search(r"activations on top ([\d,]+) MB", text)[1].replace(",", ""))

    full = kept(precision="no", batch=16)
    assert kept(precision="bf16", batch=16) < 0.8 * full
    assert kept(precision="no", checkpointing=True, batch=16) < 0.8 * full


def test_what_cannot_be_split_is_refused_before_it_starts(rehearsed) -> None:
    with pytest.raises(InputError, match="all at once"):
        rehearsed({"accumulate": 2})
