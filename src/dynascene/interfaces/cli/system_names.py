"""The command line's spelling of what is evaluated: ``small:memory``, ``projection``, a folder."""

from pathlib import Path

from dynascene.errors import InputError
from dynascene.evaluation.ablations import Filled, Shuffled, WithMemory
from dynascene.evaluation.external import ExternalVideos
from dynascene.evaluation.protocol import EvaluatedSystem
from dynascene.evaluation.systems import (
    PROJECTION,
    STILL,
    Projection,
    SamplingSettings,
    Still,
    Trained,
)
from dynascene.generation.weights import BUNDLED, load_weights


def open_system(text: str, settings: SamplingSettings) -> EvaluatedSystem:
    """``still``, ``projection``, ``small``, a weights folder or a hub id → a system.

    Behind them: ``:memory``, see ``WithMemory``; ``:fill``, see ``Filled``; and behind all of these
    ``:shuffled``, see ``Shuffled``.

    Raises InputError when it names no such thing.
    """
    if (name := _before(Shuffled.LABEL, text)) is not None:
        return Shuffled(open_system(name, settings))
    if text == STILL:
        return Still()
    if text == PROJECTION:
        return Projection()
    if text == PROJECTION + WithMemory.LABEL:
        return WithMemory(Projection())
    if (name := _before(Filled.LABEL, text)) is not None:
        return Filled(_open_weights(name, text, settings))
    if (name := _before(WithMemory.LABEL, text)) is not None:
        return WithMemory(_open_weights(name, text, settings))
    return _open_weights(text, text, settings)


def open_external(text: str) -> ExternalVideos:
    """``NAME=DIR`` → videos made elsewhere.

    Raises:
        InputError: it is something else, or there is no such folder.
    """
    name, _, folder = text.partition("=")
    if not folder:
        raise InputError(f"`external` {text}: give NAME=DIR of a folder")
    return ExternalVideos(name, Path(folder))


def _before(label: str, text: str) -> str | None:
    """What stands before a label at the end; None where there is none, or nothing before it."""
    return text.removesuffix(label) if text.endswith(label) and text != label else None


def _open_weights(name: str, text: str, settings: SamplingSettings) -> Trained:
    if name != BUNDLED and "/" not in name and not Path(name).is_dir():
        raise InputError(
            f"{text!r} is no system: give {STILL}, {PROJECTION}, {BUNDLED} or a folder of weights"
        )
    return Trained(Path(name).resolve().name or name, load_weights(name), settings)
