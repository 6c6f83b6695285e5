"""What the card of exported weights says about rights, over several runs."""

import json
from dataclasses import replace

import pytest

from dynascene.recipes.provenance import OTHER_LICENCE, OWN_LICENCE, provenance_of
from dynascene.training.run import Settings
from dynascene.training.trainer import DESCRIPTION


@pytest.fixture
def stored_run(tmp_path):
    """A function that writes the description of a run with a checkpoint, and returns its folder."""

    def store(name: str, recipe: str, settings: Settings) -> str:
        folder = tmp_path / name
        (folder / "checkpoints" / "00000004").mkdir(parents=True)
        numbers = {"recipe": recipe, "settings": replace(settings, out=folder).to_json()}
        (folder / DESCRIPTION).write_text(json.dumps(numbers, default=str))
        return str(folder)

    return store


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    return Settings(out=tmp_path / "run")


@pytest.mark.parametrize(
    ("recipe", "start", "origin", "licence"),
    [
        ("dynascene.sd15.stage1", None, "public weights: Stable Diffusion 1.5", OTHER_LICENCE),
        ("dynascene.sd15.stage1", "random", "fresh weights", OWN_LICENCE),
        ("dynascene.small", None, "fresh weights", OWN_LICENCE),
        ("autoencoder.small", None, "fresh weights", OWN_LICENCE),
        ("dynascene.small", "somebody/weights", "weights", OTHER_LICENCE),
    ],
)
def test_first_weights(settings, recipe, start, origin, licence) -> None:
    provenance = provenance_of(recipe, replace(settings, start=start))
    assert provenance.origin.startswith(origin)
    assert provenance.licence == licence


def test_filmed_clips_of_an_earlier_run_stay_in_the_weights(settings, stored_run) -> None:
    filmed = stored_run("one", "dynascene.small.guided", replace(settings, clips=("mine",)))
    second = stored_run("two", "dynascene.small_one_step", replace(settings, start=filmed))
    for start in (filmed, second):
        provenance = provenance_of("dynascene.small_one_step", replace(settings, start=start))
        assert provenance.licence == OTHER_LICENCE
    assert provenance.origin == "dynascene.small_one_step after 4 steps"


def test_public_weights_of_an_earlier_run_stay_in_the_weights(settings, stored_run) -> None:
    first = stored_run("one", "dynascene.sd15.stage1", settings)
    provenance = provenance_of("dynascene.sd15.stage2", replace(settings, start=first))
    assert provenance.licence == OTHER_LICENCE


def test_our_own_runs_stay_ours(settings, stored_run) -> None:
    first = stored_run("one", "dynascene.small", settings)
    provenance = provenance_of("dynascene.small_one_step", replace(settings, start=first))
    assert provenance.licence == OWN_LICENCE


@pytest.mark.parametrize("field", ["start", "autoencoder"])
def test_the_card_of_exported_weights_is_believed(settings, tmp_path, field) -> None:
    for licence in (OWN_LICENCE, OTHER_LICENCE):
        card = {"license": licence, "licences": ["CC0 (somebody)"]}
        (tmp_path / "card.json").write_text(json.dumps(card))
        value = str(tmp_path) if field == "start" else tmp_path
        provenance = provenance_of("dynascene.small", replace(settings, **{field: value}))
        assert provenance.licence == licence
        assert provenance.picture_licences == ("CC0 (somebody)",)


def test_weights_without_a_card_are_not_ours(settings, tmp_path) -> None:
    (tmp_path / "vae").mkdir()
    provenance = provenance_of("dynascene.small", replace(settings, autoencoder=tmp_path))
    assert provenance.licence == OTHER_LICENCE
