"""Mattes of filmed clips: read as training needs them, their brightness alone, and checked once."""

from __future__ import annotations

from pathlib import Path

from dynascene.io.mattes import VISIBLE, fitted_matte, open_matte, require_somebody
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


def check_matte(matte: FrameSource, path: Path) -> None:
    """Look at a few frames of a matte, and at all of them where these show nobody.

    Args:
        matte: [H, W, 1], 255 = person.
        path: of its file, for messages.

    Raises:
        InputError: one is in colour or cannot be decoded, or nobody is seen in any frame.
    """
    if not isinstance(matte, VideoFrames):  # alpha has no colour
        require_somebody(matte, path)
        return
    numbers = {len(matte) * place // LOOKED_AT for place in range(LOOKED_AT)} | {len(matte) - 1}
    looked_at = matte.shrunk(64).pick(sorted(numbers), skip=True)
    if max(int(frame.max()) for frame in looked_at) < VISIBLE:
        require_somebody(matte, path)
