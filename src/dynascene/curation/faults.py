"""Whose fault an error is: a video's, which is dropped then, or the program's and its machine's."""

from __future__ import annotations

import errno
from pathlib import Path

from dynascene.curation.clip import Clip
from dynascene.errors import InputError, MissingWeights

BROKEN = (ImportError, MissingWeights)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def rejected_by(clip: Clip, stage: str, code: str, error: InputError) -> Clip:
    """The clip, dropped for what an error says of its video (without the path, which is known).

    Raises ``error`` where it says nothing of the video: weights are missing, or the disk is full.
    """
    if isinstance(error, BROKEN) or full_disk(error) is not None:
        raise error
    return clip.rejected(stage, code, str(error).removeprefix(f"{clip.video}: "))


def stop_if_full(error: Exception, place: Path) -> None:
    """Raises InputError where ``error``, or what it stands for, says that the disk is full."""
    if (why := full_disk(error)) is not None:
        raise InputError(f"{place}: {why}") from error


def full_disk(error: BaseException) -> str | None:
    """What the system said where ``error``, or what led to it, is a disk that is full."""
    cause: BaseException | None = error
    while cause is not None:
        if getattr(cause, "errno", None) in FULL:
            return str(getattr(cause, "strerror", None) or "the disk is full")
        cause = cause.__cause__ or cause.__context__
    return None
