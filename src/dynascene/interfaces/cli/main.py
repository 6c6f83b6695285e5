"""``dynascene COMMAND …``: parsing, errors in one line, exit codes. No logic lives here."""

import logging
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext

from dynascene import __version__
from dynascene.devices import restored_choice
from dynascene.errors import InputError
from dynascene.interfaces.cli.options import spell_options
from dynascene.interfaces.cli.parsing import is_batch, parse
from dynascene.interfaces.cli.reasons import reason_of
from dynascene.interfaces.termination import TERMINATED, Terminated, sigterm_raises
from dynascene.loading import own_process

WRONG_INPUT, INTERRUPTED = 2, 130


class _OptionFormatter(logging.Formatter):
    """Spells the parameters in the library's messages as options."""

    def format(self, record: logging.LogRecord) -> str:
        return spell_options(super().format(record))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command.

    Exit code 2 with one line on bad input, 130 when interrupted (Ctrl-C), 143 on SIGTERM.

    Args:
        arguments: of a program that runs a command; None: those of this process, which is the
            command's own.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_OptionFormatter("%(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    process = own_process() if arguments is None else nullcontext()
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments == ["--version"]:
        print(f"dynascene {__version__}")
        return
    try:
        with process, sigterm_raises(), restored_choice(), warnings.catch_warnings():
            if not sys.warnoptions:  # those of libraries would stand around our one line
                warnings.simplefilter("ignore")
            _command(list(arguments))()
    except InputError as error:
        _fail(spell_options(str(error)), WRONG_INPUT)
    except KeyboardInterrupt:
        _fail("interrupted", INTERRUPTED)
    except Terminated:
        _fail("terminated", TERMINATED)
    except BrokenPipeError:
        sys.exit(1)
    except (OSError, ValueError, RuntimeError, MemoryError, ImportError) as error:
        if (reason := reason_of(error, arguments[0])) is None:
            raise
        _fail(reason, WRONG_INPUT)


def _command(arguments: list[str]) -> Callable[[], None]:
    """What is ready to start: a batch has a command line for each of its shots."""
    if is_batch(arguments):
        from dynascene.interfaces.cli.batch import batch_of  # Ray's engine, which few need

        return batch_of(arguments)
    return parse(arguments)


def _fail(text: str, code: int) -> None:
    print(f"dynascene: {' '.join(text.split())}", file=sys.stderr)
    sys.exit(code)
