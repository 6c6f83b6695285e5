"""``dynascene evaluate`` with options as Python values."""

from collections.abc import Sequence
from typing import Any

from dynascene.interfaces.cli.parsing import parse


def evaluate(systems: Sequence[str] = (), **options: Any) -> None:
    """Runs it. Raises InputError as the command does, before it becomes a line."""
    arguments = ["evaluate", *systems]
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        values = value if isinstance(value, tuple) else (value,)
        arguments += [option] if value is True else [option, *map(str, values)]
    parse(arguments)()
