"""Whether an error is the video's fault, so that the clip is dropped, or stops the whole run."""

from __future__ import annotations

from pathlib import Path

from dynascene.curation.clip import Clip
from dynascene.errors import InputError, MissingWeights, NoTemporaryFiles
from dynascene.io.full_disk import is_full

BROKEN = (ImportError, MissingWeights, NoTemporaryFiles)


def rejected_by(clip: Clip, stage: str, code: str, error: InputError) -> Clip:
    """The clip, dropped with the message of an error, without the path of the video.

    Raises:
        InputError: ``error`` itself, where the video is not at fault: weights are missing, the
            disk is full, or temporary files cannot be made.
    """
    if isinstance(error, BROKEN) or full_disk(error) is not None:
        raise error
    return clip.rejected(stage, code, str(error).removeprefix(f"{clip.video}: "))


def stop_if_full(error: Exception, place: Path) -> None:
    """Raise InputError where ``error``, or what caused it, says that the disk is full."""
    if (why := full_disk(error)) is not None:
        raise InputError(f"{place}: {why}") from error


def full_disk(error: BaseException) -> str | None:
    """The system's message where ``error``, or what caused it, is a full disk; else None."""
    cause: BaseException | None = error
    while cause is not None:
        if is_full(cause):
            return str(getattr(cause, "strerror", None) or "the disk is full")
        cause = cause.__cause__ or cause.__context__
    return None
