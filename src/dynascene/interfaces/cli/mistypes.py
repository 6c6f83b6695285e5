"""What was probably meant by a mistyped command or option, and options of earlier versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import zip_longest
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from dynascene.errors import InputError
from dynascene.interfaces.cli.signatures import options_in

# (command, option of an earlier version) → its name
RENAMED = {
    ("matte", "--backend"): "--matte-backend",
    ("curate", "--matte"): "--matte-backend",
}


def check_command(name: str, commands: Iterable[str], family: str = "") -> None:
    """Raises InputError where there is no such command, with the nearest one.

    Args:
        family: what comes before the name on the command line.
    """
    if not name.startswith("-") and name not in commands:
        whole = f"{family} {name}".lstrip()
        raise InputError(f"{whole}: is no command{_meant(name, commands)} (see --help)")


def wrong_option(
    arguments: Sequence[str], commands: Mapping[str, Callable[..., Any]]
) -> str | None:
    """One line for the first option that a command does not have; None: it has them all.

    Args:
        arguments: the name of the command, such as "cameras make", then its own arguments.
        commands: by name.
    """
    name = arguments[0]
    options = options_of(commands[name])
    for argument in arguments[1:]:
        option = argument.partition("=")[0].replace("_", "-")
        if option.startswith("--") and option not in options:
            return f"{name} has no {option}{_meant(option, options)} (see dynascene {name} --help)"
    return None


def wrong_choice(
    arguments: Sequence[str], commands: Mapping[str, Callable[..., Any]]
) -> str | None:
    """One line for the first value that its option does not know; None: there is none.

    Args:
        arguments: of the program: the command, then its own.
        commands: by name.
    """
    options = options_in(commands[arguments[0]])
    choices = {each.spelling: names for each in options if (names := _choice(each.hint))}
    for argument, following in zip_longest(arguments[1:], arguments[2:], fillvalue=""):
        option, sign, value = argument.partition("=")
        value = value if sign else following
        names = choices.get(option.replace("_", "-"))
        if names and value not in names:
            return f"{option} {value}: is none; give one of {', '.join(names)}"
    return None


def _choice(hint: Any) -> tuple[str, ...]:
    """The names of which a parameter takes one, or several; none: it takes other values."""
    is_optional = get_origin(hint) in (Union, UnionType)
    kinds = [kind for kind in get_args(hint) if kind is not NoneType] if is_optional else [hint]
    kind = kinds[0] if len(kinds) == 1 else None
    if get_origin(kind) is tuple:
        kind = get_args(kind)[0]
    return tuple(map(str, get_args(kind))) if get_origin(kind) is Literal else ()


def options_of(command: Callable[..., Any]) -> set[str]:
    """All options of a command, ``--help`` too."""
    return {"--help", *(option.spelling for option in options_in(command))}


def with_present_names(arguments: Sequence[str], notice: Callable[[str], None]) -> list[str]:
    """The arguments with options of earlier versions as they are called now, each with a notice."""
    renamed = list(arguments)
    for place, argument in enumerate(renamed):
        option, sign, value = argument.partition("=")
        if present := RENAMED.get((renamed[0], option)):
            notice(f"note: {option} is now {present}")
            renamed[place] = present + sign + value
    return renamed


def check_no_streams(arguments: Sequence[str]) -> None:
    """Raises InputError for a lone "-": no command reads or writes a stream."""
    if "-" in arguments:
        raise InputError("-: name a file; nothing is read from standard input or written to output")


def _meant(text: str, names: Iterable[str]) -> str:
    near = get_close_matches(text, sorted(names), 1)
    return f"; did you mean {near[0]}?" if near else ""
