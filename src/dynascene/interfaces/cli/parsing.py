"""From the texts of a command line to a command that is ready to start."""

import contextlib
import functools
import inspect
import io
import re
import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Annotated, Any, Union, get_type_hints

import tyro

from dynascene.errors import InputError
from dynascene.interfaces.cli import (
    app,
    cameras,
    curation,
    demonstration,
    doctor,
    evaluation,
    flowing,
    generation,
    matting,
    outpainting,
    pointing,
    posing,
    tables,
    tracking,
    training,
    verification,
    weights,
)
from dynascene.interfaces.cli.mistypes import (
    check_command,
    check_no_streams,
    with_present_names,
    wrong_choice,
    wrong_option,
)

Command = Callable[..., None]
CONFIG = (
    tyro.conf.OmitSubcommandPrefixes,
    tyro.conf.OmitArgPrefixes,
    tyro.conf.FlagCreatePairsOff,
)


def is_batch(arguments: list[str]) -> bool:
    """Whether many clips are asked for, whose options do not all stand on the command line."""
    has_option = any(text.partition("=")[0] == "--batch" for text in arguments)
    return arguments[:1] == ["generate"] and has_option and not {"-h", "--help"} & set(arguments)


def parse(arguments: list[str]) -> functools.partial[None]:
    """The command with its arguments, not yet started.

    Raises:
        InputError: there is no such command or option, or a value has no meaning.
        SystemExit: help was asked for, and printed.
    """
    modules = (
        generation,
        demonstration,
        outpainting,
        matting,
        posing,
        pointing,
        flowing,
        tracking,
        weights,
        training,
        evaluation,
        tables,
        app,
        verification,
        curation,
        doctor,
    )
    plain = {name: c for module in modules for name, c in module.COMMANDS.items()}
    if arguments:
        check_command(arguments[0], [*plain, "cameras"])
        if arguments[0] == "cameras" and len(arguments) > 1:
            check_command(arguments[1], cameras.COMMANDS, "cameras")
        check_no_streams(arguments)
        arguments = with_present_names(arguments, lambda text: print(text, file=sys.stderr))
    commands = {name: _later(command) for name, command in plain.items()}
    if training.HELP.keys() & set(arguments[:1]) and {"-h", "--help"} & set(arguments):
        command = commands[arguments[0]]
        command.__doc__ = training.HELP[arguments[0]](command.__doc__ or "")
    commands["cameras"] = _family(cameras.COMMANDS, "Convert, show and make camera tracks.")
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(
                _group(commands),
                prog="dynascene",
                description="A filmed person, a picture of a place, a camera path: one video. "
                "--version prints the version.",
                args=arguments or ["--help"],
                config=CONFIG,
            )
    except SystemExit as stop:
        if stop.code:
            raise InputError(_mistake(arguments, plain, complaint.getvalue())) from None
        raise


def _mistake(arguments: list[str], plain: Mapping[str, Command], complaint: str) -> str:
    """One line for what is wrong: an option that is none, or what the parser complains of."""
    commands = {**plain, **{f"cameras {name}": c for name, c in cameras.COMMANDS.items()}}
    count = 2 if arguments[0] == "cameras" else 1
    name, rest = " ".join(arguments[:count]), arguments[count:]
    if name not in commands:
        return one_line(complaint)
    return (
        wrong_option([name, *rest], commands)
        or wrong_choice([name, *rest], commands)
        or missing_arguments(name, complaint)
        or wrong_value(name, rest, complaint)
        or one_line(complaint)
    )


def _family(commands: Mapping[str, Command], description: str) -> Callable[..., Any]:
    """Several commands under one name: ``dynascene cameras convert``."""

    def family(command: Any) -> Any:
        return command

    family.__doc__ = description
    family.__annotations__["command"] = _group({k: _later(v) for k, v in commands.items()})
    return family


def _group(commands: dict[str, Callable[..., Any]]) -> Any:
    return Union[  # noqa: UP007
        tuple(
            Annotated[Any, tyro.conf.subcommand(name=name, constructor=command)]
            for name, command in commands.items()
        )
    ]


def _later(command: Command) -> Callable[..., Callable[[], None]]:
    """The same command for the parser, which returns it ready to start instead of running it."""

    def prepare(*args: Any, **kwargs: Any) -> Callable[[], None]:
        return functools.partial(command, *args, **kwargs)

    # without __wrapped__, behind which the parser would find the docstring as it was written
    prepare.__doc__ = join_arguments(inspect.getdoc(command) or "")
    prepare.__signature__ = inspect.signature(command)  # ty: ignore[missing-attribute]
    hints = get_type_hints(command, include_extras=True)
    prepare.__annotations__ = hints | {"return": Callable[[], None]}
    return prepare


def join_arguments(docstring: str) -> str:
    """A docstring whose arguments are a line each: help breaks lines where the terminal ends."""
    return re.sub(r"(?<=\S)\n {8,}(?=\S)", " ", docstring)


def missing_arguments(name: str, box: str) -> str | None:
    """A parser's framed complaint about a command that lacks arguments, without their helps.

    None where it complains of something else.
    """
    box = box.partition("For full helptext")[0]
    if not re.search(r"^. Missing from ", box, re.MULTILINE):
        return None
    # names are indented by five columns behind the frame, which is blank in ASCII; helps by nine
    names = re.findall(r"^. {5}(\S.*?)[ │]*$", box, re.MULTILINE)
    return f"{name} needs {', '.join(names)} (see dynascene {name} --help)" if names else None


def wrong_value(name: str, arguments: list[str], box: str) -> str | None:
    """A parser's complaint about a value that is none of its type, such as a word for a number.

    None where it complains of something else.
    """
    match = re.search(r"Error parsing (--[a-z][a-z-]*)", box)
    if not match:
        return None
    option = match[1]
    values = [b for a, b in pairwise(arguments) if a == option]
    values += [text.partition("=")[2] for text in arguments if text.startswith(f"{option}=")]
    value = f" {values[-1][:40]!r}" if values else ""
    return f"{option}{value}: is no value that it can have (see dynascene {name} --help)"


def one_line(box: str) -> str:
    """A parser's framed complaint as one sentence."""
    lines = [re.sub(r"[│╭╮╰╯]", "", line).strip() for line in box.splitlines()]
    texts = []
    for line in lines:
        if not line or set(line) <= set("─- "):
            continue
        if line.startswith("For full helptext"):
            break
        texts.append(line.strip("─ "))
    return "; ".join(texts) + " (see --help)"
