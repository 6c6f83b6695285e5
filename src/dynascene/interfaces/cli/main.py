"""``dynascene COMMAND …``: parsing, errors in one line, exit codes. No logic lives here."""

import contextlib
import functools
import io
import logging
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Annotated, Any, Union

import tyro

from dynascene import __version__
from dynascene.devices import restored_choice
from dynascene.errors import InputError
from dynascene.extras import missing_extra
from dynascene.interfaces.cli import (
    cameras,
    curation,
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
    wrong_option,
)
from dynascene.interfaces.cli.options import spell_options

Command = Callable[..., None]
WRONG_INPUT, INTERRUPTED, TERMINATED = 2, 130, 143
LONGEST_NAME = 120  # letters of a path in a message
# what takes less memory, where it is neither size nor frames
LESS_MEMORY = {
    "train": "a smaller --batch, a higher --accumulate, or --checkpointing",
    "tables": "a smaller --size",
}
GPU_MEMORY = ("CUDA", "HIP", "MPS")
OUT_OF_MEMORY = ("allocate memory", "out of memory", "Insufficient memory")  # torch, CUDA, OpenCV


class _OptionFormatter(logging.Formatter):
    """Spells the parameters in the library's messages as options."""

    def format(self, record: logging.LogRecord) -> str:
        return spell_options(super().format(record))


class Terminated(BaseException):
    """SIGTERM has come, as from a job scheduler: to be cleaned up after like Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command.

    Exit code 2 with one line on bad input, 130 when interrupted (Ctrl-C), 143 on SIGTERM.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_OptionFormatter("%(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments == ["--version"]:
        print(f"dynascene {__version__}")
        return
    try:
        with _sigterm_raises(), restored_choice(), warnings.catch_warnings():
            if not sys.warnoptions:  # those of libraries would stand around our one line
                warnings.simplefilter("ignore")
            _parsed(list(arguments))()
    except InputError as error:
        _fail(spell_options(str(error)), WRONG_INPUT)
    except KeyboardInterrupt:
        _fail("interrupted", INTERRUPTED)
    except Terminated:
        _fail("terminated", TERMINATED)
    except BrokenPipeError:
        sys.exit(1)
    except (OSError, ValueError, RuntimeError, MemoryError, ImportError) as error:
        if isinstance(error, ImportError):
            reason = missing_extra(error)
        else:
            reason = memory_reason(error, arguments[0]) or system_reason(error)
        if reason is None:
            raise
        _fail(reason, WRONG_INPUT)


def system_reason(error: Exception) -> str | None:
    """One line for what the system refuses, a file, a name or memory; None: it is a defect."""
    if isinstance(error, OSError) and error.filename is not None:
        name = str(error.filename)
        name = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]} …"
        return f"{name}: {error.strerror or error}"
    text = str(error)
    if "embedded null byte" in text:
        return "a path holds a zero byte, which no file's name has"
    if text.startswith("Symlink loop"):
        return f"{text[:1].lower()}{text[1:]}: the links lead in a circle"
    return None


def memory_reason(error: Exception, command: str) -> str | None:
    """One line for a lack of memory, with what takes less in this command; None: it is none."""
    text = str(error)
    if not (isinstance(error, MemoryError) or any(sign in text for sign in OUT_OF_MEMORY)):
        return None
    less = LESS_MEMORY.get(command, "a smaller input, a smaller --size, or fewer --frames")
    if not any(sign in text for sign in GPU_MEMORY):
        return f"not enough memory: take {less}"
    size = re.search(r"total capacity of ([0-9.]+ [GM]iB)", text)
    gpu = f"the GPU's memory ({size[1]})" if size else "the GPU's memory"
    return (
        f"{gpu} does not suffice: take {less}, or --device cpu, which is slower; "
        "dynascene doctor says what is free"
    )


@contextlib.contextmanager
def _sigterm_raises() -> Generator[None]:
    """Meanwhile SIGTERM raises Terminated, so that nothing half done is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say how signals are met
        return
    process = os.getpid()

    def end(*_: object) -> None:
        if os.getpid() != process:  # a forked worker: nothing here is its to clean up
            os._exit(TERMINATED)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not stop the cleaning
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _fail(text: str, code: int) -> None:
    print(f"dynascene: {' '.join(text.split())}", file=sys.stderr)
    sys.exit(code)


def _parsed(arguments: list[str]) -> Callable[[], None]:
    """The command with its arguments, not yet started. Parse errors become one line."""
    modules = (
        generation,
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
        verification,
        curation,
        doctor,
    )
    plain = {name: c for module in modules for name, c in module.COMMANDS.items()}
    if arguments:
        check_command(arguments[0], [*plain, "cameras"])
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
                config=(tyro.conf.OmitSubcommandPrefixes, tyro.conf.FlagCreatePairsOff),
            )
    except SystemExit as stop:
        if stop.code:
            if arguments[0] in plain and (line := wrong_option(arguments, plain)):
                _fail(line, WRONG_INPUT)
            _fail(one_line(complaint.getvalue()), WRONG_INPUT)
        raise


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

    @functools.wraps(command)
    def bound(*args: Any, **kwargs: Any) -> Callable[[], None]:
        return functools.partial(command, *args, **kwargs)

    bound.__annotations__ = dict(command.__annotations__) | {"return": Callable[[], None]}
    return bound


def one_line(box: str) -> str:
    """A parser's framed complaint as one sentence."""
    lines = [re.sub(r"[│╭╮╰╯]", "", line).strip() for line in box.splitlines()]
    texts = []
    for line in lines:
        if not line or set(line) <= {"─", " "}:
            continue
        if line.startswith("For full helptext"):
            break
        texts.append(line.strip("─ "))
    return "; ".join(texts) + " (see --help)"
