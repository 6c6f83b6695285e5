"""Whether the JSON of a run's folder holds values of the kinds that a run has."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

KINDS: Mapping[str, type | tuple[type, ...]] = MappingProxyType(
    {
        "out": str, "data": str, "autoencoder": str, "cache": str, "start": str, "precision": str,
        "seed": int, "steps": int, "batch": int, "accumulate": int, "learning_rate": (int, float),
        "clips": list, "worlds": dict, "checkpointing": bool,
    }
)  # fmt: skip
"""Of the values of ``Settings`` in JSON; any of them may be null."""


def check_description(description: Any) -> None:
    """TypeError where a value of a run's JSON is of another kind than ``Run.numbers`` writes."""
    settings = description.get("settings", {}) if isinstance(description, dict) else None
    if not isinstance(settings, dict):
        raise TypeError("settings")
    described = {name: description.get(name) for name in ("batch", "seed")}
    recipe = {"start": description.get("recipe")}  # a text as well
    for values in (settings, described, recipe):
        for name, kind in KINDS.items():
            if (value := values.get(name)) is not None and not isinstance(value, kind):
                raise TypeError(name)
    if any(not isinstance(name, str) for name in settings.get("clips") or ()):
        raise TypeError("clips")
    if any(not isinstance(v, int | float) for v in (settings.get("worlds") or {}).values()):
        raise TypeError("worlds")
