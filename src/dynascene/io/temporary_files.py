"""What the system says of temporary files, in one line."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager

from dynascene.errors import NoTemporaryFiles
from dynascene.io.full_disk import is_full


@contextmanager
def temporary_errors(contents: str) -> Generator[None]:
    """Tell the system's errors within a ``with`` block as NoTemporaryFiles, with the folder.

    Args:
        contents: of the file, for the line: "a clip's working pictures".
    """
    try:
        yield
    except OSError as error:
        folder = tempfile.tempdir or "TMPDIR"  # None where no folder is fit
        reason = error.strerror or error
        if is_full(error):
            line = f"has no room for {contents} ({reason}); free some, or"
        else:
            line = f"cannot hold {contents} ({reason}); mend that, or"
        raise NoTemporaryFiles(f"{folder}: {line} name another folder in TMPDIR") from error
