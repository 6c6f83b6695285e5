"""A second reference, another input layout, a further input per frame: each is one file from
outside, and trains, is exported and is evaluated like what comes with the package."""

from types import ModuleType

import pytest
import torch
from extensions import eight_channels, outlines, two_references
from tiny_denoiser import TINY

from dynascene.clip_fields import CLIP_FIELDS
from dynascene.errors import InputError
from dynascene.generation.weights import load_weights
from dynascene.interfaces.cli.main import main
from dynascene.models.conditioners import CONDITIONERS
from dynascene.models.input_layout import layout_width
from dynascene.models.sizes import SIZES
from dynascene.models.small import small_autoencoder
from dynascene.models.systems import SYSTEMS
from dynascene.recipes import find_recipe
from dynascene.recipes.export import export_run
from dynascene.training.journal import read_log
from dynascene.training.run import Settings
from dynascene.training.trainer import train

EXTENSIONS = (two_references, eight_channels, outlines)
CHANNELS = {"two_references": 9, "eight_channels": 8, "outlines": 9}
REGISTRIES = (SYSTEMS, CONDITIONERS, CLIP_FIELDS)


@pytest.fixture(params=EXTENSIONS, ids=lambda module: module.SYSTEM.name)
def extension(request, monkeypatch):
    """One of them, registered for the test alone."""
    before = [dict(registry) for registry in REGISTRIES]
    monkeypatch.setitem(SIZES, TINY.name, TINY)
    request.param.register()
    yield request.param
    for registry, entries in zip(REGISTRIES, before, strict=True):
        registry.clear()
        registry.update(entries)


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    monkeypatch.setattr("dynascene.recipes.filmed.RENDERED_SHOTS", (1, 2))
    small_autoencoder(16).save_pretrained(tmp_path / "autoencoder" / "vae")
    return Settings(
        out=tmp_path / "run", autoencoder=tmp_path / "autoencoder", worlds={"layered": 1.0}
    )


def test_it_trains_is_exported_and_evaluated(
    extension: ModuleType, settings: Settings, tmp_path
) -> None:
    system = extension.SYSTEM
    torch.manual_seed(0)
    fresh = extension.weights_that_must_learn(system.denoiser(TINY))
    start = {name: tensor.detach().clone() for name, tensor in fresh.items()}

    train(find_recipe(f"{system.name}.tiny.clips")(settings), settings.out)
    assert [line["step"] for line in read_log(settings.out)][-1] == 2
    export_run(settings.out, tmp_path / "weights")

    pipeline = load_weights(str(tmp_path / "weights")).pipeline
    assert pipeline.system is system
    assert layout_width(pipeline.denoiser.input_layout) == CHANNELS[system.name]
    learnt = extension.weights_that_must_learn(pipeline.denoiser)
    assert all(not learnt[name].equal(start[name]) for name in start)

    weights, out = str(tmp_path / "weights"), tmp_path / "evaluation"
    options = ["--data", "synthetic:val", "--clips", "1", "--frames", "3", "--steps", "2"]
    main(["evaluate", weights, *options, "--obedience", "0", "--out", str(out)])
    assert "weights" in (out / "table.md").read_text()

    del SYSTEMS[system.name]
    with pytest.raises(InputError, match=f"system '{system.name}' is unknown"):
        load_weights(weights)
