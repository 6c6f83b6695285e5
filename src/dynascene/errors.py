"""What goes wrong through the user's input, said in one line, and what such a line is made of."""

import re
from collections.abc import Sequence

PARAMETER = re.compile(r"`([a-z][a-z0-9_]*)`")


class InputError(Exception):
    """Input that cannot be used. The message is one line: what, where, and how to mend it.

    A message names a parameter in backticks: "`camera_scale` 0: must be positive". It means the
    argument or field of that name; the command line prints its option, ``--camera-scale``, and
    ends with exit code 2.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters that the message speaks of."""
        return tuple(PARAMETER.findall(str(self)))


class MissingWeights(InputError):  # noqa: N818 (an InputError by name and nature)
    """A network's weights are not there or damaged: no input of any kind can be worked on."""


class NoTemporaryFiles(InputError):  # noqa: N818 (an InputError by name and nature)
    """Temporary files cannot be made, written or read: no input of any kind can be worked on."""


def first_line(error: Exception, longest: int | None = None) -> str:
    """The first line of what an error says, for a message of one's own.

    Args:
        error: of a library, with a text of any number of lines.
        longest: characters; the rest is cut off. None: no limit.

    Returns:
        The line; the error's class where it says nothing.
    """
    lines = str(error).strip().splitlines()
    return lines[0][:longest] if lines else type(error).__name__


def one_line(error: Exception, longest: int | None = None) -> str:
    """All that an error says, on one line: white space becomes single blanks.

    Args:
        error: of a library, with a text of any number of lines.
        longest: characters; the rest is cut off. None: no limit.

    Returns:
        The line; the error's class where it says nothing.
    """
    return " ".join(str(error).split())[:longest] or type(error).__name__


def some_of(names: Sequence[object], most: int = 3) -> str:
    """The first names of a list, and how many more there are: "a, b, c and 4 more"."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(str, names[:most])) + more
