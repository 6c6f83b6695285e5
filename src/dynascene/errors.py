"""What goes wrong through the user's input, said in one line; the errors of others in one line."""


class InputError(Exception):
    """Input that cannot be used. The message is one line: what, where, and how to mend it.

    The command line prints it and ends with exit code 2; a library caller may catch it.

    parameter: the name of what the caller gave, or can give, to mend it, where the one who raises
    does not know what an interface calls it; the command line names its option.
    """

    def __init__(self, message: str, parameter: str | None = None) -> None:
        super().__init__(message)
        self.parameter = parameter


class MissingWeights(InputError):  # noqa: N818 (an InputError by name and nature)
    """A network's weights are not there or damaged: no input of any kind can be worked on."""


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
