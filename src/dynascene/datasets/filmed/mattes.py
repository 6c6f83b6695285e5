"""Mattes of filmed clips, read as training needs them: their brightness alone."""

from __future__ import annotations

from pathlib import Path

from dynascene.io.mattes import fitted_matte, open_matte
from dynascene.io.video import VideoFrames, open_video
from dynascene.types import FrameSource

LOOKED_AT = 3  # frames, and the last one


def open_clip_matte(path: Path, like: FrameSource) -> FrameSource:
    """A matte [H, W, 1], 255 = person, of which no frame is repaired.

    Only the Y plane is converted. Frames are held against grey in a few of their pixels.

    Args:
        like: the person's frames.

    Raises:
        InputError: it cannot be read, or does not fit.
    """
    video = open_video(path, strict=True)
    if video.channels == 4:  # the alpha may be the matte
        return open_matte(path, like, strict=True)
    fitted = fitted_matte(path, video, like)
    assert isinstance(fitted, VideoFrames)
    return fitted.grey()


def check_is_grey(matte: FrameSource) -> None:
    """Look at a few frames of a matte.

    Raises:
        InputError: one is in colour, or cannot be decoded.
    """
    if not isinstance(matte, VideoFrames):
        return  # alpha has no colour
    numbers = {len(matte) * place // LOOKED_AT for place in range(LOOKED_AT)} | {len(matte) - 1}
    for _ in matte.shrunk(64).pick(sorted(numbers), skip=True):
        pass
