"""``dynascene train`` and ``dynascene export``, as a user calls them."""

import json
from pathlib import Path

import pytest

from dynascene.interfaces.cli.main import main
from dynascene.training.journal import read_log
from dynascene.training.state import checkpoint_folders


@pytest.fixture(autouse=True)
def narrow(monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    monkeypatch.setattr("dynascene.recipes.autoencoder.AUTOENCODER_WIDTH", 16)
    monkeypatch.setattr("dynascene.recipes.autoencoder.MEASURED", 2)
    monkeypatch.setattr("dynascene.training.images.PROCEDURAL", 1)


def run(*arguments: object) -> None:
    main([str(argument) for argument in arguments])


def refused(capsys, *arguments: object) -> str:
    with pytest.raises(SystemExit) as stop:
        run(*arguments)
    assert stop.value.code == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_train_stop_resume_export(tmp_path: Path, capsys) -> None:
    out, weights = tmp_path / "run", tmp_path / "weights"
    command = ("train", "autoencoder.small", "--out", out, "--batch", 2, "--workers", 0)
    run(*command, "--steps", 3, "--until", 0)
    assert "run: no step of 3 is done" in capsys.readouterr().out
    run(*command, "--steps", 3, "--until", 2)
    assert [p.name for p in checkpoint_folders(out)] == ["00000002"]
    assert "run: stopped after step 2 of 3; dynascene export" in capsys.readouterr().out
    run(*command, "--steps", 3, "--until", 1)  # is behind it already
    assert "run: stopped after step 2 of 3" in capsys.readouterr().out
    assert "holds checkpoints" in refused(capsys, *command, "--steps", 3, "--resume", "never")
    run(*command, "--steps", 3)
    assert [p.name for p in checkpoint_folders(out)] == ["00000002", "00000003"]
    said = capsys.readouterr().out
    assert "run: trained; dynascene export" in said
    assert "step 3/3" not in said  # a line now and then, not per step
    assert read_log(out)[-1]["step"] == 3
    run("export", out, "--out", weights)
    assert "after 3 steps" in capsys.readouterr().out
    assert json.loads((weights / "card.json").read_text())["steps"] == 3
    assert (weights / "vae" / "config.json").is_file()


def test_a_dry_run_leaves_a_picture(tmp_path: Path, capsys) -> None:
    run("train", "autoencoder.small", "--out", tmp_path / "run", "--batch", 2, "--dry-run")
    assert "parameters (trained of all)" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["dry-run.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "dynascene.huge", "--out", "x"), "known: autoencoder.small"),
        (("train", "dynascene.small", "--out", "x", "--steps", "0"), "--steps 0"),
        (("train", "dynascene.small", "--out", "x", "--lr", "-1"), "--lr -1"),
        (("train", "dynascene.small", "--out", "x", "--accumulate", "0"), "--accumulate 0"),
        (("train", "autoencoder.small", "--out", "x", "--accumulate", "2"), "all at once"),
        (("train", "autoencoder.small", "--out", "x", "--keep", "0"), "--keep 0"),
        (
            ("train", "autoencoder.small", "--out", "x", "--checkpoint-minutes", "0"),
            "--checkpoint-minutes 0",
        ),
        (("train", "autoencoder.small", "--out", "x", "--precision", "fp8"), "fp16"),
        (("train", "dynascene.small", "--out", "x", "--data", "nowhere"), "MANIFEST.tsv"),
        (("train", "dynascene.small", "--out", "x", "--autoencoder", "nowhere"), "--autoencoder"),
        (("export", "nowhere", "--out", "x"), "holds no run"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_input_is_one_line(arguments, words, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert words in refused(capsys, *arguments)
    assert not list(tmp_path.iterdir())
