"""A system that is added from outside: one description, and all else finds it."""

import numpy as np
import pytest
import torch
from tiny_denoiser import TINY

from dynascene.errors import InputError
from dynascene.evaluation.protocol import ShotInputs
from dynascene.evaluation.systems import SamplingSettings, Trained
from dynascene.generation.weights import load_weights
from dynascene.interfaces.cli.main import main
from dynascene.models.diffusion.samplers import reinject_foreground
from dynascene.models.sizes import SIZES
from dynascene.models.small import small_autoencoder
from dynascene.models.systems import SYSTEMS, register_system
from dynascene.models.systems.system import (
    Network,
    System,
    TrainingSchedule,
    TrainingStage,
    all_parameters,
)
from dynascene.recipes import find_recipe
from dynascene.recipes.export import export_run
from dynascene.recipes.rehearsal import rehearse
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.task_mix import TaskMix
from dynascene.training.journal import read_log
from dynascene.training.run import Settings
from dynascene.training.trainer import train
from dynascene.training_batch import collate

PAINTER = System(
    name="painter",
    summary="a picture and a camera; the person comes in while sampling",
    network=Network(conditioners={"image_embedding": {"gate": 1.0}, "plucker_camera": {}}),
    stages=(
        TrainingStage(
            name="clips",
            trains=all_parameters,
            mix=TaskMix(with_person={"video_background": 1}),
            schedules={
                TINY.name: TrainingSchedule(
                    steps=2, batch=1, frames=3, learning_rate=1e-3, warmup=0, floor=1.0, ema=0.9
                )
            },
            notes={"steps": "the painter's own number"},
        ),
    ),
    sampler_hooks=(reinject_foreground,),
)


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """Of a tiny run on rendered clips, with the system registered for the test alone."""
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    monkeypatch.setattr("dynascene.recipes.filmed.RENDERED_SHOTS", (1, 2))
    monkeypatch.setitem(SIZES, TINY.name, TINY)
    monkeypatch.setitem(SYSTEMS, PAINTER.name, PAINTER)
    del SYSTEMS[PAINTER.name]  # so that the registry is as before in the end
    register_system(PAINTER)
    torch.manual_seed(0)
    small_autoencoder(16).save_pretrained(tmp_path / "autoencoder" / "vae")
    return Settings(out=tmp_path / "run", autoencoder=tmp_path / "autoencoder")


def test_it_is_in_the_help_and_rehearsed(settings, capsys) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert f"painter ({PAINTER.description}): with SIZE tiny: SIZE.clips." in text
    text = rehearse(find_recipe("painter.tiny.clips")(settings))
    assert "the painter's own number" in text


def test_it_trains_and_its_weights_paint_around_the_person(settings, tmp_path, monkeypatch) -> None:
    train(find_recipe("painter.tiny.clips")(settings), settings.out)
    assert [line["step"] for line in read_log(settings.out)][-1] == 2
    card = export_run(settings.out, tmp_path / "weights")
    assert card["recipe"] == "painter.tiny.clips"
    pipeline, _ = load_weights(tmp_path / "weights")
    assert pipeline.system is PAINTER

    batch = collate([SyntheticShots("val", TINY.resolution, 3)[0]]).pixels
    batch.matte[..., :16, :] = 1  # somebody, larger than a latent cell
    generator = torch.Generator().manual_seed(0)
    clip = pipeline.encode(batch)
    latents = pipeline(clip, 2, generator=generator, output_type="latent").frames
    person = (clip.generate_mask == 0).expand_as(latents)
    assert person.any()
    assert torch.equal(latents[person], clip.foreground[person])

    judged = Trained("painter", load_weights(tmp_path / "weights"), SamplingSettings(steps=2))
    frames = judged.render(ShotInputs(batch), seed=0)["painter"]
    assert frames.dtype == np.uint8
    assert frames.shape == (3, TINY.resolution.height, TINY.resolution.width, 3)

    monkeypatch.delitem(SYSTEMS, PAINTER.name)
    with pytest.raises(InputError, match=r"^`weights` .*: system 'painter' is unknown; known: dyn"):
        load_weights(tmp_path / "weights")
