"""A video is dropped for what is wrong with it, not for a full disk or a missing network."""

import errno
from pathlib import Path

import pytest
from painted import clip_of

from dynascene.curation.faults import full_disk, rejected_by, stop_if_full
from dynascene.errors import InputError, MissingWeights, NoTemporaryFiles

CLIP = clip_of(Path("a/film.mp4"), 9)


def told(cause: BaseException, hidden: bool = False) -> InputError:
    """As the writers tell of what the system said, with or without its cause shown."""
    try:
        try:
            raise cause
        except BaseException as error:
            raise InputError("x.mp4: cannot be written") from (None if hidden else error)
    except InputError as error:
        return error


@pytest.mark.parametrize("hidden", [True, False])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG])
def test_a_full_disk_drops_no_clip(number: int, hidden: bool) -> None:
    error = told(OSError(number, "no room"), hidden)
    assert full_disk(error) == "no room"
    with pytest.raises(InputError, match=r"x\.mp4"):
        rejected_by(CLIP, "write", "damaged", error)
    with pytest.raises(InputError, match="work: no room"):
        stop_if_full(error, Path("work"))


def test_missing_weights_drop_no_clip() -> None:
    with pytest.raises(MissingWeights):
        rejected_by(CLIP, "matte", "no-subject", MissingWeights("weights modnet: are damaged"))


def test_temporary_files_that_fail_drop_no_clip() -> None:
    with pytest.raises(NoTemporaryFiles):
        rejected_by(CLIP, "matte", "no-subject", NoTemporaryFiles("/tmp: Input/output error"))


def test_what_is_wrong_with_the_video_drops_it_without_its_path() -> None:
    error = told(OSError(errno.EIO, "Input/output error"))
    assert full_disk(error) is None
    stop_if_full(error, Path("work"))
    dropped = rejected_by(CLIP, "shots", "damaged", InputError("a/film.mp4: frame 3 is damaged"))
    assert dropped.rejection is not None
    assert dropped.rejection.reason == "frame 3 is damaged"
    assert rejected_by(CLIP, "shots", "damaged", error).rejection is not None
