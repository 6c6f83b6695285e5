"""What goes wrong through the user's input, said in one line."""


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
