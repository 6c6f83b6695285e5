"""Whether the values of a saved configuration are of the kinds that its class expects."""

import inspect
from collections.abc import Mapping
from typing import Any, get_args

from dynascene.errors import InputError

LARGEST = 2**31  # of whole numbers: widths, counts, steps


def is_like(value: object, example: object) -> bool:
    """Whether a value is of an example's kind, all its elements too.

    Numbers are finite and below 2³¹, and whole where the example is, if they are not the example
    itself. An example that is None or empty says nothing.
    """
    if isinstance(example, bool | str | Mapping):
        return isinstance(value, type(example) if not isinstance(example, Mapping) else Mapping)
    if isinstance(example, int | float):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        is_whole = isinstance(value, int)
        return value == example or (
            abs(value) < LARGEST and (is_whole or isinstance(example, float))
        )
    if isinstance(example, list | tuple):
        if not isinstance(value, list | tuple):
            return False
        return not example or all(is_like(item, example[0]) for item in value)
    return True


def check_config(config: Mapping[str, Any], kind: type, where: str) -> None:
    """Hold the values of a configuration against the defaults of a class's constructor.

    Raises:
        InputError: a value is of another kind. ``where`` begins the message.
    """
    for name, parameter in inspect.signature(kind).parameters.items():
        if name not in config or parameter.default is parameter.empty:
            continue
        value = config[name]
        if value is None and _allows_none(parameter.annotation):
            continue
        if not is_like(value, parameter.default):
            raise InputError(
                f"{where}: {name} is {str(value)[:60]!r} in its configuration; expected something "
                f"like {parameter.default!r}"
            )


def _allows_none(annotation: object) -> bool:
    """Whether None is one of the types; of an annotation that is text, whether it names None."""
    if isinstance(annotation, str):
        return "None" in annotation or "Optional" in annotation
    return type(None) in get_args(annotation)
