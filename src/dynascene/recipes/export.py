"""Export: from the folder of a run to weights for the pipeline, with a model card."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dynascene.datasets.imagery import FOLDER_VARIABLE
from dynascene.errors import InputError
from dynascene.io.atomic import replacing, write_text
from dynascene.io.checksums import sha256_of
from dynascene.io.text import parse_json
from dynascene.models.model_card import CARD, PAGE, publication
from dynascene.models.pretrained import load_exactly
from dynascene.models.systems import find_system
from dynascene.recipes import find_recipe
from dynascene.recipes.bundled import load_autoencoder
from dynascene.recipes.provenance import provenance_of
from dynascene.training.denoising import DenoisingObjective
from dynascene.training.journal import read_log
from dynascene.training.run import Objective, Run, Settings
from dynascene.training.state import checkpoint_folders, load_checkpoint
from dynascene.training.trainer import read_description

DESCRIBED = {"recipe", "settings", "batch", "seed", "optimiser", "ema"}  # what a card needs


def export_run(
    folder: Path,
    out: Path,
    autoencoder: Path | None = None,
    evaluation: Sequence[Path] = (),
) -> dict[str, Any]:
    """Write the averaged weights of a run's newest checkpoint in half precision.

    Args:
        folder: of the run.
        out: receives what ``DynaScenePipeline.from_pretrained`` loads (for a run of the autoencoder
            only its ``vae/``), ``card.json`` and ``README.md``.
        autoencoder: folder of one with a better decoder for the same latents; None: the run's.
        evaluation: folders that ``dynascene evaluate`` wrote about these weights; their tables go
            into the card.

    Returns:
        The card.

    Raises:
        InputError: ``folder`` holds no checkpoint, ``out`` is not empty, the autoencoder has other
            latents, or an evaluation is of other weights.
    """
    run = open_run(folder)
    checkpoints = checkpoint_folders(folder)
    if not checkpoints:
        raise InputError(f"{folder}: has no checkpoint yet; train it first")
    checkpoint = load_checkpoint(checkpoints[-1])
    objective = run.objective()
    load_exactly(objective, {**checkpoint.weights, **checkpoint.average}, str(checkpoints[-1]))
    objective.eval()
    objective.finish()
    if autoencoder is not None:
        if not isinstance(objective, DenoisingObjective):
            raise InputError(f"{folder}: `autoencoder` is for runs of denoisers")
        objective.replace_decoder(load_autoencoder(autoencoder))
    with replacing(out) as temporary:
        temporary.mkdir()
        objective.export(temporary)
        for path in temporary.rglob("*.safetensors"):
            path.chmod(0o644)  # some writers leave them to their owner alone
        for path in temporary.rglob("config.json"):
            forget_origin(path)
        card = model_card(run, objective, folder, checkpoint.step)
        card["megabytes"] = _megabytes(temporary)
        evaluations = [read_evaluation(path, temporary) for path in evaluation]
        card["measured"] = [figures for figures, _ in evaluations]
        write_text(temporary / CARD, json.dumps(card, indent=2) + "\n")
        write_text(temporary / PAGE, card_text(card, [page for _, page in evaluations]))
    return card


def forget_origin(config: Path) -> None:
    """Remove from a model's config the folder that it was loaded from."""
    numbers = parse_json(config.read_text(encoding="utf-8"))
    if numbers.pop("_name_or_path", None) is not None:
        write_text(config, json.dumps(numbers, indent=2, sort_keys=True) + "\n")


def open_run(folder: Path) -> Run:
    """The run in a folder, rebuilt from its recipe and its settings.

    Raises:
        InputError: there is none, or its pictures have changed since.
    """
    numbers = read_description(folder)
    if missing := DESCRIBED - numbers.keys():
        raise InputError(f"{folder}: its description has no {min(missing)!r}")
    settings = Settings.from_json({**numbers["settings"], "out": folder})
    if numbers["settings"].get("data") is None and settings.data is not None:
        raise InputError(
            f"{folder}: was trained on procedural pictures, and ${FOLDER_VARIABLE} names others; "
            "unset it"
        )
    return find_recipe(numbers["recipe"])(settings)


def model_card(run: Run, objective: Objective, folder: Path, step: int) -> dict[str, Any]:
    """What the weights are and what they were trained on, as JSON values."""
    numbers, log = read_description(folder), read_log(folder)
    provenance = provenance_of(run.name, run.settings)
    examined = [line for line in log if any(key.startswith("examined_") for key in line)]
    seconds = [line["seconds"] for line in log if "seconds" in line]
    return {
        "recipe": run.name,
        **_publication(objective),
        "license": provenance.licence,
        "data": provenance.data,
        "licences": list(provenance.picture_licences),
        "starts_from": provenance.origin,
        "steps": step,
        "batch": numbers["batch"],
        "seed": numbers["seed"],
        "optimiser": numbers["optimiser"],
        "ema": numbers["ema"],
        "seconds_per_step": round(sum(seconds) / len(seconds), 3) if seconds else None,
        "hardware": numbers.get("hardware", "not recorded"),
        "examined": _plain(examined[-1]) if examined else {},
    }


def _publication(objective: Objective) -> dict[str, Any]:
    """The paper of a denoiser's system, and what is ours."""
    if not isinstance(objective, DenoisingObjective):
        return {}
    denoiser = objective.denoiser
    system = find_system(denoiser.config["system"])
    paper = {} if system.paper is None else {"paper": asdict(system.paper)}
    return {"system": system.name, **paper, "ours": list(system.departures_of(denoiser))}


def read_evaluation(folder: Path, weights: Path) -> tuple[dict[str, Any], str]:
    """Figures and tables of ``dynascene evaluate`` for the weights in a folder.

    Args:
        folder: that ``dynascene evaluate`` wrote.
        weights: folder of the weights.

    Raises:
        InputError: the folder holds no evaluation, or one of other weights.
    """
    try:
        metrics = parse_json((folder / "metrics.json").read_text(encoding="utf-8"))
        page = (folder / "table.md").read_text(encoding="utf-8")
        weights_by_system = dict(metrics["weights"])
        figures = {key: metrics[key] for key in ("benchmark", "systems", "obedience")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{folder}: holds no evaluation (dynascene evaluate writes one)"
        ) from error
    own_weights = {
        str(p.relative_to(weights)): sha256_of(p) for p in weights.rglob("*.safetensors")
    }
    if own_weights not in weights_by_system.values():
        raise InputError(f"{folder}: was made with other weights; evaluate these ones again")
    return figures, page.replace("\n## ", "\n### ").replace("# ", "## ", 1)


def card_text(card: Mapping[str, Any], evaluations: Sequence[str] = ()) -> str:
    """The card as Markdown, with the metadata header of model hubs."""
    lines = ["---", f"license: {str(card['license']).lower()}", "library_name: dynascene", "---"]
    lines += ["", f"# {card['recipe']}", ""]
    lines += publication(card.get("paper"), card.get("ours", ()))
    lines += ["| | |", "| --- | --- |"]
    for name in ("data", "starts_from", "steps", "batch", "seed", "hardware", "seconds_per_step"):
        lines.append(f"| {name.replace('_', ' ')} | {card[name]} |")
    if card["licences"]:
        lines.append(f"| licences of the pictures | {'; '.join(card['licences'])} |")
    lines += [f"| {name.replace('_', ' ')} | {v} |" for name, v in card["examined"].items()]
    lines += [
        "",
        "Figures above are of the validation split. Places, textures and people of the test split "
        "take no part in training or in any choice.",
        "",
        *evaluations,
    ]
    return "\n".join(lines)


def _plain(figures: Mapping[str, float]) -> dict[str, float]:
    names = {name: name.removeprefix("examined_") for name in figures}
    names["step"] = "examined_at_step"
    return {names[name]: round(value, 3) for name, value in figures.items()}


def _megabytes(folder: Path) -> float:
    return round(sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6, 2)
