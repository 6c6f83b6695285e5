"""Where weights come from: what a run, and every run before it, was trained on."""

from dataclasses import dataclass, replace
from pathlib import Path

from dynascene.datasets.imagery import licences
from dynascene.io.text import parse_json
from dynascene.models.model_card import CARD
from dynascene.models.systems import SYSTEMS
from dynascene.training.run import FRESH, Settings
from dynascene.training.state import checkpoint_folders
from dynascene.training.trainer import read_description

IMAGERY = "renderings and crops of pictures of the train split"
PROCEDURAL = "renderings and crops of procedural pictures"
FILMED = "filmed clips of the train split"
PUBLIC = "public weights: "
OWN_LICENCE, OTHER_LICENCE = "Apache-2.0", "other"  # the latter where others' rights reach in


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What weights were made from.

    data: what the last run was trained on.
    origin: what that run's weights started from, without local paths.
    licence: ``OWN_LICENCE``, or ``OTHER_LICENCE`` where filmed clips, public weights or weights of
        unknown origin went in, in this run or in one before it.
    picture_licences: the known licences of all pictures, those of earlier runs included.
    """

    data: str
    origin: str
    licence: str
    picture_licences: tuple[str, ...]


@dataclass(frozen=True)
class _Share:
    """What one source brings in: whether it is ours to license, and its pictures' licences."""

    ours: bool
    pictures: tuple[str, ...] = ()


def provenance_of(recipe: str, settings: Settings) -> Provenance:
    """What the weights of a run are made from.

    Args:
        recipe: the run's name, such as ``dynascene.small.stage1``.
        settings: its settings; a run or weights that it started from are read for theirs.
    """
    shares = _shares(recipe, settings)
    pictures = dict.fromkeys(licence for share in shares for licence in share.pictures)
    return Provenance(
        data=_data(settings),
        origin=_origin(recipe, settings.start),
        licence=OWN_LICENCE if all(share.ours for share in shares) else OTHER_LICENCE,
        picture_licences=tuple(pictures),
    )


def _shares(recipe: str, settings: Settings) -> list[_Share]:
    """The run's own data, its autoencoder's, and all that its first weights bring."""
    if settings.clips:
        shares = [_Share(ours=False)]
    elif settings.data is None:
        shares = [_Share(ours=True)]
    else:
        shares = [_Share(True, tuple(licences(settings.data, "train")))]
    if settings.autoencoder is not None:
        shares.append(_share_of_weights(settings.autoencoder))
    return shares + _shares_of_start(recipe, settings.start)


def _shares_of_start(recipe: str, start: str | None) -> list[_Share]:
    if start is None:
        return [_Share(ours=_public_summary(recipe) is None)]
    if start == FRESH:
        return []
    folder = Path(start)
    if not checkpoint_folders(folder):
        return [_share_of_weights(folder)]
    description = read_description(folder)
    settings = Settings.from_json({**description["settings"], "out": folder})
    if description["settings"].get("data") is None:  # procedural then, whatever is at hand now
        settings = replace(settings, data=None)
    return _shares(description["recipe"], settings)


def _share_of_weights(folder: Path) -> _Share:
    """What the card of exported weights says; without a card nothing is known, so not ours."""
    try:
        card = parse_json((folder / CARD).read_text(encoding="utf-8"))
        return _Share(card["license"] == OWN_LICENCE, tuple(card["licences"]))
    except (OSError, ValueError, KeyError, TypeError):
        return _Share(ours=False)


def _data(settings: Settings) -> str:
    if settings.clips:
        return FILMED
    return PROCEDURAL if settings.data is None else IMAGERY


def _origin(recipe: str, start: str | None) -> str:
    public = _public_summary(recipe)
    if start is None and public is not None:
        return PUBLIC + public
    if start is None or start == FRESH:
        return "fresh weights"
    checkpoints = checkpoint_folders(Path(start))
    if not checkpoints:
        return Path(start).name
    return f"{read_description(Path(start))['recipe']} after {int(checkpoints[-1].name)} steps"


def _public_summary(recipe: str) -> str | None:
    """The public weights that a recipe starts from without ``start``; None: there are none."""
    system, _, rest = recipe.partition(".")
    if system not in SYSTEMS:  # the autoencoder's
        return None
    public = SYSTEMS[system].first_weights.get(rest.partition(".")[0])
    return None if public is None else public.summary
