"""Whose page it is: a name that nobody guesses, kept by the browser and signed by the server."""

import os
import secrets
from pathlib import Path

from dynascene.errors import InputError

LENGTH = 32  # letters of a name


def new_session() -> str:
    """A name that nobody guesses; it becomes the name of a folder."""
    return secrets.token_hex(LENGTH // 2)


def is_session(name: object) -> bool:
    """Whether ``new_session`` could have made it."""
    return isinstance(name, str) and len(name) == LENGTH and name.isalnum() and name.isascii()


def kept_secret(path: Path) -> str:
    """What browsers' copies of the names are signed with; made once, readable by its owner alone.

    Raises InputError where it can be neither read nor written.
    """
    try:
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
        return path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be used ({error})") from None
