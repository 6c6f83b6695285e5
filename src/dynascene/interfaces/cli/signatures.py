"""The options of a command, those of its groups too."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, NamedTuple, get_type_hints

from dynascene.interfaces.cli.options import option_of


class Option(NamedTuple):
    """One option of a command.

    Attributes:
        parameter: its name in Python.
        hint: type of its value, without annotations.
        default: its value where it is left out; ``inspect.Parameter.empty`` where it may not be.
    """

    parameter: str
    hint: Any
    default: Any

    @property
    def spelling(self) -> str:
        """On the command line: "--camera-scale"; a switch that is on by itself is "--no-…"."""
        # "from" is no name in Python: its field has an underscore behind it
        option = option_of(self.parameter.rstrip("_"))
        return f"--no-{option[2:]}" if self.default is True else option

    @property
    def is_switch(self) -> bool:
        """Whether it takes no value."""
        return self.hint is bool


def options_in(command: Callable[..., Any]) -> Iterator[Option]:
    """What may follow a command by name. A dataclass among its parameters is a group of options."""
    hints = get_type_hints(command)
    for parameter in inspect.signature(command).parameters.values():
        hint = hints.get(parameter.name, Any)
        if is_dataclass(hint):
            inner = get_type_hints(hint)
            for field in fields(hint):
                empty = field.default is MISSING
                default = inspect.Parameter.empty if empty else field.default
                yield Option(field.name, inner[field.name], default)
        elif parameter.kind is not parameter.POSITIONAL_ONLY:
            yield Option(parameter.name, hint, parameter.default)
