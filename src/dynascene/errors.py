"""What goes wrong through the user's input, said in one line."""


class InputError(Exception):
    """Input that cannot be used. The message is one line: what, where, and how to mend it.

    The command line prints it and ends with exit code 2; a library caller may catch it.
    """
